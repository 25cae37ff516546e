"""Training: what the gangs' host-hours bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, grouped

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["training"]

_PARTS = ("useful", "communication", "lost", "overhead")


@metric(
    "training",
    unit="h",
    reads={"segments": ("service", "hosts", "begin_s", "end_s", *(f"{part}_s" for part in _PARTS))},
)
def training(tables: Tables) -> pd.DataFrame:
    """Return the host-hours of the gangs by service and for the fleet.

    ``training_host_hours`` is all the time that hosts were held; ``training_useful_host_hours`` was kept,
    ``training_lost_host_hours`` thrown away at interruptions, ``training_overhead_host_hours`` went into
    checkpoints, restarts and staging. ``training_communication_host_hours`` is the part of useful in which the hosts
    waited for the network; ``training_goodput`` = (useful - communication) / held.
    """
    segments = tables["segments"]
    hosts = segments["hosts"]
    amounts = {part: segments[f"{part}_s"] * hosts for part in _PARTS}
    amounts["held"] = (segments["end_s"] - segments["begin_s"]) * hosts
    tidy = Tidy()
    for keys in (("service",), ()):
        level = grouped(segments, keys, amounts)
        tidy.add_each("training_host_hours", "h", level["held"] / HOUR, level)
        for part in _PARTS:
            tidy.add_each(f"training_{part}_host_hours", "h", level[part] / HOUR, level)
        held = np.where(level["held"] > 0, level["held"], np.nan)
        tidy.add_each("training_goodput", "ratio", (level["useful"] - level["communication"]) / held, level)
    return tidy.frame()
