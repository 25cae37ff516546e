"""Free hosts over the local day, and how well their return is foreseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, horizon, totals

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["free_hosts"]


_HOURLY = ("server", "rack", "local_hour")


@metric(
    "free_hosts",
    unit="hosts",
    reads={
        "free_hosts": (
            "time_s", "held_s", "region", "server", "rack", "local_hour", "needed_hosts", "free_hosts",
            "foreseen_hosts", "foreseen_stay_s", "stay_s",
        )
    },
)  # fmt: skip
def free_hosts(tables: Tables) -> pd.DataFrame:
    """Return the mean of the hosts that serving leaves free, by server x rack x local hour, by server, in all.

    ``free_hosts_forecast_error``: root mean square of foreseen less free hosts over the mean need, by server and in
    all: what the forecast by season gets wrong, without errors that are drawn. ``free_hosts_stay``: how long the hosts
    that are free stay so, by server x rack x local hour, and ``free_hosts_return_error``, the mean distance between
    that and what was foreseen, by server and in all.
    """
    table, tidy = tables["free_hosts"], Tidy()
    if table.empty:
        return tidy.frame()
    held, span = table["held_s"].to_numpy(), horizon(table)
    hours = table.assign(local_hour=np.floor(table["local_hour"]).astype(int))
    amounts: dict[str, Any] = {"free": hours["free_hosts"], "held": np.ones(len(hours))}
    each = totals(hours, ("region", *_HOURLY), amounts, held)
    day = totals(each, _HOURLY, {"free": each["free"] / each["held"]})
    tidy.add_each("free_hosts", "hosts", day["free"], day[list(_HOURLY)])
    known = hours[hours["stay_s"].notna()]
    error = (known["foreseen_stay_s"] - known["stay_s"]).abs()
    for name, values, levels in (
        ("free_hosts_stay", known["stay_s"], (_HOURLY,)), ("free_hosts_return_error", error, (("server",), ())),
    ):  # fmt: skip
        for keys in levels:
            sums = totals(known, keys, {"of": values, "rows": np.ones(len(known))})
            tidy.add_each(name, "s", sums["of"] / sums["rows"], sums[list(keys)])
    wrong = (table["foreseen_hosts"] - table["free_hosts"]).to_numpy() ** 2
    amounts = {"free": table["free_hosts"], "need": table["needed_hosts"], "wrong": wrong, "rows": np.ones(len(table))}
    for keys in (("server",), ()):
        sums = totals(table, keys, amounts, held)
        tidy.add_each("free_hosts", "hosts", sums["free"] / span, sums[list(keys)])
        off = np.sqrt(sums["wrong"] / sums["rows"]) / (sums["need"] / sums["rows"])
        tidy.add_each("free_hosts_forecast_error", "ratio", off, sums[list(keys)])
    return tidy.frame()
