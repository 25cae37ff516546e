"""What serving puts on the shared links, load step by load step."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.world.contention import LEAST
from dcsim.world.shared_links import NONE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import simpy
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_outputs import ServingOutputs
    from dcsim.spec.service import Service
    from dcsim.world.fleet import Fleet
    from dcsim.world.link_meter import LinkMeter
    from dcsim.world.sessions import Sessions
    from dcsim.world.shared_links import SharedLinks

    Floats = NDArray[np.float64]

__all__ = ["ServingTraffic", "traffic_of_kinds"]


def traffic_of_kinds(services: Mapping[str, Service]) -> dict[str, float]:
    """Return what a fully busy host of each kind sends at most, and receives (bytes/s); kinds that send nothing lack."""
    found: dict[str, float] = {}
    for service in services.values():
        each = service.serving.host_traffic
        if each is not None:
            found[service.serving.kind] = max(found.get(service.serving.kind, 0.0), each)
    return found


class ServingTraffic:
    """The traffic of the serving hosts.

    A busy host sends to, and receives from, other serving hosts of its region, wherever they stand: nothing stays in
    its rack, and what leaves its pod is in proportion to the serving hosts outside. Work that another region serves
    crosses the WAN of both. Serving has a link to itself up to the little that it leaves to training (``LEAST``).

    Parameters
    ----------
    links : SharedLinks
        Links that can bind.
    fleet : Fleet
        Regions and pools.
    services : mapping of str to Service
        In the order of the arrays.
    sessions, meter
        Told of what serving takes of the links.
    """

    def __init__(
        self, links: SharedLinks, fleet: Fleet, services: Mapping[str, Service], sessions: Sessions, meter: LinkMeter
    ) -> None:
        self._sessions = sessions
        self._meter = meter
        self._most = (1.0 - LEAST) * links.capacity
        self._waiting: deque[Floats] = deque()
        self._served, self._spilled = _shares(links, fleet, services)
        self.sends = bool(self._served.any() or self._spilled.any())

    def hear(self, out: ServingOutputs) -> None:
        """Take note of what was served in the load steps ahead."""
        local = out.served - out.spilled
        foreign = out.assigned - local + out.spilled
        rates = np.einsum("lsr,nsr->nl", self._served, out.assigned)
        rates = np.minimum(rates + np.einsum("lsr,nsr->nl", self._spilled, foreign), self._most)
        self._meter.serving(rates)
        self._waiting.extend(rates)

    def run(self, env: simpy.Environment, resolution: float) -> Generator[simpy.Event, Any, None]:
        """Let serving take its part of the links, step by step."""
        while self._waiting:
            self._sessions.serve(self._waiting.popleft())
            yield env.timeout(resolution)


def _shares(links: SharedLinks, fleet: Fleet, services: Mapping[str, Service]) -> tuple[Floats, Floats]:
    """Return bytes/s on each link per host of work served, and per host of work served for another region.

    Both of shape (L, S, R).
    """
    shape = (len(links.names), len(services), len(fleet.regions))
    served, spilled = np.zeros(shape), np.zeros(shape)
    pools = fleet.with_role("serving")
    places = fleet.rack_arrays
    speeds = {index: fleet.pools[index].hosts * fleet.pools[index].speed for index in pools}
    hosts = np.zeros(len(fleet.regions))
    for index in pools:
        hosts[fleet.pools[index].region] += fleet.pools[index].hosts
    for column, service in enumerate(services.values()):
        each = service.serving.host_traffic
        if each is None:
            continue
        for region, pair in enumerate(links.wan):
            _add(spilled, pair, column, region, each)
        for index in pools:
            pool = fleet.pools[index]
            if pool.kind != service.serving.kind:
                continue
            same = [one for one in pools if fleet.pools[one].region == pool.region and fleet.pools[one].kind == pool.kind]
            part = each * speeds[index] / sum(speeds[one] for one in same)
            _add(served, links.serving[index], column, pool.region, part)
            racks = places.pod[places.pool == index]
            for pod, count in zip(*np.unique(racks, return_counts=True), strict=True):
                outside = 1.0 - _hosts_in_pod(fleet, int(pod)) / hosts[pool.region]
                _add(served, links.pods[pod], column, pool.region, part * count / pool.racks * outside)
    return served, spilled


def _hosts_in_pod(fleet: Fleet, pod: int) -> float:
    """Return the serving hosts of a pod."""
    places = fleet.rack_arrays
    inside = places.pool[places.pod == pod]
    return sum(fleet.pools[index].hosts / fleet.pools[index].racks for index in inside if fleet.pools[index].role == "serving")


def _add(rates: Floats, pair: tuple[int, int], service: int, region: int, rate: float) -> None:
    for link in pair:
        if link != NONE:
            rates[link, service, region] += rate
