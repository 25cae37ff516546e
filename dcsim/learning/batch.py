"""The critical batch: how steps and samples to a target trade against each other.

McCandlish, Kaplan, Amodei et al., An Empirical Model of Large-Batch Training, 2018 (arXiv:1812.06162), eq. 2.11:
``(S / S_min - 1) (E / E_min - 1) = 1`` with ``E = B S`` and ``B_crit = E_min / S_min``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.learning.like import LearningLike

__all__ = ["examples_needed", "examples_ratio", "step_progress", "steps_ratio"]


def steps_ratio(batch: float, critical_batch: float) -> float:
    """Return the steps to a target over the fewest steps, ``1 + B_crit / B``.

    Examples
    --------
    >>> steps_ratio(1000.0, 1000.0), steps_ratio(250.0, 1000.0)
    (2.0, 5.0)
    """
    return 1.0 + critical_batch / batch


def examples_ratio(batch: float, critical_batch: float) -> float:
    """Return the samples to a target over the fewest samples, ``1 + B / B_crit``.

    Examples
    --------
    >>> examples_ratio(1000.0, 1000.0), examples_ratio(4000.0, 1000.0)
    (2.0, 5.0)
    """
    return 1.0 + batch / critical_batch


def step_progress(batch: float, noise_scale: float) -> float:
    """Return the progress of a step over that of a step with all the data, ``1 / (1 + B_noise / B)``.

    Examples
    --------
    >>> step_progress(1000.0, 1000.0)
    0.5
    """
    return 1.0 / (1.0 + noise_scale / batch)


def examples_needed(learning: LearningLike, batch: float) -> float:
    """Return the samples to the target when each update takes the mean of so many.

    ``E_min (1 + B / B_crit)``, and no fewer than the published recipe takes, where there is one: a recipe of fixed
    length is too long for small batches and too short for large ones.

    Raises
    ------
    ValueError
        For an empty batch.
    """
    if not batch > 0.0:
        raise ValueError("needs a batch above zero")
    return max(learning.budget or 0.0, learning.examples_min * examples_ratio(batch, learning.critical_batch))
