"""Link utilisation: how full the shared links were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, horizon

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

__all__ = ["link_utilisation"]

_BUSIEST = 5


@metric(
    "link_utilisation",
    unit="ratio",
    reads={
        "links": ("time_s", "held_s", "region", "level", "link", "utilisation_ratio"),
        "pools": ("time_s", "held_s"),
    },
)
def link_utilisation(tables: Tables) -> pd.DataFrame:
    """Return the utilisation of the shared links that ever carried anything, by level.

    ``link_utilisation_mean`` is over these links and the whole run, ``link_utilisation_p99`` the 99th percentile over
    links and time, ``link_utilisation_max`` the largest of a load step. ``busiest_link_utilisation`` is the mean over
    the run of each of the five links that carried most for their size.
    """
    links, end = tables["links"], horizon(tables["pools"])
    tidy = Tidy()
    if links.empty:
        return tidy.frame()
    busy = links["utilisation_ratio"].to_numpy() * links["held_s"].to_numpy()
    codes = links["link"].cat.codes.to_numpy()
    sums = np.bincount(codes, weights=busy)
    for level in links["level"].cat.categories:
        mine = (links["level"] == level).to_numpy()
        count = len(np.unique(codes[mine]))
        if not count:
            continue
        tidy.add("link_utilisation_mean", "ratio", float(busy[mine].sum()) / (count * end), level=str(level))
        ratios, held = (links[name].to_numpy()[mine] for name in ("utilisation_ratio", "held_s"))
        tidy.add("link_utilisation_p99", "ratio", _p99(ratios, held, count * end), level=str(level))
        tidy.add("link_utilisation_max", "ratio", float(ratios.max()), level=str(level))
    for code in np.argsort(-sums, kind="stable")[:_BUSIEST]:
        name = str(links["link"].cat.categories[code])
        tidy.add("busiest_link_utilisation", "ratio", float(sums[code]) / end, link=name)
    return tidy.frame()


def _p99(ratios: NDArray[np.float64], held: NDArray[np.float64], total: float) -> float:
    """Return the level that is exceeded for one per cent of ``total`` link-seconds; steps without a row are zero."""
    order = np.argsort(-ratios, kind="stable")
    above = np.cumsum(held[order])
    place = int(np.searchsorted(above, 0.01 * total))
    return float(ratios[order[place]]) if place < len(order) else 0.0
