"""Which settings a sweep looks at: every combination, or as many as a design draws from the axes' ranges.

Draws are those of ``scipy.stats.qmc``, and depend on the design's own seed alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

from dcsim.sweeps.points import Grid, Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.spec.sweep import Design
    from dcsim.sweeps.axes import Axis

__all__ = ["settings_of", "size_of"]


def size_of(axes: Sequence[Axis], design: Design, samples: int) -> int:
    """Return how many settings a design has.

    Examples
    --------
    >>> from dcsim.sweeps.axes import Axis
    >>> axes = [Axis("a", ("1", "2")), Axis("b", ("1", "2", "3")), Axis("c", ("7",))]
    >>> size_of(axes, "grid", 0), size_of(axes, "sobol", 8), size_of(axes, "sobol_indices", 8)
    (6, 8, 32)
    """
    if design == "grid":
        return len(Grid(axes))
    varied = sum(not axis.is_fixed for axis in axes)
    return samples * (varied + 2) if design == "sobol_indices" else samples


def settings_of(axes: Sequence[Axis], design: Design, samples: int, seed: int) -> Sequence[Values]:
    """Return the settings of a design, in order.

    Parameters
    ----------
    axes : sequence of Axis
        Fixed ones keep their value.
    design : Design
        ``grid``: every combination. ``latin_hypercube`` (McKay, Beckman and Conover 1979): each axis is cut into
        ``samples`` slices of equal probability, and each slice is drawn from once. ``sobol`` (Sobol' 1967, scrambled
        after Matousek 1998): a sequence of low discrepancy, balanced where ``samples`` is a power of two.
        ``sobol_indices`` (Saltelli et al. 2010): two such samples A and B, and A with each column of B in turn, from
        which the shares of each axis in the variance follow.
    samples : int
        Size of one sample; without effect on a grid.
    seed : int
        Of the design's draws.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from dcsim.sweeps.axes import Axis
    >>> from dcsim.sweeps.ranges import Span
    >>> axes = [Axis("a", (), Span(Decimal(0), Decimal(4))), Axis("b", ("x", "y"))]
    >>> sample = settings_of(axes, "latin_hypercube", 4, seed=1)
    >>> sorted(int(float(dict(values)["a"])) for values in sample)  # one in each quarter
    [0, 1, 2, 3]
    """
    if design == "grid":
        return Grid(axes)
    varied = [place for place, axis in enumerate(axes) if not axis.is_fixed]
    shares = np.zeros((size_of(axes, design, samples), len(axes)))
    shares[:, varied] = _drawn(design, samples, len(varied), seed)
    rows = shares.tolist()
    return [tuple((axis.path, axis.at(share)) for axis, share in zip(axes, row, strict=True)) for row in rows]


def _drawn(design: Design, samples: int, dimensions: int, seed: int) -> NDArray[np.float64]:
    """Return shares in [0, 1), one row per setting."""
    draws = np.random.default_rng(seed)
    if design == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(dimensions, rng=draws).random(samples))
    if design == "sobol":
        return _sobol(dimensions, samples, draws)
    both = _sobol(2 * dimensions, samples, draws)
    first, second = both[:, :dimensions], both[:, dimensions:]
    mixed = []
    for column in range(dimensions):
        swapped = first.copy()
        swapped[:, column] = second[:, column]
        mixed.append(swapped)
    return np.concatenate([first, second, *mixed])


def _sobol(dimensions: int, samples: int, draws: np.random.Generator) -> NDArray[np.float64]:
    """Return the first rows of a scrambled Sobol' sequence, which is made in powers of two."""
    whole = 1 << max(samples - 1, 0).bit_length()
    sequence = qmc.Sobol(dimensions, scramble=True, rng=draws)
    return np.asarray(sequence.random_base2(whole.bit_length() - 1))[:samples]
