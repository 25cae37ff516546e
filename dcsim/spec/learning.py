"""Learning workloads: how many samples training to a target takes, and how that depends on the batch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from dcsim.spec.base import Count, Name, NonNegativeSeconds, PositiveInt, Ratio, Sourced, Spec

__all__ = ["Edge", "Learning"]

_Positive = Annotated[float, Field(gt=0)]


class Edge(Spec):
    """Error after a training of fixed length, by batch: flat, then rising in proportion to the batch.

    ``error(B) = error + slope * ((1 + (B / batch)**sharpness)**(1 / sharpness) - 1)``

    Parameters
    ----------
    error : float
        Of small batches, %.
    slope : float
        Percentage points by which it rises with each further ``batch`` samples, far beyond the edge.
    batch : float
        Samples of a step at which the edge stands.
    sharpness : float
        How suddenly the one turns into the other.
    """

    error: _Positive
    slope: _Positive
    batch: _Positive
    sharpness: Annotated[float, Field(ge=1)]


class Learning(Sourced):
    """Training until a target is reached.

    Parameters
    ----------
    models : tuple of Name
        Models whose training this is.
    target : str
        What is reached, for people.
    examples_min : float
        Samples that training with very small batches takes.
    critical_batch : float
        Samples of a step with which training takes twice the fewest steps and twice the fewest samples.
    budget : float, optional
        Samples that the published recipe takes whatever the batch; where given, training never takes fewer.
    epoch : int
        Samples of one pass over the data.
    evaluation : int
        Held-out samples that are evaluated after each epoch.
    start : NonNegativeSeconds
        From starting the job to its first step, and all else that it does once.
    momentum : float
        Momentum with which synchronous training is fastest: how old a gradient may be before it harms.
    replica_exponent : Ratio
        By which power of their number replicas that are averaged elastically learn faster than one.
    replica_age : float
        Steps by which the centre that they are drawn towards may be old, on the mean, for that to hold.
    edge : Edge, optional
        Error after ``budget`` samples, by batch; for workloads where it is published.
    """

    models: tuple[Name, ...] = ()
    target: str
    examples_min: _Positive
    critical_batch: _Positive
    budget: _Positive | None = None
    epoch: PositiveInt
    evaluation: Count = 0
    start: NonNegativeSeconds
    momentum: Annotated[float, Field(ge=0, lt=1)]
    replica_exponent: Ratio = 0.5
    replica_age: Annotated[float, Field(ge=0)] = 9.5
    edge: Edge | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Learning:
        if self.budget is not None and self.budget < self.examples_min:
            raise ValueError("budget is below examples_min: the recipe would never reach its target")
        if self.edge is not None and self.budget is None:
            raise ValueError("edge is the error after a budget of samples; give budget")
        return self
