"""Replicas of a recorded trace, and figures with confidence intervals over them.

A trace is one draw of what might have happened. A replica has the same jobs and the same times of arrival, but the jobs
of each window of a day come in another order: load by hour and by day stay, and which job meets which crowd does not.
Replica ``k`` is the same for every policy (common random numbers), so that policies are compared on equal draws.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.confidence import interval
from dcsim.engine.streams import Streams
from dcsim.errors import InputError, Problem
from dcsim.jobs.block import JobBlock
from dcsim.jobs.rows import joined, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["WINDOW", "differences", "exchanged", "over_replicas"]

WINDOW = 86400.0
"""Length of a window within which jobs change places, s."""


def exchanged(blocks: Iterable[JobBlock], *, seed: int, replica: int, window_s: float = WINDOW) -> Iterator[JobBlock]:
    """Yield a trace whose jobs have changed places with others of the same window.

    A job takes everything along but its time of arrival; a deadline moves with it. Rows that cannot be replayed stay
    where they are.

    Parameters
    ----------
    blocks : iterable of JobBlock
        The trace; one window at a time is held in memory.
    seed : int
        Of the whole study.
    replica : int
        Which; 0 is the trace as it was recorded.
    window_s : float
        Length of the windows, which begin with the first job, s.

    Yields
    ------
    JobBlock
        One for each window.

    Raises
    ------
    InputError
        If jobs wait for one another: in another order, some would come before those that they wait for.
    """
    if replica == 0:
        yield from blocks
        return
    random = Streams(seed)[f"jobs/replicas/{replica}"]
    for block in _windows(blocks, window_s):
        if "after" in block.more and (block.more["after"] != "").any():
            message = "jobs of this trace wait for one another ('after'), so they cannot change places; leave it out"
            raise InputError([Problem.of_option("replicas", message)])
        yield _shuffled(block, random)


def _windows(blocks: Iterable[JobBlock], window_s: float) -> Iterator[JobBlock]:
    """Cut a trace into windows of time; a row that cannot be replayed belongs to the one before it."""
    parts: list[JobBlock] = []
    begin, number = math.nan, 0
    for block in filter(len, blocks):
        submits = np.where(block.left_out == 0, block.submit, -math.inf)
        if math.isnan(begin) and np.isfinite(submits).any():
            begin = float(submits[np.isfinite(submits)][0])
        windows = np.fmax(np.floor((submits - begin) / window_s), number)  # the last one where no time is known
        counts = np.maximum.accumulate(windows).astype(np.int64)
        cuts = np.concatenate([[0], np.flatnonzero(np.diff(counts)) + 1, [len(block)]])
        for first, last in itertools.pairwise(cuts):
            if counts[first] != number and parts:
                yield joined(parts)
                parts = []
            number = int(counts[first])
            parts.append(taken(block, np.arange(first, last)))
    if parts:
        yield joined(parts)


def _shuffled(block: JobBlock, random: np.random.Generator) -> JobBlock:
    """Return the jobs of a window in a random order, at the same times of arrival."""
    jobs = np.flatnonzero(block.left_out == 0)
    rows = np.arange(len(block))
    rows[jobs] = random.permutation(jobs)
    moved = taken(block, rows)
    more = dict(moved.more)
    if "deadline" in more:
        more["deadline"] = more["deadline"] + (block.submit - moved.submit)
    return JobBlock(moved.job_id, block.submit, moved.slots, moved.duration, moved.walltime, moved.left_out, more)


def over_replicas(summaries: Sequence[Mapping[str, Any]], level: float = 0.95) -> dict[str, Any]:
    """Return the mean and the half width of the confidence interval of every figure.

    Parameters
    ----------
    summaries : sequence of mapping
        One for each replica, all of one shape, as ``Statistics.summary`` returns them.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    dict
        Of the same shape; each number has become ``{"mean": ..., "half_width": ..., "values": [...]}``, with the
        number of every replica, or None where a replica has none.

    Examples
    --------
    >>> told = over_replicas([{"wait_s": {"mean": 9.0}}, {"wait_s": {"mean": 11.0}}])
    >>> told["wait_s"]["mean"]["mean"], round(told["wait_s"]["mean"]["half_width"], 2)
    (10.0, 12.71)
    """
    return _each(lambda values: _told(values, level), summaries)


def differences(
    summaries: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]], level: float = 0.95
) -> dict[str, Any]:
    """Return how much higher every figure is than with another policy, on the same replicas.

    Differences are taken replica by replica, so what both policies share, the luck of the draw, drops out: the
    intervals are narrower than those of the two means.

    Examples
    --------
    >>> told = differences([{"wait_s": 9.0}, {"wait_s": 29.0}], [{"wait_s": 10.0}, {"wait_s": 30.0}])
    >>> told["wait_s"]
    {'mean': -1.0, 'half_width': 0.0, 'values': [-1.0, -1.0]}
    """

    def of_pairs(values: list[Any]) -> dict[str, Any] | None:
        half = len(values) // 2
        pairs = list(zip(values[:half], values[half:], strict=True))
        return None if None in values else _told([_less(one, other) for one, other in pairs], level)

    if len(summaries) != len(others):
        raise ValueError(f"policies need equally many replicas, not {len(summaries)} and {len(others)}")
    return _each(of_pairs, [*summaries, *others])


def _less(one: float, other: float) -> float:
    """Return a difference; 0 where it is no more than rounding."""
    return 0.0 if math.isclose(one, other, rel_tol=1e-9) else one - other


def _told(values: list[Any], level: float) -> dict[str, Any] | None:
    """Return the mean and half width of numbers, and the numbers; None where one is missing."""
    if None in values:
        return None
    mean, half_width, _ = interval(values, level)
    return {"mean": mean, "half_width": half_width, "values": values}


def _each(tell: Callable[[list[Any]], Any], summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return summaries of one shape as one, each figure told from its values."""
    return {
        name: _each(tell, [summary[name] for summary in summaries])
        if isinstance(first, dict)
        else tell([summary[name] for summary in summaries])
        for name, first in summaries[0].items()
    }
