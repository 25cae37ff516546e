"""The best checkpoint interval of elastic groups, how sure it is, and what Young and Daly say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence import jackknife_half_width
from dcsim.metrics import metric
from dcsim.metrics.plan import HARVEST_GAIN, Tidy, harvest_gain, totals

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

    Floats = NDArray[np.float64]

__all__ = ["best_checkpoint", "daly_interval", "peak", "young_interval"]

_AMOUNTS = ("gain", "groups", "paid_host_s", "running_s", "writing_s", "written", "losses")
_ENOUGH = 4.0
"""Losses of a group below which the run is too short to bound its best interval."""
_NEAR = 3.5
"""By which factor an interval may be longer or shorter than the best of the study to tell where the top is."""


@metric(
    "best_checkpoint",
    unit="s",
    reads={
        "elastic": (
            "server", "offered_ratio", "group_hosts", "checkpoint_every_s", "replica", "worth_ratio", *_AMOUNTS[1:],
            *HARVEST_GAIN,
        )
    },
)  # fmt: skip
def best_checkpoint(tables: Tables) -> pd.DataFrame:
    """Return the interval with the most useful hours, at the offer nearest to all free hosts.

    By server x largest group, by server (at its best largest group), and for the fleet (one interval for all servers).
    Useful is what a checkpoint holds, and of what is computed since the last one when the run ends the part that can be
    expected to be held. ``best_checkpoint_interval`` is the top of ``a - b / interval - c interval``, fitted to the
    best interval of the study and those near it, all replicas together; ``_low`` and ``_high`` bound it with 95 %
    confidence (jackknife over replicas, in the logarithm). ``_at_edge`` is the share of replicas in which it is the
    first or the last of the study, where the true one may lie beyond. There are no bounds where that is so for all
    replicas together or for all but one of them, nor where a group has fewer than four losses on the mean.
    ``young_interval``, ``daly_interval``: from ``checkpoint_write_time`` and ``time_between_losses``, as measured.
    """
    table, tidy = tables["elastic"], Tidy()
    if table.empty:
        return tidy.frame()
    offers = np.unique(table["offered_ratio"].to_numpy())
    table = table[table["offered_ratio"] == offers[np.argmin(np.abs(offers - 1.0))]]
    table = table.assign(gain=harvest_gain(table))
    worth = float(table["worth_ratio"].iloc[0])
    every = np.unique(table["checkpoint_every_s"].to_numpy())
    best: dict[str, dict[str, Floats]] = {}
    for server in sorted(table["server"].astype(str).unique()):
        mine = table[table["server"].astype(str) == server]
        most = -math.inf
        for group in np.unique(mine["group_hosts"].to_numpy()):
            amounts = _amounts(mine[mine["group_hosts"] == group])
            _tell(tidy, every, amounts, {"server": server, "group_hosts": f"{group}"})
            net = float((amounts["gain"] - worth * amounts["paid_host_s"]).mean(axis=0).max())
            if net > most:
                most, best[server] = net, amounts
        _tell(tidy, every, best[server], {"server": server})
    whole = {name: np.sum([amounts[name] for amounts in best.values()], axis=0) for name in _AMOUNTS}
    _tell(tidy, every, whole, {})
    return tidy.frame()


def peak(every: Floats, useful: Floats) -> tuple[float, bool]:
    """Return where the useful hours are most, and whether that is at an edge.

    Parameters
    ----------
    every, useful : ndarray of float64, shape (C,)
        Intervals, rising; useful hours at each.

    Examples
    --------
    >>> every = np.array([1.0, 2.0, 4.0, 8.0])
    >>> best, edge = peak(every, -3.0 / every - every / 3.0)
    >>> round(best, 12), edge
    (3.0, False)
    >>> peak(every, every)
    (8.0, True)
    """
    top = int(np.argmax(useful))
    if top in (0, len(every) - 1):
        return float(every[top]), True
    near = np.flatnonzero((every <= _NEAR * every[top]) & (every >= every[top] / _NEAR))
    three = np.arange(top - 1, top + 2)
    for points in (np.union1d(near, three), three):
        x, y = every[points] / every[top], useful[points] - useful[top]
        fall, rise = np.linalg.lstsq(np.stack([np.ones(len(x)), -1.0 / x, -x], axis=1), y, rcond=None)[0][1:]
        if fall > 0.0 and rise > 0.0 and x[0] <= math.sqrt(fall / rise) <= x[-1]:
            return float(every[top]) * math.sqrt(fall / rise), False
    return float(every[top]), False


def young_interval(write: float, between: float) -> float:
    """Return Young's interval of computing between two checkpoints, ``sqrt(2 C M)`` (s).

    J. W. Young, A first order approximation to the optimum checkpoint interval, Communications of the ACM 17(9), 1974.

    Parameters
    ----------
    write, between : float
        Time to write a checkpoint, and mean time between losses (s).

    Examples
    --------
    >>> young_interval(5.0, 1000.0)
    100.0
    """
    return math.sqrt(2.0 * write * between)


def daly_interval(write: float, between: float) -> float:
    """Return Daly's interval of computing between two checkpoints (s).

    ``sqrt(2 C M) (1 + sqrt(C / 2M) / 3 + C / 2M / 9) - C``, and M where C is at least 2M: J. T. Daly, A higher order
    estimate of the optimum checkpoint interval for restart dumps, Future Generation Computer Systems 22(3), 2006.

    Parameters
    ----------
    write, between : float
        Time to write a checkpoint, and mean time between losses (s).

    Examples
    --------
    >>> round(daly_interval(5.0, 1000.0), 3)
    96.694
    """
    if write >= 2.0 * between:
        return between
    share = write / (2.0 * between)
    return young_interval(write, between) * (1.0 + math.sqrt(share) / 3.0 + share / 9.0) - write


def _amounts(rows: pd.DataFrame) -> dict[str, Floats]:
    """Return each amount by replica and interval."""
    sums = totals(rows, ("replica", "checkpoint_every_s"), {name: rows[name] for name in _AMOUNTS})
    replicas = len(sums["replica"].cat.categories)
    return {name: sums[name].to_numpy().reshape(replicas, -1) for name in _AMOUNTS}


def _tell(tidy: Tidy, every: Floats, amounts: dict[str, Floats], keys: dict[str, str]) -> None:
    if not amounts["paid_host_s"].any():
        return
    useful = amounts["gain"]
    written, losses = float(amounts["written"].sum()), float(amounts["losses"].sum())
    best, edge = peak(every, useful.mean(axis=0))
    without = [peak(every, np.delete(useful, r, axis=0).mean(axis=0)) for r in range(len(useful))]
    tidy.add("best_checkpoint_interval", "s", best, **keys)
    if losses >= _ENOUGH * amounts["groups"].sum() and not (edge or any(at_edge for _, at_edge in without)):
        half = jackknife_half_width(math.log(best), [math.log(each) for each, _ in without])
        for name, value in (("low", best * math.exp(-half)), ("high", best * math.exp(half))):
            tidy.add(f"best_checkpoint_interval_{name}", "s", value, **keys)
    edges = [peak(every, row)[1] for row in useful]
    tidy.add("best_checkpoint_at_edge", "ratio", float(np.mean(edges)), **keys)
    if written == 0.0 or losses == 0.0:
        return
    write, between = float(amounts["writing_s"].sum()) / written, float(amounts["running_s"].sum()) / losses
    tidy.add("checkpoint_write_time", "s", write, **keys)
    tidy.add("time_between_losses", "s", between, **keys)
    tidy.add("young_interval", "s", young_interval(write, between), **keys)
    tidy.add("daly_interval", "s", daly_interval(write, between), **keys)
