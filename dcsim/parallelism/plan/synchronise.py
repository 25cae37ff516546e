"""Replicas that exchange gradients while they still compute others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from dcsim.kernels.overlap import beside, fill_buckets
from dcsim.parallelism.plan.work import Floats, Options, Work

__all__ = ["Flight", "Seconds", "compressed", "fly", "leave", "ring_bytes", "times"]

Seconds: TypeAlias = Callable[[Floats], Floats]
"""Gradient bytes of buffers to the seconds that each takes alone."""


@dataclass(frozen=True, eq=False)
class Flight:
    """The gradients of one backward pass on their way; times from its start (s).

    Parameters
    ----------
    begin, end : ndarray of float64, shape (buckets,)
        Of each on the network.
    overhead_s : float
        By which the backward pass is longer.
    exposed_s : float
        From the end of the backward pass to the last arrival.
    """

    begin: Floats
    end: Floats
    overhead_s: float = 0.0
    exposed_s: float = 0.0


def ring_bytes(nbytes: float, ranks: int) -> float:
    """Return what each of several ranks must send at least to reduce a buffer and give the result to all.

    Examples
    --------
    >>> ring_bytes(80.0, 8)
    140.0
    """
    return 2.0 * (ranks - 1) / ranks * nbytes


def times(call: Callable[[float], float], sizes: Floats) -> Floats:
    """Return what each of several buffers takes; equal ones are asked for once."""
    different, place = np.unique(sizes, return_inverse=True)
    return np.array([call(nbytes) for nbytes in different.tolist()], dtype=np.float64)[place]


def compressed(options: Options, ranks: int = 2) -> float:
    """Return how much smaller gradients get, as a factor on the bytes of an all-reduce.

    What cannot be added up on the way is gathered by all instead: every rank receives ``p - 1`` buffers of size c,
    as many bytes as in an all-reduce of ``p c / 2``.
    """
    small = options.compression
    if small is None:
        return 1.0
    ratio = min(1.0, small.bits / 8.0 / options.value_bytes)
    return ratio if small.reducible else ratio * ranks / 2.0


def leave(work: Work, options: Options) -> tuple[Floats, Floats, Floats]:
    """Fuse the gradients of a backward pass into buckets.

    Parameters
    ----------
    work : Work
        Of one device.
    options : Options
        Buckets, overlap, overhead of a tensor and of an exchange, compression.

    Returns
    -------
    nbytes, complete : ndarray of float64, shape (buckets,)
        Gradient bytes of each, and when it can leave, from the start of the backward pass (s).
    spent : ndarray of float64, shape (tensors,)
        By how much the backward pass is longer when each tensor leaves (s).
    """
    sizes, ready = work.leaving
    spent = options.tensor_overhead_s * np.arange(1.0, sizes.size + 1.0)
    if options.compression is not None:
        spent = spent + np.cumsum(sizes) * (options.compression.passes / options.memory_bandwidth)
    if options.exchange_overhead_s:
        whole = np.cumsum(fill_buckets(sizes, ready, options.bucket_bytes)[0])
        left = np.searchsorted(whole * (1.0 - 1e-12), np.cumsum(sizes), side="right")
        spent = spent + options.exchange_overhead_s * left
    nbytes, complete = fill_buckets(sizes, ready + spent, options.bucket_bytes)
    if not options.overlap and sizes.size:
        complete = np.full(complete.size, work.backward + spent[-1])
    return nbytes, complete, spent


def fly(work: Work, options: Options, ranks: int, seconds: Seconds, *, by_device: bool = True) -> Flight:
    """Send the gradients of a backward pass in buckets, one after another.

    Parameters
    ----------
    work, options : Work, Options
        As for ``leave``.
    ranks : int
        Devices that exchange; nothing is sent by a single one.
    seconds : callable
        What each bucket takes alone.
    by_device : bool
        Whether the devices themselves move the buckets, and compute more slowly meanwhile (``interference``).
    """
    if ranks < 2 or not work.trains or not work.leaving[0].size:
        return Flight(np.zeros(0), np.zeros(0))
    nbytes, complete, spent = leave(work, options)
    took = seconds(nbytes)
    # what is no transfer of bytes passes beside that of the other exchanges under way
    waiting = np.minimum(took, float(seconds(np.ones(1))[0])) * (1.0 - 1.0 / options.lanes)
    alone = work.backward + float(spent[-1])
    end, computed = beside(complete, took - waiting, alone, options.interference if by_device else 0.0)
    end = end + waiting
    overhead = computed - work.backward if options.interference else float(spent[-1])
    exposed = max(0.0, float(end[-1]) - computed) if end.size else 0.0
    return Flight(end - took, end, overhead, exposed)
