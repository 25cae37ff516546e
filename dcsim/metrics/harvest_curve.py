"""The harvest curve: what elastic groups make of the hosts on offer, and the point past which more buy nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence import interval, jackknife_half_width
from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, harvest_gain, horizon, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

    Floats = NDArray[np.float64]

__all__ = ["best_settings", "concave_hull", "harvest_curve", "saturation"]

_PARTS = ("useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")
_AMOUNTS = tuple(f"{name}_host_s" for name in ("paid", *_PARTS))
_SETTING = ("group_hosts", "checkpoint_every_s")


@metric(
    "harvest_curve",
    unit="h",
    reads={
        "elastic": ("server", "offered_ratio", *_SETTING, "replica", "worth_ratio", "open_host_s", *_AMOUNTS),
        "free_hosts": ("time_s", "held_s", "server", "free_hosts"),
    },
)
def harvest_curve(tables: Tables) -> pd.DataFrame:
    """Return what each offer of free hosts buys, by server x offer and by offer: means over the replicas.

    ``harvest_curve_paid`` = useful + synchronisation + learning + lost + checkpoint + restart + notice + uncommitted,
    at the setting (largest group, checkpoint interval) with the most ``gain - worth * paid``, chosen by the same
    replicas; ``_useful_low`` and ``_high`` bound the mean with 95 % confidence, ``_group`` and ``_interval`` are the
    setting, ``_servers`` the mean of the hosts paid for. ``harvest_curve_marginal``: useful server-hours that the last
    server-hour on offer bought, by the concave hull of the curve. ``harvest_saturation_offered``: the offer at which
    that falls to ``worth``; its bounds hold both the 95 % interval over replicas (jackknife) and the offers next to
    it, between which the study did not look. There ``_paid``, ``_useful``, ``_servers``; none of them where the offers
    of the study do not lie on both sides of it.
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

    The best is the one with the most :func:`harvest_gain` less ``worth`` of the hours paid for, all replicas together.
    """
    keys = ("server", "offered_ratio", *_SETTING)
    amounts = {name: table[name] / HOUR for name in (*_AMOUNTS, "open_host_s")}
    sums = totals(table, (*keys, "replica"), amounts)
    for name in (*keys[1:], "replica"):
        sums[name] = sums[name].astype(float)
    net = harvest_gain(sums) - float(table["worth_ratio"].iloc[0]) * sums["paid_host_s"]
    each = sums.assign(net=net).groupby(list(keys), observed=True)["net"].mean().reset_index()
    best = each.loc[each.groupby(["server", "offered_ratio"], observed=True)["net"].idxmax(), list(keys)]
    return sums.merge(best, on=list(keys))


def concave_hull(x: Floats, y: Floats) -> NDArray[np.int64]:
    """Return which points the least concave curve above all points goes through.

    Parameters
    ----------
    x, y : ndarray of float64, shape (N,)
        The first rising.

    Examples
    --------
    >>> concave_hull(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 1.2, 3.0])).tolist()
    [0, 3]
    >>> concave_hull(np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 3.0, 4.0, 5.0])).tolist()
    [0, 1, 2, 3]
    """
    found: list[int] = []
    for i in range(len(x)):
        while len(found) > 1:
            a, b = found[-2:]
            if (y[b] - y[a]) * (x[i] - x[a]) > (y[i] - y[a]) * (x[b] - x[a]):
                break
            found.pop()
        found.append(i)
    return np.array(found, dtype=np.int64)


def saturation(hours: Floats, useful: Floats, worth: float) -> tuple[float, float, float] | None:
    """Return the hours on offer at which one more buys ``worth`` of a useful one, and the offers next to it.

    The offer with the most ``useful - worth * hours`` lies on the concave hull. Through it and its neighbours there
    goes ``useful = c + a hours + b ln(hours)``, whose slope is ``worth`` at ``b / (worth - a)``. Every concave curve
    through the offers has that slope between the two neighbours, whatever its course.

    Parameters
    ----------
    hours, useful : ndarray of float64, shape (O,)
        On offer, rising, and useful.
    worth : float
        Above zero.

    Returns
    -------
    tuple of float, or None
        Hours, and those of the neighbours; None where the best offer has no other on either side.

    Examples
    --------
    >>> hours = np.array([10.0, 20.0, 40.0, 80.0])
    >>> at, low, high = saturation(hours, np.log(hours), 0.04)
    >>> round(at, 9), low, high
    (25.0, 10.0, 40.0)
    """
    x, y = np.concatenate(([0.0], hours)), np.concatenate(([0.0], useful))
    on = concave_hull(x, y)
    x, y = x[on], y[on]
    slopes = np.diff(y) / np.diff(x)
    best = int((slopes >= worth).sum())
    if best < 2 or best == len(slopes):
        return None
    before, after = slopes[best - 1 : best + 1]
    left, right = np.diff(np.log(x[best - 1 : best + 2])) / np.diff(x[best - 1 : best + 2])
    bend = (before - after) / (left - right)
    return float(bend / (worth - after + bend * right)), float(x[best - 1]), float(x[best + 1])


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
    for share, slope in zip(offered, _slopes(hours, useful.mean(axis=0)), strict=True):
        tidy.add("harvest_curve_marginal", "ratio", float(slope), **keys, offered=f"{share:g}")
    whole = saturation(hours, useful.mean(axis=0), worth)
    without = [saturation(hours, np.delete(useful, r, axis=0).mean(axis=0), worth) for r in range(len(useful))]
    others = [found[0] for found in without if found is not None]
    if whole is None or len(others) < len(without):
        return
    half = jackknife_half_width(whole[0], others)
    low, high = min(whole[1], whole[0] - half), max(whole[2], whole[0] + half)
    at, *bounds = (point * float(offered[-1] / hours[-1]) for point in (whole[0], max(0.0, low), high))
    tidy.add("harvest_saturation_offered", "ratio", at, **keys)
    for name, bound in zip(("low", "high"), bounds, strict=True):
        tidy.add(f"harvest_saturation_offered_{name}", "ratio", bound, **keys)
    for name, amounts in (("paid", paid), ("useful", useful)):
        tidy.add(f"harvest_saturation_{name}", "h", _at(at, offered, amounts), **keys)
    tidy.add("harvest_saturation_servers", "hosts", _at(at, offered, paid) / span, **keys)


def _slopes(hours: Floats, useful: Floats) -> Floats:
    """Return how steep the hull is up to each offer."""
    x, y = np.concatenate(([0.0], hours)), np.concatenate(([0.0], useful))
    on = concave_hull(x, y)
    return (np.diff(y[on]) / np.diff(x[on]))[np.searchsorted(on, np.arange(1, len(x))) - 1]


def _at(share: float, offered: Floats, amounts: Floats) -> float:
    """Return the mean of an amount at an offer between those of the study."""
    return float(np.interp(share, np.concatenate(([0.0], offered)), np.concatenate(([0.0], amounts.mean(axis=0)))))
