"""The large-batch edge: the error that a training of fixed length ends with, by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.learning.like import EdgeLike

__all__ = ["error_after", "largest_batch"]


def _rise(edge: EdgeLike, batch: float) -> float:
    return float(edge.slope * ((1.0 + (batch / edge.batch) ** edge.sharpness) ** (1.0 / edge.sharpness) - 1.0))


def error_after(edge: EdgeLike, batch: float) -> float:
    """Return the error after the recipe's samples, %.

    ``error + slope ((1 + (B / B_0)^k)^(1 / k) - 1)``: flat up to the edge ``B_0``, then rising in proportion to the
    batch, as fewer and fewer steps are left in which the step width can no longer grow.

    Parameters
    ----------
    edge : EdgeLike
        Of the workload.
    batch : float
        Samples of one step.

    Raises
    ------
    ValueError
        For an empty batch.
    """
    if not batch > 0.0:
        raise ValueError("needs a batch above zero")
    return edge.error + _rise(edge, batch)


def largest_batch(edge: EdgeLike, rise: float) -> float:
    """Return the largest batch whose error is no more than ``rise`` percentage points above that of small ones.

    Raises
    ------
    ValueError
        For a rise that is not above zero.
    """
    if not rise > 0.0:
        raise ValueError("needs a rise above zero")
    sharpness = edge.sharpness
    return float(edge.batch * ((1.0 + rise / edge.slope) ** sharpness - 1.0) ** (1.0 / sharpness))
