"""Gradients on their way: buckets that fill during the backward pass, and a network that carries one at a time.

A bucket leaves when its last gradient is ready and the bucket before it has arrived:

    end[i] = max(ready[i], end[i - 1]) + seconds[i]

(Li et al. 2020, "PyTorch distributed: experiences on accelerating data parallel training", section 3.2: buckets in the
reverse order of the layers, reduced in that order). Where the device itself moves the buckets, it computes more slowly
meanwhile, and later gradients are ready later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.jit import kernel

__all__ = ["beside", "fill_buckets", "one_after_another"]

Floats = NDArray[np.float64]


@kernel
def fill_buckets(sizes: Floats, ready: Floats, limit: float) -> tuple[Floats, Floats]:
    """Fuse consecutive tensors into buckets; the tensor that fills a bucket up to the limit closes it.

    Parameters
    ----------
    sizes : float64[T]
        Bytes of each tensor, in the order in which they leave.
    ready : float64[T]
        When each is ready (s); never falling.
    limit : float
        Bytes from which a bucket is full; 0 sends every tensor by itself, infinity a single bucket.

    Returns
    -------
    nbytes : float64[B]
        Bytes of each bucket; the last one need not be full.
    complete : float64[B]
        When the last tensor of each is ready (s).

    Examples
    --------
    >>> sizes, ready = np.array([3.0, 4.0, 1.0, 9.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> nbytes, complete = fill_buckets(sizes, ready, 5.0)
    >>> nbytes.tolist(), complete.tolist()
    ([7.0, 10.0, 2.0], [2.0, 4.0, 5.0])
    """
    nbytes = np.empty(sizes.size)
    complete = np.empty(sizes.size)
    count = 0
    filled = 0.0
    for i in range(sizes.size):
        filled += sizes[i]
        if filled >= limit or (i == sizes.size - 1 and filled > 0.0):
            nbytes[count] = filled
            complete[count] = ready[i]
            count += 1
            filled = 0.0
    return nbytes[:count], complete[:count]


@kernel
def one_after_another(ready: Floats, seconds: Floats) -> Floats:
    """When each of several transfers has arrived that share a lane, first come first served.

    Parameters
    ----------
    ready : float64[B]
        When each may begin (s), in the order in which they are served.
    seconds : float64[B]
        What each takes alone (s).

    Returns
    -------
    float64[B]
        Ends (s).

    Examples
    --------
    >>> one_after_another(np.array([1.0, 2.0, 9.0]), np.array([4.0, 1.0, 1.0])).tolist()
    [5.0, 6.0, 10.0]
    """
    end = np.empty(ready.size)
    free = -np.inf
    for i in range(ready.size):
        free = max(free, ready[i]) + seconds[i]
        end[i] = free
    return end


@kernel
def beside(ready: Floats, seconds: Floats, alone: float, slowdown: float) -> tuple[Floats, float]:
    """Transfers one after another beside a computation that they slow down.

    Parameters
    ----------
    ready : float64[B]
        When each may begin if nothing slows the computation (s); never falling.
    seconds : float64[B]
        What each takes (s).
    alone : float
        End of the computation if nothing slows it (s); not before the last transfer is ready.
    slowdown : float
        The computation takes ``1 + slowdown`` times as long while a transfer is on its way.

    Returns
    -------
    end : float64[B]
        Of each transfer (s).
    computed : float
        End of the computation (s).

    Examples
    --------
    >>> end, computed = beside(np.array([1.0, 3.0]), np.array([1.2, 2.0]), 4.0, 0.5)
    >>> end.round(9).tolist(), round(float(computed), 9)
    ([2.2, 5.4], 4.9)
    """
    end = np.empty(ready.size)
    now = done = 0.0  # the clock, and what of the computation is done
    free = -np.inf  # when the network is
    for i in range(ready.size + 1):
        goal = ready[i] if i < ready.size else alone
        slowly = min(goal - done, max(0.0, free - now) / (1.0 + slowdown))
        now += slowly * (1.0 + slowdown) + (goal - done - slowly)
        done = goal
        if i < ready.size:
            free = max(free, now) + seconds[i]
            end[i] = free
    return end, now
