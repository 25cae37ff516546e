"""Series over time as charts take them: thinned, on a time axis, one for each choice of a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.report.section import Axis, Series
from dcsim.report.thinning import stepped, thin_extremes, thin_means

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from dcsim.report.section import Tone
    from dcsim.report.view import RunView

    Floats = NDArray[np.float64]

__all__ = ["TIME", "areas", "hourly", "steps"]

TIME = Axis("time (UTC)", kind="time")


def areas(
    view: RunView,
    edges_s: Floats,
    levels: Iterable[tuple[str, Floats, Tone]],
    facets: Mapping[str, str] | None = None,
) -> list[Series]:
    """Return stacked areas of means over time, from name, level and tone; those that are 0 throughout are left out."""
    found = []
    for name, level, tone in levels:
        if level.any():
            edges, means = thin_means(edges_s, level)
            found.append(Series(name, view.ms(edges), stepped(means), form="area", tone=tone, facets=facets or {}))
    return found


def steps(
    view: RunView,
    edges_s: Floats,
    level: Floats,
    name: str,
    *,
    tone: Tone = "",
    facets: Mapping[str, str] | None = None,
    dashed: bool = False,
    extremes: bool = True,
) -> Series:
    """Return a line of steps in which no extreme is lost, or one of means."""
    edges, kept = thin_extremes(edges_s, level) if extremes else thin_means(edges_s, level)
    return Series(name, view.ms(edges), stepped(kept), form="step", tone=tone, facets=facets or {}, dashed=dashed)


def hourly(view: RunView, edges_s: Floats, levels: Floats, days: int) -> Floats:
    """Return the means of levels by hour of the day (UTC) over the first whole days, shape (..., 24).

    Parameters
    ----------
    view : RunView
        Knows the clock.
    edges_s : ndarray of float64, shape (T + 1,)
        Beginnings of the intervals and the end of the last.
    levels : ndarray of float64, shape (..., T)
        What held in them.
    days : int
        How many days count.
    """
    begins, held = edges_s[:-1], np.diff(edges_s)
    clock = view.start.hour * 3600.0 + view.start.minute * 60.0 + view.start.second
    weight = np.where(begins < days * 86400.0, held, 0.0)
    hour = np.floor((clock + begins + held / 2.0) / 3600.0).astype(np.int64) % 24
    chosen: NDArray[np.float64] = np.zeros((len(hour), 24))
    chosen[np.arange(len(hour)), hour] = weight
    means: Floats = levels @ chosen / np.maximum(chosen.sum(axis=0), 1e-12)
    return means
