"""The harvest curve: what elastic groups make of the hosts on offer, and the point past which more buy nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence import interval
from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, horizon, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

    Floats = NDArray[np.float64]

__all__ = ["best_settings", "harvest_curve", "saturation"]

_PARTS = ("useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")
_AMOUNTS = tuple(f"{name}_host_s" for name in ("paid", *_PARTS))
_SETTING = ("group_hosts", "checkpoint_every_s")


@metric(
    "harvest_curve",
    unit="h",
    reads={
        "elastic": ("server", "offered_ratio", *_SETTING, "replica", "worth_ratio", *_AMOUNTS),
        "free_hosts": ("time_s", "held_s", "server", "free_hosts"),
    },
)
def harvest_curve(tables: Tables) -> pd.DataFrame:
    """Return what each offer of free hosts buys, by server x offer and by offer: means over the replicas.

    ``harvest_curve_paid`` = useful + synchronisation + learning + lost + checkpoint + restart + notice + uncommitted,
    at the setting (largest group, checkpoint interval) with the most ``useful - worth * paid``; ``_useful_low`` and
    ``_high`` bound the mean with 95 % confidence, ``_group`` and ``_interval`` are the setting, ``_servers`` the mean
    of the hosts paid for. ``harvest_curve_marginal``: useful server-hours that the last server-hour on offer bought.
    ``harvest_saturation_offered``: the offer at which that falls to ``worth``, with its interval, and there
    ``_paid``, ``_useful``, ``_servers``; none of them where it does not within the offers of the study.
    """
    table, tidy = tables["elastic"], Tidy()
    if table.empty:
        return tidy.frame()
    free = _free_hours(tables["free_hosts"])
    span = horizon(tables["free_hosts"]) / HOUR
    worth = float(table["worth_ratio"].iloc[0])
    chosen = best_settings(table)
    names = sorted(chosen["server"].astype(str).unique())
    for keys in [{"server": name} for name in names] + [{}]:
        mine = chosen[chosen["server"].astype(str) == keys["server"]] if keys else chosen
        offered, by_part = _by_replica(mine)
        hours = offered * (free[keys["server"]] if keys else sum(free[name] for name in names))
        _tell_curve(tidy, offered, by_part, span, keys)
        if keys:
            _tell_settings(tidy, mine, keys)
        _tell_saturation(tidy, offered, hours, by_part, worth, span, keys)
    return tidy.frame()


def best_settings(table: pd.DataFrame) -> pd.DataFrame:
    """Return the amounts of the best setting of each server and offer, one row per replica (hours).

    The best is the one with the most useful host-hours less ``worth`` of those paid for, all replicas together.
    """
    keys = ("server", "offered_ratio", *_SETTING)
    sums = totals(table, (*keys, "replica"), {name: table[name] / HOUR for name in _AMOUNTS})
    for name in (*keys[1:], "replica"):
        sums[name] = sums[name].astype(float)
    net = sums["useful_host_s"] - float(table["worth_ratio"].iloc[0]) * sums["paid_host_s"]
    each = sums.assign(net=net).groupby(list(keys), observed=True)["net"].mean().reset_index()
    best = each.loc[each.groupby(["server", "offered_ratio"], observed=True)["net"].idxmax(), list(keys)]
    return sums.merge(best, on=list(keys))


def saturation(hours: Floats, useful: Floats, worth: float) -> float | None:
    """Return the hours on offer at which one more buys less than ``worth`` of a useful one.

    What a further hour buys is taken to be that of the offers on either side in the middle between them, and to change
    evenly from one such middle to the next.

    Parameters
    ----------
    hours, useful : ndarray of float64, shape (O,)
        On offer, rising, and useful.
    worth : float
        Above zero.

    Returns
    -------
    float or None
        Hours; None where each further one that was offered buys as much.

    Examples
    --------
    >>> saturation(np.array([10.0, 20.0, 30.0]), np.array([8.0, 12.0, 12.0]), 0.2)
    20.0
    """
    edges = np.concatenate(([0.0], hours))
    slopes = np.diff(np.concatenate(([0.0], useful))) / np.diff(edges)
    middles = (edges[1:] + edges[:-1]) / 2.0
    below = np.flatnonzero(slopes < worth)
    if not len(below):
        return None
    last = int(below[0])
    if last == 0:
        return 0.0
    share = (slopes[last - 1] - worth) / (slopes[last - 1] - slopes[last])
    return float(middles[last - 1] + share * (middles[last] - middles[last - 1]))


def _free_hours(table: pd.DataFrame) -> dict[str, float]:
    """Return the free host-hours of each server over the run."""
    sums = totals(table, ("server",), {"free": table["free_hosts"]}, table["held_s"] / HOUR)
    return dict(zip(sums["server"].astype(str), sums["free"], strict=True))


def _by_replica(chosen: pd.DataFrame) -> tuple[Floats, dict[str, Floats]]:
    """Return the offers, and each amount by replica and offer, all servers together."""
    sums = {
        name: chosen.pivot_table(name, index="replica", columns="offered_ratio", aggfunc="sum") for name in _AMOUNTS
    }
    return sums["paid_host_s"].columns.to_numpy(dtype=float), {name: each.to_numpy() for name, each in sums.items()}


def _tell_curve(tidy: Tidy, offered: Floats, parts: dict[str, Floats], span: float, keys: dict[str, str]) -> None:
    for column, share in enumerate(offered):
        named = {**keys, "offered": f"{share:g}"}
        for name in ("paid", *_PARTS):
            tidy.add(f"harvest_curve_{name}", "h", float(parts[f"{name}_host_s"][:, column].mean()), **named)
        _tell_interval(tidy, "harvest_curve_useful", "h", parts["useful_host_s"][:, column].tolist(), named)
        tidy.add("harvest_curve_servers", "hosts", float(parts["paid_host_s"][:, column].mean()) / span, **named)


def _tell_interval(tidy: Tidy, name: str, unit: str, values: Sequence[float], keys: dict[str, str]) -> None:
    """Add the bounds of a mean."""
    found = interval(values)
    half = found.half_width or 0.0
    tidy.add(f"{name}_low", unit, found.mean - half, **keys)
    tidy.add(f"{name}_high", unit, found.mean + half, **keys)


def _tell_settings(tidy: Tidy, chosen: pd.DataFrame, keys: dict[str, str]) -> None:
    for row in chosen.drop_duplicates("offered_ratio").sort_values("offered_ratio").to_dict("records"):
        named = {**keys, "offered": f"{row['offered_ratio']:g}"}
        tidy.add("harvest_curve_group", "hosts", row["group_hosts"], **named)
        tidy.add("harvest_curve_interval", "s", row["checkpoint_every_s"], **named)


def _tell_saturation(
    tidy: Tidy,
    offered: Floats,
    hours: Floats,
    parts: dict[str, Floats],
    worth: float,
    span: float,
    keys: dict[str, str],
) -> None:
    """Add what a further server-hour buys, and where that is no longer worth it."""
    useful, paid = parts["useful_host_s"], parts["paid_host_s"]
    slopes = np.diff(useful.mean(axis=0), prepend=0.0) / np.diff(hours, prepend=0.0)
    for share, slope in zip(offered, slopes, strict=True):
        tidy.add("harvest_curve_marginal", "ratio", float(slope), **keys, offered=f"{share:g}")
    found = [saturation(hours, row, worth) for row in useful]
    points = [point for point in found if point is not None]
    if len(points) < len(found):
        return
    shares = [point * float(offered[-1] / hours[-1]) for point in points]
    at = float(np.mean(shares))
    tidy.add("harvest_saturation_offered", "ratio", at, **keys)
    _tell_interval(tidy, "harvest_saturation_offered", "ratio", shares, keys)
    for name, amounts in (("paid", paid), ("useful", useful)):
        tidy.add(f"harvest_saturation_{name}", "h", _at(at, offered, amounts), **keys)
    tidy.add("harvest_saturation_servers", "hosts", _at(at, offered, paid) / span, **keys)


def _at(share: float, offered: Floats, amounts: Floats) -> float:
    """Return the mean of an amount at an offer between those of the study."""
    return float(np.interp(share, np.concatenate(([0.0], offered)), np.concatenate(([0.0], amounts.mean(axis=0)))))
