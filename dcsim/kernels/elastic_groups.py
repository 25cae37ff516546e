"""The life of an elastic group on free hosts: restart, compute, checkpoint, grow, shrink, fail.

A group computes for ``every`` seconds, writes a checkpoint, and so on; what it computed counts once a checkpoint holds
it. It changes its size only there: hosts that are free join at its next checkpoint, and hosts that are asked back with
notice leave after one that is written at once. A host that fails, or one that leaves without notice, takes what was
computed since the last checkpoint with it; a host that failed is replaced. After each change the group restarts.

Hosts fail independently of what they do: a failure comes when the host-seconds held since the last reach a number that
was drawn, so that groups of all sizes and intervals meet the same fate. Hosts under notice do not fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.elastic_plan import FORESEEN, GROWTH, plan_sizes
from dcsim.kernels.elastic_records import GROUP, LIFE
from dcsim.kernels.fleet_records import new_records
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["follow", "new_group", "study"]

MOMENT = 1e-6
"""Rest of a notice that is rounding, s."""


@kernel
def _commit(group: Record, rate: Record, life: Record) -> None:
    """Keep what was computed since the last checkpoint."""
    life.useful += group.compute * rate.useful
    life.synchronisation += group.compute * rate.synchronisation
    life.learning += group.compute * rate.learning
    group.compute = 0.0
    group.written = 0.0


@kernel
def _lose(group: Record, rate: Record, life: Record) -> None:
    """Throw it away."""
    life.lost += group.compute * rate.hosts
    life.losses += 1.0
    group.compute = 0.0
    group.written = 0.0


@kernel
def _write(group: Record, seconds: float, rate: Record, life: Record) -> float:
    """Write the checkpoint for at most some seconds, commit at its end; return the seconds spent."""
    needed = (1.0 - group.written) * rate.checkpoint_time
    if needed <= seconds + MOMENT:
        needed = min(needed, seconds)
        life.checkpoint += needed * rate.hosts
        life.writing += needed
        life.written += 1.0 - group.written
        _commit(group, rate, life)
        return float(needed)
    life.checkpoint += seconds * rate.hosts
    life.writing += seconds
    life.written += seconds / rate.checkpoint_time
    group.written += seconds / rate.checkpoint_time
    return seconds


@kernel
def _repeat(group: Record, seconds: float, rate: Record, every: float, life: Record) -> float:
    """Compute and write as many whole cycles as fit into some seconds; return the seconds that they take."""
    cycles = np.floor(seconds / (every + rate.checkpoint_time))
    group.compute = cycles * every
    life.checkpoint += cycles * rate.checkpoint_time * rate.hosts
    life.writing += cycles * rate.checkpoint_time
    life.written += cycles
    _commit(group, rate, life)
    return float(cycles * (every + rate.checkpoint_time))


@kernel
def _work(group: Record, seconds: float, rate: Record, every: float, life: Record) -> float:
    """Restart, compute and write for some seconds, or up to the checkpoint at which the group grows; return them."""
    left = seconds
    while left > 0.0:
        if group.restart_left > 0.0:
            spent = min(left, group.restart_left)
            group.restart_left -= spent
            life.restart += spent * rate.hosts
        elif group.compute >= every:
            spent = _write(group, left, rate, life)
            if group.compute == 0.0 and group.target != group.joined:
                return seconds - left + spent
        else:
            if group.compute == 0.0 and group.target == group.joined:
                left -= _repeat(group, left, rate, every, life)
            spent = max(0.0, min(left, every - group.compute))
            group.compute = every if spent == every - group.compute else group.compute + spent
        left -= spent
    return seconds


@kernel
def _grow(group: Record, restart: float, life: Record) -> None:
    """Let hosts join that wait for a checkpoint, if the group has nothing to lose."""
    if group.target != group.joined and group.compute == 0.0:
        group.joined = group.target
        group.restart_left = restart
        life.resizes += 1.0


@kernel
def _live(
    group: Record,
    seconds: float,
    rates: Records,
    every: float,
    restart: float,
    failures: NDArray[np.float64],
    life: Record,
) -> None:
    """Let a group live for some seconds, failures included."""
    while seconds > 0.0 and group.joined > 0:
        _grow(group, restart, life)
        rate = rates[group.joined]
        safe = group.failing_in / rate.hosts
        spent = _work(group, min(seconds, safe), rate, every, life)
        life.paid += spent * rate.hosts
        life.running += spent
        group.failing_in -= spent * rate.hosts
        seconds -= spent
        if spent >= safe:
            _lose(group, rate, life)
            group.restart_left = restart
            group.drawn += 1
            group.failing_in = failures[group.drawn % failures.size]
            life.failures += 1.0


@kernel
def _return(
    group: Record,
    new: int,
    window: float,
    rates: Records,
    every: float,
    terms: Record,
    failures: NDArray[np.float64],
    life: Record,
) -> None:
    """Give hosts back over a window of time, with a checkpoint if it can be written within it."""
    rate, staying = rates[group.joined], rates[new].hosts
    writing = 0.0
    if group.compute > 0.0:
        if terms.saves and (1.0 - group.written) * rate.checkpoint_time <= window + MOMENT:
            writing = _write(group, window, rate, life)
        else:
            _lose(group, rate, life)
    idle = window - writing
    life.notice += idle * (rate.hosts - staying)
    life.paid += writing * rate.hosts + idle * (rate.hosts - staying)
    life.running += writing
    group.joined, group.target = new, new
    group.restart_left = terms.restart
    if new > 0:
        life.resizes += 1.0
        _live(group, idle, rates, every, terms.restart, failures, life)
    else:
        life.running += idle


@kernel
def new_group(failures: NDArray[np.float64], group: Record) -> None:
    """Begin a group that has no hosts.

    Parameters
    ----------
    failures : float64[D]
        Host-seconds between failures, used one after the other and then anew.
    group : GROUP
        Overwritten.
    """
    group.restart_left, group.compute, group.written = 0.0, 0.0, 0.0
    group.failing_in = failures[0]
    group.joined, group.target, group.drawn = 0, 0, 0


@kernel
def follow(
    times: NDArray[np.float64],
    changes: NDArray[np.int64],
    count: int,
    end: float,
    rates: Records,
    every: float,
    terms: Record,
    failures: NDArray[np.float64],
    group: Record,
    life: Record,
) -> None:
    """Follow one group through its changes.

    Parameters
    ----------
    times, changes : float64[N], int64[N, 2]
        From :func:`dcsim.kernels.elastic_plan.plan_sizes`.
    count : int
        Changes.
    end : float
        When the run is over, s.
    rates : RATE[K + 1]
        By size; the first stands for no hosts.
    every : float
        Compute between two checkpoints, s.
    terms : TERMS
        Of the pool.
    failures : float64[D]
        Host-seconds between failures.
    group, life : GROUP, LIFE
        Overwritten; see :func:`new_group` for the first.
    """
    new_group(failures, group)
    now = 0.0
    for e in range(count):
        at, new, kind = times[e], changes[e, 0], changes[e, 1]
        told = max(now, at - terms.notice) if kind == FORESEEN else max(now, at)
        _live(group, told - now, rates, every, terms.restart, failures, life)
        now = told
        if group.joined == 0:
            group.joined, group.target, group.restart_left = new, new, terms.restart
            life.resizes += 1.0 if new > 0 else 0.0
        elif kind == GROWTH or new >= group.joined:
            group.target = new
        else:
            window = max(0.0, at - now) if kind == FORESEEN else min(terms.grace, end - now)
            life.foreseen += 1.0 if kind == FORESEEN else 0.0
            life.unforeseen += 0.0 if kind == FORESEEN else 1.0
            _return(group, new, window, rates, every, terms, failures, life)
            now += window
    _live(group, max(0.0, end - now), rates, every, terms.restart, failures, life)
    life.uncommitted += group.compute * rates[group.joined].hosts
    life.open += group.compute * rates[group.joined].useful


@kernel
def _study(
    need: NDArray[np.float64],
    up: NDArray[np.float64],
    error: NDArray[np.float64],
    strike: NDArray[np.float64],
    rank: NDArray[np.int64],
    failures: NDArray[np.float64],
    sizes: NDArray[np.int64],
    rates: Records,
    groups: int,
    offered: NDArray[np.float64],
    every: NDArray[np.float64],
    reserve: float,
    season: int,
    stay: int,
    dt: float,
    terms: Records,
    group: Records,
    lives: Records,
) -> None:
    """Follow the group of each replica at each offer, largest size and interval."""
    times = np.empty(need.size)
    changes = np.empty((need.size, 2), np.int64)
    for r in range(rank.size):
        for o in range(offered.size):
            for k in range(sizes.size):
                count = plan_sizes(
                    need, up, error[r], strike[r], sizes, k + 1, groups, rank[r], offered[o], reserve, season, stay,
                    dt, terms[0].grace, times, changes,
                )  # fmt: skip
                for c in range(every.size):
                    follow(
                        times, changes, count, need.size * dt, rates[o], every[c], terms[0], failures[r], group[0],
                        lives[o, k, c, r],
                    )  # fmt: skip


def study(
    need: NDArray[np.float64],
    up: NDArray[np.float64],
    error: NDArray[np.float64],
    strike: NDArray[np.float64],
    rank: NDArray[np.int64],
    failures: NDArray[np.float64],
    sizes: NDArray[np.int64],
    rates: Records,
    groups: int,
    offered: NDArray[np.float64],
    every: NDArray[np.float64],
    reserve: float,
    season: int,
    stay: int,
    dt: float,
    terms: Records,
) -> Records:
    """Follow one group of a pool through a run, at each offer, largest size, interval and replica.

    Parameters
    ----------
    need, up : float64[N]
        Hosts of the pool that serving needs, and hosts with power, in each step.
    error, strike : float64[R, N]
        By replica, see :func:`dcsim.kernels.elastic_plan.plan_sizes`.
    rank : int64[R]
        Which of the pool's groups is followed.
    failures : float64[R, D]
        Host-seconds between failures.
    sizes : int64[K]
        Sizes of a group, rising; each is the largest in turn.
    rates : RATE[O, K + 1]
        By offer and size; the first size stands for no hosts.
    groups : int
        Groups of the pool.
    offered : float64[O]
        Hosts that the groups may have together, over those that are free.
    every : float64[C]
        Compute between two checkpoints, s.
    reserve, season, stay, dt
        See :func:`dcsim.kernels.elastic_plan.plan_sizes`.
    terms : TERMS[1]
        Of the pool.

    Returns
    -------
    LIFE[O, K, C, R]
        Of the one group.
    """
    lives = new_records((len(offered), len(sizes), len(every), len(rank)), LIFE)
    _study(
        need, up, error, strike, rank, failures, sizes, rates, groups, offered, every, reserve, season, stay, dt,
        terms, new_records((1,), GROUP), lives,
    )  # fmt: skip
    return lives
