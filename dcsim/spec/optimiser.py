"""Optimisers: the rule that turns gradients into new weights, and what it keeps and moves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcsim.spec.base import Count, PositiveInt, Sourced

__all__ = ["Optimiser"]


class Optimiser(Sourced):
    """One rule of updating weights.

    Parameters
    ----------
    states : float
        Values kept from step to step for each parameter, besides the parameter itself.
    row_states : int
        Values kept for each row of an embedding table instead, for rules that treat such a row as one; 0 where a row
        is nothing special.
    read, written : float
        Values that one update of a parameter moves from and to memory: parameter, gradient, states and, where the
        update takes more than one pass, what lies between.
    calls : int
        Passes over all parameters, each a call of the device.
    """

    states: Annotated[float, Field(ge=0)]
    row_states: Count = 0
    read: Annotated[float, Field(ge=2)]
    written: Annotated[float, Field(ge=1)]
    calls: PositiveInt = 1
