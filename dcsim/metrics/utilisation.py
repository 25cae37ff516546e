"""Utilisation: the busy share of the hosts that are up, and what the hosts of each pool did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, grouped

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["utilisation"]

_USES = ("serving", "training", "lent", "idle", "down")
_LEVELS = (("region", "server", "role"), ("region", "server"), ("region",), ("server",), ("role",), ())


@metric(
    "utilisation",
    unit="ratio",
    reads={
        "pools": ("held_s", "region", "server", "role", *(f"{use}_hosts" for use in _USES), "busy_ratio"),
    },
)
def utilisation(tables: Tables) -> pd.DataFrame:
    """Return the busy share of host-time, and the share of host-time in each use.

    ``utilisation`` is the integral of ``busy_ratio`` over the hosts that are up, divided by the host-time
    that is up. ``serving_share``, ``training_share``, ``lent_share``, ``idle_share`` and ``down_share`` are
    shares of all host-time and add up to one. Given by region x server x role, by each of the coarser
    groups, and for the fleet.
    """
    pools = tables["pools"]
    held = pools["held_s"].to_numpy()
    amounts = {use: pools[f"{use}_hosts"].to_numpy() * held for use in _USES}
    up = sum(amounts[use] for use in _USES if use != "down")
    amounts["busy"] = np.where(up > 0, pools["busy_ratio"].to_numpy(), 0.0) * up
    fine = grouped(pools, _LEVELS[0], amounts)
    tidy = Tidy()
    for keys in _LEVELS:
        level = fine.rolled(keys)
        hosts = np.sum([level[use] for use in _USES], axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            tidy.add_each("utilisation", "ratio", level["busy"] / (hosts - level["down"]), level)
            for use in _USES:
                tidy.add_each(f"{use}_share", "ratio", level[use] / hosts, level)
    return tidy.frame()
