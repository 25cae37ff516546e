"""Sizes of an elastic group over time: what the hosts that are left allow, and what the forecast makes of it.

The free hosts of a pool are shared equally by its groups; each takes the largest of the listed sizes that its share
holds. What is asked for is planned a step ahead from the need that is foreseen: as much as one season ago, times what
the present need is over that of a season ago, with an error that is drawn. A reserve beyond that need is left alone.
Three things change a size:

- a return that was foreseen: the group has its notice, and shrinks when the step of the need begins;
- one that was not: the need turns out to be beyond forecast and reserve together, and hosts leave without notice at a
  time within the step before;
- growth: only to what the forecast says will stay for some steps, at a time within the step, as hosts come free, and
  not to those that are asked back, unforeseen, before they came.

Sizes are indices from 1 to ``K`` into the listed sizes; 0 stands for no hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FORESEEN", "GROWTH", "UNFORESEEN", "fitting", "foreseen_need", "foreseen_needs", "plan_sizes", "stays",
]  # fmt: skip

FORESEEN, UNFORESEEN, GROWTH = 0, 1, 2
"""Kinds of change."""
SLACK = 1e-6
"""Share of a host that is rounding."""


@kernel
def fitting(free: float, sizes: NDArray[np.int64], largest: int, groups: int, rank: int) -> int:
    """Return the size that a group gets out of the hosts that all groups of the pool share.

    Parameters
    ----------
    free : float
        Hosts that the groups may have together.
    sizes : int64[K]
        Listed sizes, rising.
    largest : int
        Largest size that is taken, an index from 1.
    groups : int
        Groups of the pool.
    rank : int
        Which of them: where not all can have the least size, the first ones have it.

    Returns
    -------
    int
        Index from 1; 0 for none.
    """
    whole = int(max(0.0, free) + SLACK)
    if whole < groups * sizes[0]:
        return 1 if (rank + 1) * sizes[0] <= whole else 0
    found = 1
    while found < largest and sizes[found] <= whole // groups:
        found += 1
    return found


@kernel
def foreseen_need(need: NDArray[np.float64], i: int, ahead: int, season: int) -> float:
    """Return the need of a later step as it is foreseen in step ``i``.

    ``need[i + ahead - season] * need[i] / need[i - season]``; in the first season, and where nothing was needed a
    season ago, as much as now.

    Parameters
    ----------
    need : float64[N]
        Hosts needed in each step; those up to ``i`` are looked at.
    i, ahead : int
        Present step; how many steps later, from 1 to ``season``.
    season : int
        Steps of a season.
    """
    if i < season or need[i - season] <= 0.0:
        return float(need[i])
    return float(need[i + ahead - season] * need[i] / need[i - season])


@kernel
def _planned(
    need: NDArray[np.float64],
    up: float,
    i: int,
    ahead: int,
    season: int,
    kept: float,
    offered: float,
    sizes: NDArray[np.int64],
    largest: int,
    groups: int,
    rank: int,
) -> int:
    """Return the size that a later step is foreseen to allow; ``kept`` is what is left alone over the foreseen need."""
    return fitting(offered * (up - foreseen_need(need, i, ahead, season) * kept), sizes, largest, groups, rank)


@kernel
def _lasting(
    need: NDArray[np.float64], up: float, i: int, stay: int, season: int, kept: float, offered: float,
    sizes: NDArray[np.int64], largest: int, groups: int, rank: int, size: int, new: int,
) -> int:  # fmt: skip
    """Return as much of a growth from ``size`` to ``new`` as is foreseen to stay."""
    for j in range(2, min(stay, season) + 1):
        if new > size:
            new = min(new, _planned(need, up, i, j, season, kept, offered, sizes, largest, groups, rank))
    return new


@kernel
def plan_sizes(
    need: NDArray[np.float64], up: NDArray[np.float64], error: NDArray[np.float64], strike: NDArray[np.float64],
    sizes: NDArray[np.int64], largest: int, groups: int, rank: int, offered: float, reserve: float, season: int,
    stay: int, dt: float, grace: float, times: NDArray[np.float64], changes: NDArray[np.int64],
) -> int:  # fmt: skip
    """Plan the sizes of one group.

    Parameters
    ----------
    need, up : float64[N]
        Hosts of the pool that serving needs, and hosts with power, in each step.
    error : float64[N]
        By which share of it the need of the next steps is foreseen too high.
    strike : float64[N]
        When in a step hosts come free, or a return strikes that was not foreseen, as a share of the step.
    sizes, largest, groups, rank
        See :func:`fitting`.
    offered, reserve : float
        Hosts that groups may have together over those that are free; share of the foreseen need that is kept beyond it.
    season, stay : int
        Steps of a season; steps for which hosts must be foreseen to stay before a group grows onto them, at least 1.
    dt : float
        Length of a step, s.
    grace : float
        Hosts that return unforeseen stay for it, s, at most a step; they are asked for so early that they are back with
        the next step.
    times, changes : float64[N], int64[N, 2]
        Overwritten with the times of the changes, s, rising, and with the new sizes and the kinds of the changes.

    Returns
    -------
    int
        Changes.
    """
    count = 0
    planned = fitting(offered * (up[0] - need[0] * (1.0 + reserve)), sizes, largest, groups, rank)
    size, before = min(planned, fitting(offered * (up[0] - need[0]), sizes, largest, groups, rank)), 0
    if size > 0:
        times[0], changes[0, 0], changes[0, 1] = 0.0, size, GROWTH
        count = 1
    for i in range(need.size - 1):
        kept = (1.0 + error[i]) * (1.0 + reserve)
        planned = _planned(need, up[i], i, 1, season, kept, offered, sizes, largest, groups, rank)
        allowed = fitting(offered * (up[i + 1] - need[i + 1]), sizes, largest, groups, rank)
        at, kind, new = (i + 1.0) * dt, FORESEEN, min(size, planned)
        if allowed < new:
            at, kind, new = i * dt + strike[i] * max(0.0, dt - grace), UNFORESEEN, allowed
            if count > 0 and changes[count - 1, 1] == GROWTH and times[count - 1] >= at:  # asked back before they came
                count, size = count - 1, before
                if allowed > size:
                    at, kind = times[count], GROWTH
        elif new == size:
            at, kind, new = at + strike[i + 1] * dt, GROWTH, min(planned, allowed)
            new = _lasting(need, up[i], i, stay, season, kept, offered, sizes, largest, groups, rank, size, new)
        if (kind == GROWTH and new > size) or (kind != GROWTH and new < size):
            times[count], changes[count, 0], changes[count, 1] = at, new, kind
            count += 1
            size, before = new, size
    return count


@kernel
def foreseen_needs(need: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    """Return the need of each step as it was foreseen in the step before, without errors that are drawn.

    Parameters
    ----------
    need : float64[N]
        Hosts needed in each step.
    season : int
        Steps of a season.

    Returns
    -------
    float64[N]
        The first step's is its own need.
    """
    foreseen = np.empty(need.size)
    foreseen[0] = need[0]
    for i in range(1, need.size):
        foreseen[i] = foreseen_need(need, i - 1, 1, season)
    return foreseen


@kernel
def stays(need: NDArray[np.float64], reserve: float, season: int) -> NDArray[np.int64]:
    """Return after how many steps the hosts beyond need and reserve are asked back, as foreseen and in fact.

    Parameters
    ----------
    need : float64[N]
        Hosts needed in each step.
    reserve : float
        Share of the need that is kept beyond it.
    season : int
        Steps of a season; nothing is looked for beyond.

    Returns
    -------
    int64[N, 2]
        By step: until the need is foreseen to pass the present need and its reserve, and until it does; ``season``
        where it does not by then, -1 where the steps end before.
    """
    found = np.full((need.size, 2), season)
    for i in range(need.size):
        kept = need[i] * (1.0 + reserve)
        for ahead in range(season, 0, -1):
            if foreseen_need(need, i, ahead, season) > kept:
                found[i, 0] = ahead
            if i + ahead >= need.size:
                found[i, 1] = -1
            elif need[i + ahead] > kept:
                found[i, 1] = ahead
    return found
