"""What a plan of a step is given: the work of a device, the network between devices, and the user's options."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["CompressionLike", "Exchange", "Floats", "Options", "Scope", "Work"]

Floats: TypeAlias = NDArray[np.float64]
Scope: TypeAlias = Literal["box", "hosts", "all"]
"""Among the devices of one host, among one device of every host, or among all devices of all hosts."""


@dataclass(frozen=True, eq=False)
class Work:
    """A model on one device: one forward and one backward pass of one batch, row by row of the layer table.

    Parameters
    ----------
    names : tuple of str
        Name of each row.
    forward_s, backward_s : ndarray of float64, shape (rows,)
        Time of all calls of the row in either pass (s).
    tensors : tuple of ndarray of float64
        For each row, the gradient bytes of each tensor of all its calls, in the order of the table; what one device
        contributes to a synchronisation.
    parameter_bytes : ndarray of float64, shape (rows,)
        Bytes of the weights.
    output_bytes : ndarray of float64, shape (rows,)
        Activation that one call of the row hands on, for the batch (bytes).
    optimiser_s : float
        Update of all weights (s).
    batch : int
        Samples.
    optimiser_start_s : float
        Part of the update that does not depend on how many weights there are: starting its passes (s).
    kinds : tuple of str
        Kind of each row, such as ``embedding``; empty where nobody asks.
    repeats : tuple of int
        Calls of each row; 1 where not given.
    """

    names: tuple[str, ...]
    forward_s: Floats
    backward_s: Floats
    tensors: tuple[Floats, ...]
    parameter_bytes: Floats
    output_bytes: Floats
    optimiser_s: float
    batch: int
    kinds: tuple[str, ...] = ()
    repeats: tuple[int, ...] = ()
    optimiser_start_s: float = 0.0

    @cached_property
    def forward(self) -> float:
        """The whole forward pass (s)."""
        return float(self.forward_s.sum())

    @cached_property
    def backward(self) -> float:
        """The whole backward pass (s)."""
        return float(self.backward_s.sum())

    @cached_property
    def trains(self) -> bool:
        """Whether there is a backward pass; inference has none, and nothing to synchronise."""
        return self.backward > 0.0

    @cached_property
    def gradient_bytes(self) -> float:
        """What one device contributes to a synchronisation (bytes)."""
        return float(self.leaving[0].sum())

    @cached_property
    def leaving(self) -> tuple[Floats, Floats]:
        """Bytes of each gradient in the order in which they leave, and the part of the backward pass done by then (s).

        The backward pass goes through the rows from the last to the first; the tensors of a row become ready evenly
        over its time, the last call's first.
        """
        counts = np.array([row.size for row in self.tensors], dtype=np.int64)[::-1]
        if not counts.sum():
            return np.zeros(0), np.zeros(0)
        sizes = np.concatenate(self.tensors)[::-1]
        seconds = self.backward_s[::-1]
        before = np.cumsum(seconds) - seconds
        place = 1.0 + np.arange(sizes.size) - np.repeat(np.cumsum(counts) - counts, counts)
        shares = place / np.repeat(counts, counts)
        return sizes, np.repeat(before, counts) + shares * np.repeat(seconds, counts)


class Exchange(Protocol):
    """How long the devices of a machine take to exchange buffers.

    ``devices`` is the number of devices of each host that take part, ``hosts`` that of the hosts.
    """

    @property
    def devices(self) -> int:
        """Devices of each host."""

    @property
    def hosts(self) -> int:
        """Hosts."""

    def part(self, devices: int, hosts: int) -> Exchange:
        """Return the same machine where only so many devices of each host, and so many hosts, take part."""

    def all_reduce(self, sizes: Floats, scope: Scope) -> Floats:
        """Return the seconds of each buffer alone, shape ``(buffers,)``."""

    def send(self, nbytes: float, scope: Scope) -> float:
        """Return the seconds of one message between two neighbours."""

    def all_to_all(self, nbytes: float, scope: Scope) -> float:
        """Return the seconds until every device has sent each its part of a buffer of ``nbytes``."""

    def push_pull(self, nbytes: float, servers: int) -> float:
        """Return the seconds until every host has pushed a buffer to sharded servers and pulled one back.

        ``servers`` hosts serve nothing else; 0: every host serves a shard beside its work.
        """


class CompressionLike(Protocol):
    """How gradients are made smaller before they leave."""

    @property
    def bits(self) -> float:
        """Sent for each value."""

    @property
    def passes(self) -> float:
        """Times that each gradient is read or written to make it small and back again."""

    @property
    def reducible(self) -> bool:
        """Whether devices on the way can add up what is sent, as an all-reduce needs."""


@dataclass(frozen=True)
class Options:
    """What the user chose; each plan reads the ones that its registration names.

    Parameters
    ----------
    bucket_bytes : float
        Gradient bytes from which a bucket leaves; 0: tensor by tensor; infinity: one buffer.
    overlap : bool
        Whether communication runs beside computation.
    lanes : int
        Exchanges that are under way at once; they share the bytes that the network carries, not its latency.
    tensor_overhead_s : float
        Device time of each gradient tensor of a synchronised step: hooks, copies, negotiation (s).
    exchange_overhead_s : float
        Device time of each bucket that leaves: starting its exchange, waiting for its end (s).
    interference : float
        By which share a device computes more slowly while it moves a bucket.
    accumulate : int
        Passes over a batch whose gradients are added up before they are exchanged once.
    tau, prefetch : int
        Steps from one exchange to the next, and how many steps before its use an exchange begins.
    servers : int
        Hosts that only serve parameters; 0: every host serves a shard beside its work.
    synchronous : bool
        Whether parameter servers wait for the gradients of all workers.
    stages : int
        Of a split model; 0: one for each device.
    microbatches : int
        Parts of a pipeline's batch; 0: at least four for each of several stages, where the batch has so many.
    compression : CompressionLike, optional
        How gradients are made smaller.
    value_bytes : float
        Size of one gradient value before that.
    memory_bandwidth : float
        Of the device, for making them smaller (bytes/s).

    Raises
    ------
    ValueError
        When a number is out of its range.
    """

    bucket_bytes: float = 0.0
    overlap: bool = True
    lanes: int = 1
    tensor_overhead_s: float = 0.0
    exchange_overhead_s: float = 0.0
    interference: float = 0.0
    accumulate: int = 1
    tau: int = 1
    prefetch: int = 0
    servers: int = 0
    synchronous: bool = False
    stages: int = 0
    microbatches: int = 0
    compression: CompressionLike | None = None
    value_bytes: float = 4.0
    memory_bandwidth: float = math.inf

    def __post_init__(self) -> None:
        least = {
            "bucket_bytes": 0, "tensor_overhead_s": 0, "exchange_overhead_s": 0, "interference": 0, "lanes": 1,
            "accumulate": 1, "tau": 1, "prefetch": 0, "servers": 0, "stages": 0, "microbatches": 0,
        }  # fmt: skip
        for name, bound in least.items():
            value = getattr(self, name)
            if not value >= bound:
                raise ValueError(f"{name} needs at least {bound}, not {value}")
        for name in ("value_bytes", "memory_bandwidth"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above zero, not {getattr(self, name)}")
