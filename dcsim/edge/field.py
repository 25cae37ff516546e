"""Times in the hands of users: every inference competes with other apps, at the clock that the phone's warmth leaves.

The time of one inference is lognormal: a median at the full clock, and a standard deviation of its logarithm. A normal
distribution with the spreads that are seen (as wide as their mean) would have one time in six below zero.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.edge.like import ProcessorLike

__all__ = ["deadline_share", "inference_time", "log_spread", "time_quantile"]


def inference_time(processor: ProcessorLike, flops: float, clock: float = 1.0) -> float:
    """Return the time of one inference on an otherwise idle phone (s); its FLOP are those of its matrix products.

    Raises
    ------
    ValueError
        For work or a clock that is not above zero.
    """
    if not (flops > 0.0 and clock > 0.0):
        raise ValueError("needs work and a clock above zero")
    return flops / (processor.rate * clock)


def time_quantile(processor: ProcessorLike, flops: float, share: float, clock: float = 1.0) -> float:
    """Return the time below which so large a share of the inferences in the field stays (s).

    The median is that of an otherwise idle phone.
    """
    median = inference_time(processor, flops, clock)
    return median * math.exp(processor.spread * NormalDist().inv_cdf(share))


def deadline_share(processor: ProcessorLike, flops: float, deadline_s: float, clock: float = 1.0) -> float:
    """Return the share of the inferences in the field that end in time."""
    median = inference_time(processor, flops, clock)
    if processor.spread == 0.0:
        return float(median <= deadline_s)
    return NormalDist(math.log(median), processor.spread).cdf(math.log(deadline_s))


def log_spread(mean: float, deviation: float) -> float:
    """Return the standard deviation of the logarithm of lognormal times with that mean and standard deviation.

    ``sqrt(ln(1 + (deviation / mean)^2))``

    Examples
    --------
    >>> round(log_spread(2.02, 1.92), 3)
    0.802
    """
    return math.sqrt(math.log1p((deviation / mean) ** 2))
