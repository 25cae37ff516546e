"""User models: the fluid class of tiny trainings, its balance and its delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, grouped, horizon

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["user_models"]


@metric(
    "user_models",
    unit="models",
    reads={
        "user_models": (
            "time_s", "held_s", "service", "region", "triggered_models", "trained_models", "backlog_models",
            "busy_hosts",
        ),
    },
)  # fmt: skip
def user_models(tables: Tables) -> pd.DataFrame:
    """Return trainings triggered and finished, the backlog at the end, and the host-hours they took.

    By service x region and by service: ``user_models_triggered``, ``user_models_trained``,
    ``user_models_backlog``, ``user_models_host_hours``.
    """
    table = tables["user_models"]
    held = table["held_s"].to_numpy()
    last = table["time_s"].to_numpy() + held >= horizon(table)
    amounts = {
        ("user_models_triggered", "models"): table["triggered_models"].to_numpy(),
        ("user_models_trained", "models"): table["trained_models"].to_numpy(),
        ("user_models_backlog", "models"): np.where(last, table["backlog_models"].to_numpy(), 0.0),
        ("user_models_host_hours", "h"): table["busy_hosts"].to_numpy() * held / 3600.0,
    }
    tidy = Tidy()
    for keys in (("service", "region"), ("service",)):
        level = grouped(table, keys, {name: values for (name, _), values in amounts.items()})
        for name, unit in amounts:
            tidy.add_each(name, unit, level[name], level)
    return tidy.frame()
