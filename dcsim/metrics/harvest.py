"""Harvest: off-peak server-hours lent to training, what they bought and what preemption cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, totals

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["harvest"]

_HOURS = {
    "harvested_server_hours": "lent_host_s",
    "useful_server_hours": "useful_host_s",
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
_COLUMNS = (*_HOURS.values(), *(column for _, column in _COUNTS.values()))
_LEVELS = (("region", "server", "recipe"), ("region",), ("server",), ())


@metric("harvest", unit="h", reads={"harvest": ("region", "server", "recipe", *_COLUMNS)})
def harvest(tables: Tables) -> pd.DataFrame:
    """Return server-hours lent, useful and lost, the checkpoint traffic and the jobs done.

    ``harvest_goodput`` = useful / lent server-hours. Lent = useful + lost + checkpoint + restart + notice +
    what is not yet committed when the run ends. By region x server x recipe, by region, by server, and for
    the fleet.
    """
    table = tables["harvest"]
    fine = totals(table, _LEVELS[0], {name: table[name] for name in _COLUMNS})
    tidy = Tidy()
    for keys in _LEVELS:
        level = totals(fine, keys, {name: fine[name] for name in _COLUMNS})
        named = level[list(keys)]
        for name, column in _HOURS.items():
            tidy.add_each(name, "h", level[column] / HOUR, named)
        lent = level["lent_host_s"]
        tidy.add_each("harvest_goodput", "ratio", level["useful_host_s"] / lent.where(lent > 0), named)
        for name, (unit, column) in _COUNTS.items():
            tidy.add_each(name, unit, level[column], named)
    return tidy.frame()
