"""Quality loss: what staleness costs each service by its curve (an assumption, labelled in the workload)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.staleness import LINEAR, LOG, loss_integrals, stalenesses
from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, by_service, horizon, sawtooths, totals

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

__all__ = ["quality_loss"]


@metric(
    "quality_loss",
    unit="ratio",
    reads={
        "pools": ("time_s", "held_s"),
        "services": ("service", "quality_kind", "quality_per_s", "quality_loss_ratio"),
        "publications": ("service", "model", "region", "data_s", "published_s"),
        "user_models": ("time_s", "held_s", "service", "region", "delay_s"),
    },
)
def quality_loss(tables: Tables) -> pd.DataFrame:
    """Return the share of quality lost to staleness, by service and by service x region.

    The curve of a service is ``loss * s / per`` (linear) or ``loss * log2(1 + s / per)`` (log) of staleness
    ``s``. ``quality_loss_mean`` is over all time, models and regions of the row, exact over the sawtooth;
    ``quality_loss_max`` is the loss at the largest staleness. Rows with ``models='user'`` are the user
    models.
    """
    services = tables["services"]
    curves = {
        name: (LOG if kind == "log" else LINEAR, per, loss)
        for name, kind, per, loss in zip(
            by_service(services, "quality_kind"),
            services["quality_kind"].astype(str),
            services["quality_per_s"],
            services["quality_loss_ratio"],
            strict=True,
        )
    }
    end = horizon(tables["pools"])
    teeth = sawtooths(tables["publications"])
    tidy = Tidy()
    for dimensions, group in teeth.groups:
        curve = curves[dimensions["service"]]
        _published(tidy, teeth.of(group), teeth.covered(group, end), end, curve, dimensions)
    _fluid(tidy, tables["user_models"], curves)
    return tidy.frame()


def _published(
    tidy: Tidy,
    sequences: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
    covered: NDArray[np.float64],
    end: float,
    curve: tuple[int, float, float],
    dimensions: dict[str, str],
) -> None:
    if not covered.any():
        return
    count = len(covered)
    kind, per, loss = curve
    lost = loss_integrals(
        *sequences, 0.0, end, np.full(count, kind, np.int64), np.full(count, per), np.full(count, loss)
    )
    highest = np.nanmax(stalenesses(*sequences, 0.0, end, np.full(count, np.inf))[:, 2])
    tidy.add("quality_loss_mean", "ratio", lost.sum() / covered.sum(), **dimensions)
    tidy.add("quality_loss_max", "ratio", float(_loss(np.array([highest]), *curve)[0]), **dimensions)


def _fluid(tidy: Tidy, steps: pd.DataFrame, curves: dict[str, tuple[int, float, float]]) -> None:
    if steps.empty:
        return
    held = steps["held_s"].to_numpy()
    lost = np.zeros(len(steps))
    names = steps["service"].astype(str).to_numpy()
    for name in totals(steps, ["service"], {})["service"].astype(str):
        mine = names == name
        lost[mine] = _loss(steps["delay_s"].to_numpy()[mine], *curves[name])
    for keys in (["service"], ["service", "region"]):
        level = totals(steps, keys, {"lost": lost * held, "held": held})
        highest = steps.assign(lost=lost).groupby(keys, observed=True)["lost"].max()
        for place, named in enumerate(level[keys].astype(str).to_dict("records")):
            dimensions = {**{str(key): str(name) for key, name in named.items()}, "models": "user"}
            mean = level["lost"].iloc[place] / level["held"].iloc[place]
            tidy.add("quality_loss_mean", "ratio", mean, **dimensions)
            tidy.add("quality_loss_max", "ratio", highest.iloc[place], **dimensions)


def _loss(seconds: NDArray[np.float64], kind: int, per: float, loss: float) -> NDArray[np.float64]:
    return loss * (np.log2(1.0 + seconds / per) if kind == LOG else seconds / per)
