"""A training recipe: which model, on how many hosts of which kind, synchronised and checkpointed how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dcsim.spec.base import Name, NonNegativeSeconds, PositiveInt, Ratio, Seconds, Sourced
from dcsim.spec.hardware import Precision, ServerKind

__all__ = ["TrainingRecipe"]


class TrainingRecipe(Sourced):
    """One way of training a model, used by services, by further training streams and by the harvest.

    Parameters
    ----------
    model : Name
        Model that is trained.
    server_kind : ServerKind
        Kind of host that the gang runs on.
    hosts : int
        Hosts of the gang, all or none; 100,000 at most.
    precision : Precision
        Arithmetic of the devices.
    batch_per_device : int
        Samples per step on each GPU, or on each host where there is none.
    collective : Name
        Algorithm of the synchronisation among the hosts.
    sync_every : int
        Steps between two synchronisations; above 1 for asynchronous recipes.
    overlap : Ratio
        Share of the communication that may hide behind the backward pass.
    duration : Seconds
        Length of one training on ``reference_server``; gives the number of steps, so faster hosts finish
        earlier.
    reference_server, reference_sled : Name
        Where ``duration`` holds, with all hosts of the sled training.
    checkpoint_every : Seconds
        Compute between two checkpoints.
    checkpoint_storage : {'replicated', 'local'}
        Whether a checkpoint survives the loss of its region.
    on_notice : {'checkpoint', 'drop'}
        What an evicted gang does with the compute since its last checkpoint.
    restart_time : NonNegativeSeconds
        From being granted hosts to the first step.
    dataset : Name, optional
        What it reads.
    """

    model: Name
    server_kind: ServerKind
    hosts: Annotated[int, Field(ge=1, le=100_000)]
    precision: Precision = "fp32"
    batch_per_device: PositiveInt
    collective: Name
    sync_every: PositiveInt = 1
    overlap: Ratio
    duration: Seconds
    reference_server: Name
    reference_sled: Name
    checkpoint_every: Seconds
    checkpoint_storage: Literal["replicated", "local"]
    on_notice: Literal["checkpoint", "drop"]
    restart_time: NonNegativeSeconds
    dataset: Name | None = None
