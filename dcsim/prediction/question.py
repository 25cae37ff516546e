"""What a prediction of a training step asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from dcsim.spec.network import Fidelity

__all__ = ["DATA", "PRECISIONS", "Data", "Question", "StepPrecision"]

StepPrecision = Literal["fp32", "tf32", "bf16", "fp16", "mixed", "int8"]
"""Arithmetic of a step; ``mixed`` multiplies FP16 on matrix units where the device has them, and keeps FP32 weights."""
Data = Literal["synthetic", "real"]
"""Whether samples are made up on the device, or read and prepared by the host."""
PRECISIONS: tuple[str, ...] = get_args(StepPrecision)
DATA: tuple[str, ...] = get_args(Data)


@dataclass(frozen=True)
class Question:
    """One training (or inference) step to be predicted.

    Parameters
    ----------
    model, server : str
        Entries of the catalogue.
    gpus : int, optional
        GPUs in all; by default those of the hosts, or of one server.
    hosts : int, optional
        Servers; by default as few as hold the GPUs.
    cores : int, optional
        Cores of each host that compute, where it has no GPUs; by default all.
    co_located : int
        Copies of the model that share each host of processors, its memory and its caches, in inference; by default each
        has its part of the cores.
    batch_per_device : int
        Samples on each GPU, or on each host where there is none.
    precision : str
        One of ``PRECISIONS``.
    parallelism, collective : str
        Plan of the step, and algorithm of the synchronisation among hosts; ``fastest``: for each buffer the quickest of
        those that libraries choose from.
    framework : str
        Entry whose efficiency, buckets and overlap apply.
    optimiser : str
        Entry of the rule that updates the weights.
    training : bool
        False: the forward pass alone, without synchronisation or state.
    fabric : str, optional
        Name or file of what joins the hosts; by default one that never binds but at their adapters.
    network : {"closed_form", "flow", "packet"}
        How closely it is looked at.
    hosts_per_nic : int, optional
        Hosts of each shared adapter that synchronise at the same time; by default this job's alone.
    transport : str, optional
        How hosts answer to losses; by default that of the fabric.
    data : {"synthetic", "real"}
        Where samples come from.
    bucket_bytes : float, optional
        Gradient bytes from which a bucket leaves; 0: tensor by tensor; by default as the framework does.
    accumulate : int
        Micro-batches whose gradients are added up before they are synchronised.
    tau, prefetch : int
        Steps between two exchanges of a plan that does not synchronise every step, and how many steps ahead of its use
        an exchange begins.
    servers : int
        Parameter servers; 0: every host serves a shard.
    synchronous : bool
        Whether parameter servers wait for the gradients of all workers.
    stages, microbatches : int
        Of a pipeline; 0 stages: one for each device; 0 micro-batches: as many as its plan finds useful.
    recompute : bool
        Whether only some activations are kept, and those between them are computed again in the backward pass.
    compression : str, optional
        Entry of how gradients are made smaller.
    target : str, optional
        Entry of a learning workload, for the time and cost to its target.
    region : str
        Where energy is paid for.
    """

    model: str
    server: str
    gpus: int | None = None
    hosts: int | None = None
    cores: int | None = None
    co_located: int = 1
    batch_per_device: int = 32
    precision: str = "fp32"
    parallelism: str = "data_parallel"
    collective: str = "fastest"
    framework: str = "mxnet"
    optimiser: str = "momentum"
    training: bool = True
    fabric: str | None = None
    network: Fidelity = "flow"
    hosts_per_nic: int | None = None
    transport: str | None = None
    data: str = "synthetic"
    bucket_bytes: float | None = None
    accumulate: int = 1
    tau: int = 1
    prefetch: int = 0
    servers: int = 0
    synchronous: bool = False
    stages: int = 0
    microbatches: int = 0
    recompute: bool = False
    compression: str | None = None
    target: str | None = None
    region: str = "prineville"
