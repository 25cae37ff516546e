"""Levels over time: the mean of a column after its warm-up, with an interval and what the run is worth."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcsim.confidence.batch_means import batch_means
from dcsim.confidence.warm_up import warm_up
from dcsim.errors import InputError, Problem
from dcsim.spec.suggest import Suggester
from dcsim.trace.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dcsim.results.run import Run
    from dcsim.trace.tables import Column

__all__ = ["DAY", "Level", "level_columns", "levels", "season", "steady"]

DAY = 86400.0
_SEASONS = 8
"""Days from which on batches hold whole days; shorter runs do not have as many batches as it takes."""
_RATIOS = ("_ratio", "delay_s", "stay_s", "local_hour")
"""Endings of columns that are averaged over rows of one time; all others are added up."""


@dataclass(frozen=True)
class Level:
    """A level at equal distances in time.

    Parameters
    ----------
    named : tuple of (str, str)
        What it is a level of, by dimension.
    series : ndarray, float64[n]
        Mean of each interval.
    step_s : float
        Length of an interval.
    """

    named: tuple[tuple[str, str], ...]
    series: NDArray[np.float64]
    step_s: float


def steady(run: Run, table: str, column: str, *, by: Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
    """Return the mean of a column over the time after its warm-up, with a confidence interval.

    The warm-up is found by MSER-5, the interval by batch means; from eight days on batches hold whole days, so that
    the hour of the day is no luck. Rows of one time are added up, shares and delays averaged.

    Parameters
    ----------
    run : Run
        A finished run.
    table, column : str
        One of the step tables (such as ``pools`` or ``queues``) and one of its columns.
    by : sequence of str
        Dimensions to tell apart; all together where empty.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    DataFrame
        ``by``, ``unit, mean, half_width, effective, warm_up_s, batches, settled``. ``effective`` is the number of
        independent values that would tell the mean as well; it and ``half_width`` are NaN where the run is too short
        to say. ``settled`` is False where the level still rises, falls or swings when the run ends.

    Raises
    ------
    InputError
        For a table without steps, an unknown column or dimension, with those that there are.
    """
    chosen = _column(table, column, by)
    rows = []
    for found in levels(run, table, chosen, by):
        start = warm_up(found.series)
        rest = batch_means(found.series[start.length :], level, season(found))
        rows.append(
            {
                **dict(found.named),
                "unit": chosen.unit or "ratio",
                "mean": rest.mean,
                "half_width": np.nan if rest.half_width is None else rest.half_width,
                "effective": np.nan if rest.effective is None else rest.effective,
                "warm_up_s": start.length * found.step_s,
                "batches": rest.batches,
                "settled": start.over,
            }
        )
    names = (*by, "unit", "mean", "half_width", "effective", "warm_up_s", "batches", "settled")
    return pd.DataFrame(rows, columns=names)


def levels(run: Run, table: str, column: Column, by: Sequence[str] = ()) -> Iterator[Level]:
    """Yield a column of a step table as levels at equal distances in time, one for each name of ``by``.

    Where nothing is recorded a level is zero, and a share or delay is not there: such intervals are left out. Where
    rows are of unequal length, a grid of the median length takes the mean of each of its intervals.
    """
    frame = run.table(table, ["time_s", "held_s", *by, column.name])
    if not len(frame):
        return
    end = float((frame["time_s"] + frame["held_s"]).max())
    step = float(frame["held_s"].median())
    edges = np.arange(0.0, end + step * 1e-6, step)  # what is left at the end is less than an interval
    groups = frame.groupby(list(by), observed=True, sort=True) if by else [((), frame)]
    for key, rows in groups:
        named = tuple(zip(by, map(str, key), strict=True))
        yield Level(named, _on_grid(rows, column.name, edges), step)


def season(level: Level) -> int:
    """Return how many values a batch holds a multiple of: a day where the level has eight, or else one."""
    per_day = DAY / level.step_s
    is_whole = abs(per_day - round(per_day)) < 1e-9 and per_day >= 1
    return round(per_day) if is_whole and len(level.series) >= _SEASONS * per_day else 1


def level_columns(table: str) -> list[Column]:
    """Return the columns of a step table that hold levels or amounts."""
    return [column for column in TABLES[table].columns if column.dtype == "float64" and column.name not in _TIMES]


_TIMES = ("time_s", "held_s")


def _on_grid(rows: pd.DataFrame, name: str, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a column in every interval of a grid."""
    at_once = rows.loc[rows[name].notna(), ["time_s", "held_s", name]].groupby("time_s", sort=True)
    is_ratio = name.endswith(_RATIOS)
    together = at_once[name].mean() if is_ratio else at_once[name].sum()
    begin, held = together.index.to_numpy(dtype=np.float64), at_once["held_s"].max().to_numpy(dtype=np.float64)
    amounts = _integrals(begin, held, together.to_numpy(dtype=np.float64), edges)
    covered = _integrals(begin, held, np.ones(len(held)), edges) if is_ratio else np.diff(edges)
    there = covered > 0.0
    means: NDArray[np.float64] = amounts[there] / covered[there]
    return means


def _integrals(
    begin: NDArray[np.float64], held: NDArray[np.float64], height: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the integral of a step function over every interval of a grid; it is zero between its steps."""
    if not len(begin):
        return np.zeros(len(edges) - 1)
    sums = np.cumsum(np.append(0.0, height * held))
    times = np.stack([begin, begin + held], axis=1).reshape(-1)
    at_times = np.stack([sums[:-1], sums[1:]], axis=1).reshape(-1)
    integrals: NDArray[np.float64] = np.diff(np.interp(edges, times, at_times))
    return integrals


def _column(table: str, name: str, by: Sequence[str]) -> Column:
    """Return the column, or tell everything that is wrong with what was asked for."""
    hint = Suggester()
    steps = [each.name for each in TABLES.values() if each.shape == "steps"]
    if table not in steps:
        raise InputError([Problem("steady", 0, 0, "table", f"'{table}' has no steps in time; {hint(table, steps)}")])
    columns = {column.name: column for column in level_columns(table)}
    names = [column.name for column in TABLES[table].columns if column.dtype == "category"]
    problems = [
        Problem("steady", 0, 0, what, f"'{table}' has no {what} '{each}'; {hint(each, known)}")
        for what, asked, known in (("column", [name], list(columns)), ("dimension", list(by), names))
        for each in itertools.filterfalse(known.__contains__, asked)
    ]
    if problems:
        raise InputError(problems)
    return columns[name]

