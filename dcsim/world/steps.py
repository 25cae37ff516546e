"""What a training recipe costs on a pool: its step, its number of steps and its checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.collectives.plan import Plan, closed_form
from dcsim.compute.device import box_bandwidth, cpu_device, gpu_device
from dcsim.compute.layers import checkpoint_bytes, gradient_bytes
from dcsim.compute.step import step_time

if TYPE_CHECKING:
    from dcsim.spec.hardware import Fabric, Nic, Server, Sled
    from dcsim.spec.model import MlModel
    from dcsim.spec.training import TrainingRecipe
    from dcsim.world.fleet import Entry

__all__ = ["Collective", "RecipeCost", "recipe_cost", "training_steps"]

Collective = Callable[[int, float], Plan]
"""``(ranks, nbytes) -> plan``."""


@dataclass(frozen=True)
class RecipeCost:
    """A recipe on one server type, with so many hosts of a NIC training at once.

    Parameters
    ----------
    step_s, compute_s, exposed_s : float
        One step, its compute, and the communication that it waits for (s).
    checkpoint_bytes : float
        Size of one checkpoint.
    checkpoint_s : float
        Time to write it (s): one rank writes, through its share of the NIC.
    """

    step_s: float
    compute_s: float
    exposed_s: float
    checkpoint_bytes: float
    checkpoint_s: float


def recipe_cost(
    recipe: TrainingRecipe,
    server: Server,
    sled: Sled,
    nic: Nic,
    sharing: int,
    fabric: Fabric,
    collective: Collective,
    entry: Entry,
) -> RecipeCost:
    """Return the cost of a recipe.

    Parameters
    ----------
    recipe : TrainingRecipe
        What is trained, and how.
    server : Server
        Each host of the gang.
    sled : Sled
        What the host stands on; a host with several adapters uses all of them.
    nic : Nic
        The adapter, shared evenly by ``sharing`` hosts that communicate at the same time.
    sharing : int
        Hosts of the adapter that train at once.
    fabric : Fabric
        Adds its latency to every message: up and down through a pod.
    collective : callable
        Plan of the synchronisation.
    entry : callable
        Looks catalogue entries up.

    Raises
    ------
    ValueError
        When the server cannot compute the model: no peak at the precision, no efficiency for a layer.
    """
    model: MlModel = entry("models", recipe.model)
    adapters = max(1, sled.nics // sled.hosts)
    share = nic.bandwidth * nic.protocol_efficiency * adapters / sharing
    latency = nic.message_overhead + 2 * fabric.hop_latency
    synchronise = closed_form(collective(recipe.hosts, gradient_bytes(model)), share, latency)
    if server.gpu is not None:
        gpu = entry("gpus", server.gpu)
        device, devices, inside = gpu_device(gpu, recipe.precision), server.gpus, box_bandwidth(gpu)
    else:
        device, devices, inside = cpu_device(entry("cpus", server.cpu or ""), server.sockets), 1, share
    step = step_time(
        model,
        device,
        batch=recipe.batch_per_device,
        devices=devices,
        bandwidth_inside=inside,
        collective_s=synchronise,
        overlap=recipe.overlap,
        sync_every=recipe.sync_every,
    )
    nbytes = checkpoint_bytes(model)
    return RecipeCost(step.step_s, step.compute_s, step.exposed_s, nbytes, nbytes / share)


def training_steps(recipe: TrainingRecipe, fabric: Fabric, collective: Collective, entry: Entry) -> float:
    """Return the steps of one training: its duration on the reference server, with the whole sled training.

    The number is the recipe's work; other servers and NIC shares need other times for it.
    """
    sled: Sled = entry("sleds", recipe.reference_sled)
    server: Server = entry("servers", recipe.reference_server)
    sharing = min(recipe.hosts, -(-sled.hosts // sled.nics))
    reference = recipe_cost(recipe, server, sled, entry("nics", sled.nic), sharing, fabric, collective, entry)
    return float(recipe.duration / reference.step_s)
