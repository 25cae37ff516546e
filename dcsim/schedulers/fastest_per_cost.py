"""Unequal pools: every job where it runs fastest for its cost, unless another pool is done sooner than waiting."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

from dcsim.jobs.instants import snap
from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["fastest_per_cost"]


@scheduler("fastest_per_cost")
def fastest_per_cost(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of arrival, each in one pool of equal servers, so that none of its hosts waits for another.

    The pools that can run a job are ranked by speed over price (by speed alone where a price is unknown). It starts in
    the first that has a place, unless a better one would be done with it no later, by the promised ends of what runs
    there; then it waits, and no later job starts in that pool before it. A job without a place keeps all its pools.
    """
    kept: set[int] = set()
    for job in queue:
        if len(kept) == len(view.pools):
            return
        ranking = _ranking(job, view)
        place = next((pool for pool in ranking if pool not in kept and view.fits(job, pool=pool)), -1)
        if place < 0:
            kept.update(ranking)
            continue
        better = _worth_waiting(job, ranking[: ranking.index(place)], kept, place, view)
        if better < 0:
            yield Start(job, pool=place)
        else:
            kept.add(better)


def _ranking(job: Job, view: View) -> list[int]:
    """Return the pools that can run a job, best first."""
    speeds = {pool: speed for pool, each in enumerate(view.pools) if (speed := each.speed(job)) > 0.0}
    priced = all(view.pools[pool].price > 0.0 for pool in speeds)
    worth = {pool: speed / view.pools[pool].price if priced else speed for pool, speed in speeds.items()}
    return sorted(worth, key=lambda pool: (-worth[pool], pool))


def _worth_waiting(job: Job, better: Sequence[int], kept: Collection[int], place: int, view: View) -> int:
    """Return the better pool that is done with a job first, and no later than where it has a place; -1 if none is."""
    if not isfinite(job.estimate):
        return -1
    done = {pool: snap(_frees(job, pool, view) + job.estimate / view.pools[pool].speed(job))
            for pool in better if pool not in kept}  # fmt: skip
    first = min(done, key=lambda pool: done[pool], default=-1)
    here = snap(view.now + job.estimate / view.pools[place].speed(job))
    return first if first >= 0 and done[first] <= here else -1


def _frees(job: Job, pool: int, view: View) -> float:
    """Return when a pool has a place for a job, by the promised ends of those that run there, s."""
    running = sorted((other for other in view.running if other.pool == pool), key=lambda other: other.ends)
    gone = fewest(running, lambda some: view.fits(job, pool=pool, without=some))
    return max((other.ends for other in gone), default=view.now) if gone is not None else inf
