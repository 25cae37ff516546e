"""The training racks of a scenario as pools for the jobs of a trace: nodes with adapters, racks and pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.compute.device import cpu_device, gpu_device
from dcsim.compute.layers import gradient_bytes
from dcsim.compute.step import exposed_time, pass_times
from dcsim.jobs.inventory import Inventory
from dcsim.world.job_network import GangNetwork, Layout
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.nodes import NodePool

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.compute.device import Device
    from dcsim.compute.like import ModelLike
    from dcsim.placements.plan import Place
    from dcsim.spec.hardware import Server
    from dcsim.world.fleet import Entry, Fleet, HostPool
    from dcsim.world.synchronisation import Collective

__all__ = ["OVERLAP", "USUAL_BATCH", "USUAL_MODEL", "FleetPool", "ModelSpeeds", "fleet_pools", "slot_price"]

USUAL_MODEL = "resnet50"
"""What a job trains that does not say (assumption): the model that most published comparisons of GPUs train."""
USUAL_BATCH = 32
"""Samples per device and step at which models are compared (assumption)."""
OVERLAP = 0.7
"""Share of an exchange that may hide behind the backward pass (assumption, as in the recipes of the workloads)."""


class ModelSpeeds:
    """How fast servers train models, relative to a reference server: forward and backward pass, device by device.

    Parameters
    ----------
    entry : callable
        Looks hardware up: ``entry("servers", "big_basin_p100")``.
    model : callable
        Looks a model up by name; None where there is none of that name, which then trains like ``USUAL_MODEL``.
    reference : str
        Server of the recorded cluster.
    """

    def __init__(self, entry: Entry, model: Callable[[str], ModelLike | None], reference: str) -> None:
        self._entry = entry
        self._model = model
        self._reference = reference
        self._passes: dict[tuple[str, str], tuple[float, float]] = {}

    def speed(self, model: str, server: str) -> float:
        """Return the speed of a server at a model; 0 where it cannot train it."""
        here, there = sum(self.passes(model, server)), sum(self.passes(model, self._reference))
        return there / here if here and there else 0.0

    def step(self, model: str, server: str, exchange_s: float) -> float:
        """Return the length of a step that ends with an exchange among hosts, s."""
        forward_s, backward_s = self.passes(model, server)
        return forward_s + backward_s + exposed_time(exchange_s, backward_s, OVERLAP)

    def gradients(self, name: str) -> float:
        """Return the bytes that a host exchanges after every step."""
        return gradient_bytes(self._model_of(name))

    def passes(self, name: str, server: str) -> tuple[float, float]:
        """Return the forward and the backward pass of one step, s; zeros where the server cannot train the model."""
        if (name, server) not in self._passes:
            try:
                device = self._device(self._entry("servers", server))
                self._passes[name, server] = pass_times(self._model_of(name), device, USUAL_BATCH)
            except ValueError:
                self._passes[name, server] = 0.0, 0.0
        return self._passes[name, server]

    def _model_of(self, name: str) -> ModelLike:
        model = (self._model(name) if name else None) or self._model(USUAL_MODEL)
        if model is None:
            raise LookupError(f"there is no model '{USUAL_MODEL}' to compare servers by")
        return model

    def _device(self, server: Server) -> Device:
        if server.gpu is not None:
            return gpu_device(self._entry("gpus", server.gpu))
        return cpu_device(self._entry("cpus", server.cpu or ""), server.sockets)


class FleetPool(PlacedPool):
    """Equal servers of one region, as nodes of one pool.

    Parameters
    ----------
    nodes : NodePool
        The nodes and their placement.
    price : float
        Cost of one slot for one second, USD.
    server : str
        Their catalogue entry.
    speeds : ModelSpeeds
        How fast servers train models.
    network : GangNetwork
        What the places of a gang cost it.
    """

    def __init__(
        self, nodes: NodePool, price: float, server: str, speeds: ModelSpeeds, network: GangNetwork
    ) -> None:
        super().__init__(nodes, price)
        self.server = server
        self._speeds = speeds
        self._network = network
        self._shares: dict[tuple[str, Layout], float] = {}

    def speed(self, job: Any) -> float:
        """Return how fast a job trains here, relative to the reference server."""
        return self._speeds.speed(job.model, self.server)

    def pace(self, job: Any) -> float:
        """Return how fast a job trains where it is: its speed, less what its gang waits for the network."""
        speed = self.speed(job)
        if len(job.spots.nodes) == 1:
            return speed
        return speed * self._share(job.model, self._network.layout(job.spots, self.nodes.nodes))

    def least_pace(self, job: Any, slots: int) -> float:
        """Return how fast a job would train in the worst of places."""
        hosts = -(-slots // int(self.nodes.nodes.size.max(initial=1)))
        return self.speed(job) * self._share(job.model, self._network.worst(hosts))

    def _share(self, model: str, layout: Layout) -> float:
        """Return the step of a gang in the best of places over its step in this one."""
        if layout.hosts <= 1:
            return 1.0
        if (model, layout) not in self._shares:
            nbytes = self._speeds.gradients(model)
            best, here = (
                self._speeds.step(model, self.server, self._network.exchange(each, nbytes))
                for each in (self._network.best(layout.hosts), layout)
            )
            self._shares[model, layout] = best / here if here else 1.0
        return self._shares[model, layout]

    def possible(self, job: Any) -> bool:
        """Return whether a job could ever start, were it alone."""
        return self.speed(job) > 0.0 and super().possible(job)


def fleet_pools(
    fleet: Fleet,
    place: Place,
    entry: Entry,
    model: Callable[[str], ModelLike | None],
    collective: Collective,
    *,
    reference: str | None = None,
    random: Callable[[str], np.random.Generator] | None = None,
) -> list[FleetPool]:
    """Return the training racks of a fleet as pools: those with GPUs, or all if none has any.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    place : Place
        Which nodes a job gets.
    entry : callable
        Looks hardware up.
    model : callable
        Looks a model up by name; None where there is none.
    collective : callable
        How the hosts of a gang exchange gradients.
    reference : str, optional
        Server of the recorded cluster; that of the first pool where not given.
    random : callable, optional
        Returns a stream by name, for placements that draw lots.

    Raises
    ------
    ValueError
        If the fleet has no training racks.
    """
    training = fleet.with_role("training")
    chosen = [index for index in training if fleet.pools[index].gpus_per_host] or training
    if not chosen:
        raise ValueError("the fleet has no training racks; add some under 'training' of a region")
    speeds = ModelSpeeds(entry, model, reference or fleet.pools[chosen[0]].server)
    pools = []
    for index in chosen:
        pool = fleet.pools[index]
        stream = random(f"placements/{index}") if random is not None else None
        nodes = NodePool(_inventory(fleet, index), place, stream)
        network = GangNetwork(fleet, pool, collective)
        pools.append(FleetPool(nodes, slot_price(fleet, pool), pool.server, speeds, network))
    return pools


def slot_price(fleet: Fleet, pool: HostPool) -> float:
    """Return what one slot costs each second (USD): its part of the host's write-off, and its energy while busy."""
    site = list(fleet.regions.values())[pool.region]
    energy = pool.peak_power * site.pue * float(site.electricity_price)
    return (pool.price / pool.lifetime + energy) / (pool.gpus_per_host or 1)


def _inventory(fleet: Fleet, index: int) -> Inventory:
    """Return the hosts of a pool as nodes."""
    pool, hosts = fleet.pools[index], fleet.host_arrays
    of_pool = np.flatnonzero(hosts.pool == index)
    count, region = len(of_pool), fleet.region_names[pool.region]
    return Inventory(
        names=np.array([f"{region}/{pool.rack}/{number}" for number in range(count)], object),
        size=np.full(count, pool.gpus_per_host or 1, np.int64),
        type=np.zeros(count, np.int64),
        type_names=(pool.server,),
        nic=hosts.nic[of_pool].astype(np.int64),
        rack=hosts.rack[of_pool].astype(np.int64),
        pod=hosts.pod[of_pool].astype(np.int64),
        cpus=np.full(count, float(pool.cores_per_host)),
        memory=np.full(count, np.inf),
    )
