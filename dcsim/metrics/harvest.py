"""Harvest: off-peak server-hours lent to training, what they bought, what preemption and the network cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, grouped

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Groups, Tables

__all__ = ["harvest"]

_HOURS = {
    "harvested_server_hours": "lent_host_s",
    "useful_server_hours": "useful_host_s",
    "harvest_communication_server_hours": "communication_host_s",
    "preemption_lost_server_hours": "lost_host_s",
    "checkpoint_server_hours": "checkpoint_host_s",
    "restart_server_hours": "restart_host_s",
    "notice_server_hours": "notice_host_s",
    "uncommitted_server_hours": "uncommitted_host_s",
}
_COUNTS = {
    "checkpoint_bytes": ("bytes", "checkpoint_bytes"),
    "harvest_steps": ("steps", "steps"),
    "evictions": ("groups", "evicted_groups"),
    "harvest_finished_jobs": ("jobs", "finished_jobs"),
}
_AMOUNTS = (*_HOURS.values(), *(column for _, column in _COUNTS.values()))
_COLUMNS = tuple(name for name in _AMOUNTS if name != "communication_host_s")
_LEVELS = (("region", "server", "recipe"), ("region",), ("server",), ())


@metric(
    "harvest",
    unit="h",
    reads={
        "harvest": ("region", "server", "recipe", *_COLUMNS),
        "recipes": ("recipe", "server", "hosts", "compute_s", "straggler_s"),
    },
)
def harvest(tables: Tables) -> pd.DataFrame:
    """Return server-hours lent, useful and lost, the checkpoint traffic and the jobs done.

    Lent = useful + lost + checkpoint + restart + notice + what is not yet committed when the run ends.
    ``harvest_communication_server_hours`` is the part of useful in which the hosts waited for the network: useful
    less the steps' own compute, that of the slowest host. ``harvest_goodput`` = (useful - communication) / lent. By
    region x server x recipe, by region, by server, and for the fleet.
    """
    table = tables["harvest"]
    fine = grouped(table, _LEVELS[0], {name: table[name] for name in _COLUMNS})
    fine["communication_host_s"] = np.maximum(fine["useful_host_s"] - _computed(fine, tables["recipes"]), 0.0)
    fine["uncommitted_host_s"] = np.maximum(fine["uncommitted_host_s"], 0.0)  # a sum of changes leaves rounding
    tidy = Tidy()
    for keys in _LEVELS:
        level = fine.rolled(keys)
        for name, column in _HOURS.items():
            tidy.add_each(name, "h", level[column] / HOUR, level)
        lent = level["lent_host_s"]
        computed = level["useful_host_s"] - level["communication_host_s"]
        tidy.add_each("harvest_goodput", "ratio", computed / np.where(lent > 0, lent, np.nan), level)
        for name, (unit, column) in _COUNTS.items():
            tidy.add_each(name, unit, level[column], level)
    return tidy.frame()


def _computed(fine: Groups, recipes: pd.DataFrame) -> list[float]:
    """Return the host-seconds of compute in the steps that were kept, for each row; hosts wait for the slowest.

    The ``recipes`` table has a row for each number of hosts on a NIC; all of them compute for the same time.
    """
    first = recipes.drop_duplicates(["recipe", "server"])
    step = dict(
        zip(
            zip(first["recipe"].astype(str), first["server"].astype(str), strict=True),
            (first["compute_s"] + first["straggler_s"]) * first["hosts"],
            strict=True,
        )
    )
    rows = zip(fine.names("recipe"), fine.names("server"), fine["steps"].tolist(), strict=True)
    return [steps * step[recipe, server] for recipe, server, steps in rows]
