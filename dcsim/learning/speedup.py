"""Speed-up of groups of any size, drawn through a few that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["speedups"]


def speedups(known: Mapping[int, float], sizes: Sequence[int]) -> Floats:
    """Return the speed-up of groups over one machine.

    Between two sizes that are known a power of the size, which is a straight line on logarithmic axes; beyond the
    largest, the power of the last two goes on. One machine is as fast as itself.

    Parameters
    ----------
    known : mapping of int to float
        Speed-up by the machines of a group; at least one group of two or more.
    sizes : sequence of int
        For which it is wanted.

    Raises
    ------
    ValueError
        For groups and speed-ups that are not above zero, a single machine that is not as fast as itself, or no group.

    Examples
    --------
    >>> speedups({4: 2.0}, [1, 4, 16]).tolist()
    [1.0, 2.0, 4.0]
    """
    points = {1: 1.0, **known}
    if min(points) < 1 or not all(value > 0.0 for value in points.values()):
        raise ValueError("needs groups of at least one machine and speed-ups above zero")
    if points[1] != 1.0:
        raise ValueError(f"1 machine is as fast as itself: 1, not {points[1]:g}")
    if len(points) < 2:
        raise ValueError("needs the speed-up of a group of two machines or more, such as 5=4")
    x, y = (np.log(np.array(values, dtype=np.float64)) for values in zip(*sorted(points.items()), strict=True))
    at = np.log(np.asarray(sizes, dtype=np.float64))
    beyond = y[-1] + (at - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2])
    return np.asarray(np.exp(np.where(at > x[-1], beyond, np.interp(at, x, y))))
