"""Energy: IT power integrated over time, and the facility's share on top (PUE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import KWH, Tidy, facility_energy

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["energy"]


@metric(
    "energy",
    unit="kWh",
    reads={
        "pools": ("held_s", "region", "role", "power_w"),
        "regions": ("region", "pue_ratio"),
    },
)
def energy(tables: Tables) -> pd.DataFrame:
    """Return facility energy (``energy`` = IT energy x PUE) and IT energy (``it_energy``).

    By region x role of the pools, by region, by role, and for the fleet.
    """
    fine = facility_energy(tables)
    tidy = Tidy()
    for keys in (("region", "role"), ("region",), ("role",), ()):
        level = fine.rolled(keys)
        tidy.add_each("energy", "kWh", level["facility_j"] / KWH, level)
        tidy.add_each("it_energy", "kWh", level["it_j"] / KWH, level)
    return tidy.frame()
