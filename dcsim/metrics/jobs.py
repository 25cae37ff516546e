"""Jobs: how many ended how, and how often they were interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, grouped

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["jobs"]


@metric("jobs", unit="jobs", reads={"jobs": ("service", "outcome", "interruptions")})
def jobs(tables: Tables) -> pd.DataFrame:
    """Return ``jobs`` by service x outcome, by outcome, in all; ``interruptions`` by service, in all."""
    table = tables["jobs"]
    amounts = {"jobs": np.ones(len(table)), "interruptions": table["interruptions"].to_numpy()}
    fine = grouped(table, ("service", "outcome"), amounts)
    tidy = Tidy()
    for keys in (("service", "outcome"), ("outcome",), ()):
        level = fine.rolled(keys)
        tidy.add_each("jobs", "jobs", level["jobs"], level)
    for keys in (("service",), ()):
        level = fine.rolled(keys)
        tidy.add_each("interruptions", "", level["interruptions"], level)
    return tidy.frame()
