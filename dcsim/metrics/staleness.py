"""Staleness: age of the newest training data in the models that are served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.series import weighted_percentile
from dcsim.kernels.staleness import staleness_percentile, stalenesses
from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, by_service, horizon, sawtooths, totals

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["staleness"]

_SHARE = np.array([0.95])


@metric(
    "staleness",
    unit="s",
    reads={
        "pools": ("time_s", "held_s"),
        "services": ("service", "staleness_target_s"),
        "publications": ("service", "model", "region", "data_s", "published_s"),
        "user_models": ("time_s", "held_s", "service", "region", "delay_s"),
    },
)
def staleness(tables: Tables) -> pd.DataFrame:
    """Return the staleness of each service and of each service x region, over the whole run.

    ``staleness_mean`` and ``staleness_p95`` weigh all time, models and regions of the row alike;
    ``staleness_max`` is over all of them; ``staleness_end`` is their mean when the run ends;
    ``staleness_above_target_hours`` is the mean over them of the time above the service's target. Between
    publications staleness rises by one second a second, so all of these are exact. Rows with
    ``models='user'`` are the fluid class of user models, whose staleness is the time from trigger to
    trained model, held over each step.
    """
    end = horizon(tables["pools"])
    targets = by_service(tables["services"], "staleness_target_s")
    tidy = Tidy()
    _published(tidy, tables["publications"], end, targets)
    _fluid(tidy, tables["user_models"], targets)
    return tidy.frame()


def _published(tidy: Tidy, publications: pd.DataFrame, end: float, targets: dict[str, float]) -> None:
    teeth = sawtooths(publications)
    for dimensions, group in teeth.groups:
        sequences = teeth.of(group)
        count = group.stop - group.start
        target = np.full(count, targets[dimensions["service"]])
        integral, above, highest, last = stalenesses(*sequences, 0.0, end, target).T
        covered = teeth.covered(group, end)
        if not covered.any():
            continue
        p95 = staleness_percentile(*sequences, 0.0, end, np.ones(count), _SHARE)
        tidy.add("staleness_mean", "s", integral.sum() / covered.sum(), **dimensions)
        tidy.add("staleness_p95", "s", p95[0], **dimensions)
        tidy.add("staleness_max", "s", np.nanmax(highest), **dimensions)
        tidy.add("staleness_end", "s", np.nanmean(last), **dimensions)
        tidy.add("staleness_above_target_hours", "h", above.mean() / HOUR, **dimensions)


def _fluid(tidy: Tidy, steps: pd.DataFrame, targets: dict[str, float]) -> None:
    if steps.empty:
        return
    last = steps["time_s"] + steps["held_s"] >= horizon(steps)
    for keys in (["service"], ["service", "region"]):
        groups = totals(steps, keys, {})
        for named in groups.astype(str).to_dict("records"):
            mine = np.logical_and.reduce([(steps[key] == name).to_numpy() for key, name in named.items()])
            delay, held = steps["delay_s"].to_numpy()[mine], steps["held_s"].to_numpy()[mine]
            dimensions = {**{str(key): str(name) for key, name in named.items()}, "models": "user"}
            above = held[delay > targets[dimensions["service"]]].sum()
            regions = int(last.to_numpy()[mine].sum())
            tidy.add("staleness_mean", "s", (delay * held).sum() / held.sum(), **dimensions)
            tidy.add("staleness_p95", "s", weighted_percentile(delay, held, _SHARE)[0], **dimensions)
            tidy.add("staleness_max", "s", delay.max(), **dimensions)
            tidy.add("staleness_end", "s", delay[last.to_numpy()[mine]].mean(), **dimensions)
            tidy.add("staleness_above_target_hours", "h", above / regions / HOUR, **dimensions)
