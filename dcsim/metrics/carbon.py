"""Carbon: facility energy times the carbon intensity of each region's grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, facility_energy

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["carbon"]


@metric(
    "carbon",
    unit="kg",
    reads={
        "pools": ("held_s", "region", "role", "power_w"),
        "regions": ("region", "pue_ratio", "carbon_kg_per_j"),
    },
)
def carbon(tables: Tables) -> pd.DataFrame:
    """Carbon by region where the grid's intensity is given; in all only if every region gives it."""
    joules = facility_energy(tables)
    regions = tables["regions"]
    intensities = dict(zip(regions["region"].astype(str), regions["carbon_kg_per_j"], strict=True))
    intensity = np.array([intensities[name] for name in joules.names("region")], dtype=float)
    joules["kg"] = joules["facility_j"] * intensity
    by_region = joules.rolled(("region",))
    tidy = Tidy()
    tidy.add_each("carbon", "kg", by_region["kg"], by_region)
    tidy.add("carbon", "kg", by_region["kg"].sum())
    return tidy.frame()
