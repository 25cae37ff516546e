"""What a training recipe costs on a pool: its step, its number of steps and its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.compute.device import box_bandwidth, cpu_device, gpu_device
from dcsim.compute.layers import checkpoint_bytes, gradient_bytes
from dcsim.compute.memory import recipe_shortage
from dcsim.compute.step import StepTime, step_time
from dcsim.compute.stragglers import slowest
from dcsim.world.synchronisation import Place, synchronise

if TYPE_CHECKING:
    from dcsim.spec.fabric import PodFabric
    from dcsim.spec.hardware import Server, Sled
    from dcsim.spec.model import MlModel
    from dcsim.spec.network import Fidelity
    from dcsim.spec.training import TrainingRecipe
    from dcsim.world.fleet import Entry
    from dcsim.world.synchronisation import Collective

__all__ = ["RecipeCost", "recipe_cost", "training_steps"]


@dataclass(frozen=True)
class RecipeCost:
    """A recipe on one server type, with so many hosts of a NIC training at once.

    Parameters
    ----------
    step : StepTime
        One step of a gang that is alone on the network, part by part.
    loss_ratio : float
        Packets dropped over packets sent during a synchronisation.
    timeouts : float
        Retransmission time-outs of one synchronisation.
    checkpoint_bytes : float
        Size of one checkpoint.
    checkpoint_s : float
        Time to write it (s): one rank writes, through its share of the NIC.
    """

    step: StepTime
    loss_ratio: float
    timeouts: float
    checkpoint_bytes: float
    checkpoint_s: float

    @property
    def step_s(self) -> float:
        """One step (s)."""
        return self.step.step_s

    @property
    def compute_s(self) -> float:
        """Its compute (s)."""
        return self.step.compute_s

    @property
    def exposed_s(self) -> float:
        """Communication that it waits for (s)."""
        return self.step.exposed_s

    @property
    def straggler_s(self) -> float:
        """What it waits for the slowest of the hosts (s)."""
        return self.step.straggler_s


def recipe_cost(
    recipe: TrainingRecipe,
    server: Server,
    place: Place,
    fidelity: Fidelity,
    collective: Collective,
    entry: Entry,
) -> RecipeCost:
    """Return the cost of a recipe whose gang is alone on the network.

    Hosts that synchronise every step wait for the slowest of them; those that do so less often are asynchronous and
    wait for none. The GPUs of a host always wait for one another.

    Parameters
    ----------
    recipe : TrainingRecipe
        What is trained, and how.
    server : Server
        Each host of the gang.
    place : Place
        Where the hosts stand, and how many share an adapter.
    fidelity : Fidelity
        How closely the network is looked at.
    collective : callable
        Plan of the synchronisation.
    entry : callable
        Looks catalogue entries up.

    Raises
    ------
    ValueError
        When the server cannot train the model: no peak at the precision, no efficiency for a layer, too little memory
        on its GPUs.
    """
    model: MlModel = entry("models", recipe.model)
    exchange = synchronise(collective, recipe.hosts, gradient_bytes(model), place, fidelity)
    if server.gpu is not None:
        gpu = entry("gpus", server.gpu)
        lacking = recipe_shortage(model, recipe.batch_per_device, recipe.precision, gpu, server.gpu)
        if lacking is not None:
            raise ValueError(lacking)
        device, devices, inside = gpu_device(gpu, recipe.precision), server.gpus, box_bandwidth(gpu)
        inner = slowest(gpu.step_spread, devices)
    else:
        inner = 1.0
        device, devices, inside = cpu_device(entry("cpus", server.cpu or ""), server.sockets), 1, place.bandwidth
    step = step_time(
        model,
        device,
        batch=recipe.batch_per_device,
        devices=devices,
        bandwidth_inside=inside,
        collective_s=exchange.time_s,
        overlap=recipe.overlap,
        sync_every=recipe.sync_every,
        slowest=inner * (slowest(place.nic.step_spread, recipe.hosts) if recipe.sync_every == 1 else 1.0),
    )
    nbytes = checkpoint_bytes(model)
    return RecipeCost(step, exchange.loss_ratio, exchange.timeouts, nbytes, nbytes / place.bandwidth)


def training_steps(recipe: TrainingRecipe, fabric: PodFabric, collective: Collective, entry: Entry) -> float:
    """Return the steps of one training: its duration on the reference server, with the whole sled training.

    The number is the recipe's work; other servers and NIC shares need other times for it. It is worked out with the
    closed form of the network, so that every fidelity has the same work to do.
    """
    sled: Sled = entry("sleds", recipe.reference_sled)
    server: Server = entry("servers", recipe.reference_server)
    sharing = min(recipe.hosts, -(-sled.hosts // sled.nics))
    place = Place(sled, entry("nics", sled.nic), sharing, fabric)
    return float(recipe.duration / recipe_cost(recipe, server, place, "closed_form", collective, entry).step_s)
