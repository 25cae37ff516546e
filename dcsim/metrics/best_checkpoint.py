"""The best checkpoint interval of elastic groups, how sure it is, and what Young and Daly say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence import interval
from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, totals

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

    Floats = NDArray[np.float64]

__all__ = ["best_checkpoint", "daly_interval", "peak", "young_interval"]

_AMOUNTS = ("paid_host_s", "useful_host_s", "running_s", "writing_s", "written", "losses")


@metric(
    "best_checkpoint",
    unit="s",
    reads={
        "elastic": (
            "server", "offered_ratio", "group_hosts", "checkpoint_every_s", "replica", "worth_ratio", *_AMOUNTS,
        )
    },
)  # fmt: skip
def best_checkpoint(tables: Tables) -> pd.DataFrame:
    """Return the interval with the most useful hours, at the offer nearest to all free hosts.

    By server x largest group, by server (at its best largest group), and for the fleet (one interval for all servers).
    ``best_checkpoint_interval`` is the geometric mean over replicas of the top of a parabola in the logarithm of the
    interval, through the best interval of the study and its neighbours; ``_low`` and ``_high`` bound it with 95 %
    confidence (Student's t); ``_at_edge`` is the share of replicas in which it is the first or the last of the study,
    where the true one may lie beyond. ``young_interval``, ``daly_interval``: from ``checkpoint_write_time`` and
    ``time_between_losses``, as measured.
    """
    table, tidy = tables["elastic"], Tidy()
    if table.empty:
        return tidy.frame()
    offers = np.unique(table["offered_ratio"].to_numpy())
    table = table[table["offered_ratio"] == offers[np.argmin(np.abs(offers - 1.0))]]
    worth = float(table["worth_ratio"].iloc[0])
    every = np.unique(table["checkpoint_every_s"].to_numpy())
    best: dict[str, dict[str, Floats]] = {}
    for server in sorted(table["server"].astype(str).unique()):
        mine = table[table["server"].astype(str) == server]
        most = -math.inf
        for group in np.unique(mine["group_hosts"].to_numpy()):
            amounts = _amounts(mine[mine["group_hosts"] == group])
            _tell(tidy, every, amounts, {"server": server, "group_hosts": f"{group}"})
            net = float((amounts["useful_host_s"] - worth * amounts["paid_host_s"]).mean(axis=0).max())
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
    >>> best, edge = peak(every, -(np.log(every) - np.log(3.0)) ** 2)
    >>> round(best, 12), edge
    (3.0, False)
    >>> peak(every, every)
    (8.0, True)
    """
    top = int(np.argmax(useful))
    if top in (0, len(every) - 1):
        return float(every[top]), True
    x, y = np.log(every[top - 1 : top + 2]), useful[top - 1 : top + 2]
    left, right = (x[1] - x[0]) * (y[1] - y[2]), (x[1] - x[2]) * (y[1] - y[0])
    bend = left - right
    if bend == 0.0:  # all three are equal
        return float(every[top]), False
    middle = x[1] - ((x[1] - x[0]) * left - (x[1] - x[2]) * right) / (2.0 * bend)
    return float(np.exp(middle)), False


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
    found = [peak(every, row) for row in amounts["useful_host_s"]]
    middle = interval([math.log(best) for best, _ in found])
    half = middle.half_width or 0.0
    for name, value in (("", middle.mean), ("_low", middle.mean - half), ("_high", middle.mean + half)):
        tidy.add(f"best_checkpoint_interval{name}", "s", math.exp(value), **keys)
    tidy.add("best_checkpoint_at_edge", "ratio", float(np.mean([edge for _, edge in found])), **keys)
    written, losses = float(amounts["written"].sum()), float(amounts["losses"].sum())
    if written == 0.0 or losses == 0.0:
        return
    write, between = float(amounts["writing_s"].sum()) / written, float(amounts["running_s"].sum()) / losses
    tidy.add("checkpoint_write_time", "s", write, **keys)
    tidy.add("time_between_losses", "s", between, **keys)
    tidy.add("young_interval", "s", young_interval(write, between), **keys)
    tidy.add("daly_interval", "s", daly_interval(write, between), **keys)
