"""Return SLO attainment: the share of the offered load that was served within its latency budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, grouped

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["slo"]

_LEVELS = (("service", "region"), ("service",), ())
_SHARES = {"slo_attainment": "good", "served_share": "served", "spilled_share": "spilled"}


@metric(
    "slo",
    unit="ratio",
    reads={
        "serving": (
            "held_s", "service", "region", "demand_hosts", "served_hosts", "good_hosts", "spilled_hosts",
        ),
    },
)  # fmt: skip
def slo(tables: Tables) -> pd.DataFrame:
    """Return SLO attainment by service and the region of its users, by service, and for the fleet.

    ``slo_attainment`` = sum of good work / sum of offered work, both as time integrals; ``served_share``
    counts work that was served at all, ``spilled_share`` work that another region served.
    """
    serving = tables["serving"]
    parts = ("demand", *_SHARES.values())
    levels = {part: serving[f"{part}_hosts"].to_numpy() for part in parts}
    fine = grouped(serving, _LEVELS[0], levels, serving["held_s"].to_numpy())
    tidy = Tidy()
    for keys in _LEVELS:
        level = fine.rolled(keys)
        level = level.where(level["demand"] > 0)
        for name, part in _SHARES.items():
            tidy.add_each(name, "ratio", level[part] / level["demand"], level)
    return tidy.frame()
