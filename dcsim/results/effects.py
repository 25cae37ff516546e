"""Which parameters of a finished sweep make no difference: all their values give the same results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from dcsim.results.sweep import Sweep

__all__ = ["without_effect"]

_POINT = ["setting", "replica"]
_ROWS = "hash of its rows"


def without_effect(sweep: Sweep) -> list[str]:
    """Return the parameters all of whose values give equal rows, beside equal values of the others and equal seeds.

    A parameter of which no two values stand beside equal others, as in a Latin hypercube, is not judged; points that
    failed are left out.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """
    points = sweep.points[sweep.points["problem"] == ""]
    if points["setting"].nunique() < 2:
        return []
    results = points[[*_POINT, "seed", *sweep.parameters]].join(_digests(sweep), on=_POINT)
    found = []
    for name in sweep.parameters:
        others = [each for each in sweep.parameters if each != name]
        alike = results.groupby([*others, "seed"], dropna=False, observed=True, sort=False)
        values, results_of = alike[name].nunique(), alike[_ROWS].nunique(dropna=False)
        if (values > 1).any() and (results_of == 1).all():
            found.append(name)
    return found


def _digests(sweep: Sweep) -> pd.Series:
    """Return a number for the rows of every point, the same for equal rows in whatever order."""
    told = ["metric", *sweep.dimensions, "value"]
    hashes = pd.util.hash_pandas_object(sweep.frame[told], index=False)
    frame = sweep.frame[_POINT].assign(**{_ROWS: hashes})
    return frame.groupby(_POINT, observed=True, sort=False)[_ROWS].sum()
