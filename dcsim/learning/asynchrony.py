"""What learning loses when workers do not wait for one another: old gradients, and replicas that only pull together."""

from __future__ import annotations

__all__ = ["fresh_progress", "replica_speedup"]


def fresh_progress(age: float, momentum: float) -> float:
    """Return the progress of an old gradient over that of a fresh one, ``min(1, 1 / ((1 - m) (1 + age)))``.

    Asynchrony acts like momentum: gradients that are ``n - 1`` updates old on the mean move the weights as if their
    momentum were ``1 - 1 / n`` (Mitliagkas, Zhang, Hadjis and Re, Asynchrony begets Momentum, 2016,
    arXiv:1605.09774). As long as that is no more than the momentum ``m`` that synchronous training likes, the explicit
    momentum is lowered and nothing is lost. Older gradients have to be weighed down by their age (Zhang, Gupta, Lian
    and Liu, Staleness-aware Async-SGD, 2016, arXiv:1511.05950); that what is lost is in proportion is an assumption.

    Parameters
    ----------
    age : float
        Updates by which the weights have moved on, on the mean.
    momentum : float
        Best momentum of synchronous training, below 1.

    Examples
    --------
    >>> fresh_progress(0.0, 0.9), fresh_progress(9.0, 0.9), round(fresh_progress(39.0, 0.9), 12)
    (1.0, 1.0, 0.25)
    """
    if age < 0.0 or not 0.0 <= momentum < 1.0:
        raise ValueError("needs an age of 0 or more and a momentum from 0 to below 1")
    return min(1.0, 1.0 / ((1.0 - momentum) * (1.0 + age)))


def replica_speedup(replicas: int, exponent: float = 0.5) -> float:
    """Return how much faster replicas learn that are averaged elastically than one of them, ``n**exponent``.

    The square root is what was told of elastic averaging on up to 32 nodes (Chintala, Distributed Deep Learning at
    Scale, 2016). It is the loss of the method alone: communication, where it is not hidden, comes on top.

    Examples
    --------
    >>> replica_speedup(4), round(replica_speedup(32), 2)
    (2.0, 5.66)
    """
    if replicas < 1:
        raise ValueError(f"{replicas} replicas; needs at least one")
    return float(replicas**exponent)
