"""Experiments of engineers: when jobs are submitted, how large they are, and how long they run."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from dcsim.spec.base import NonNegativeSeconds, PositiveInt, Ratio, Sourced, Spec

__all__ = ["ExperimentLoad", "JobClass"]

_SUM_TOLERANCE = 1e-6
_Hour = Annotated[float, Field(ge=0, le=24)]


class JobClass(Spec):
    """Jobs of one size.

    Parameters
    ----------
    gpus : int
        Gang size in GPUs, or hosts of servers without.
    share : Ratio
        Part of all jobs.
    durations : tuple of (Ratio, NonNegativeSeconds)
        Quantiles of the run time, from 0 to 1; in between, the logarithm of the time is linear.
    """

    gpus: PositiveInt
    share: Ratio
    durations: Annotated[tuple[tuple[Ratio, NonNegativeSeconds], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _rises(self) -> JobClass:
        parts, times = zip(*self.durations, strict=True)
        if parts[0] != 0.0 or parts[-1] != 1.0 or any(a >= b for a, b in pairwise(parts)):
            raise ValueError("durations need rising quantiles from 0 to 1, such as [[0, '1 min'], [1, '2 h']]")
        if times[0] <= 0.0 or any(a > b for a, b in pairwise(times)):
            raise ValueError("durations need times above zero that never fall")
        return self


class ExperimentLoad(Sourced):
    """Jobs that people submit, most of them while they are at work.

    Parameters
    ----------
    day_begins, day_ends : float
        Local hours between which people work.
    outside : Ratio
        Rate of submissions in the other hours over that within them.
    weekend_factor : float
        Multiplies Saturdays and Sundays.
    classes : tuple of JobClass
        Sizes and run times.
    """

    day_begins: _Hour
    day_ends: _Hour
    outside: Ratio
    weekend_factor: Annotated[float, Field(ge=0)] = 1.0
    classes: Annotated[tuple[JobClass, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_a_load(self) -> ExperimentLoad:
        if self.day_begins >= self.day_ends:
            raise ValueError("day_begins must lie before day_ends")
        total = sum(each.share for each in self.classes)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise ValueError(f"the shares of the classes must add up to 1, not {total:.6g}")
        return self
