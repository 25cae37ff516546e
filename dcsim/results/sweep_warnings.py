"""What a finished sweep is to be warned of, for whoever reads it later: what the command said when it ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.results.effects import without_effect
from dcsim.results.sweep_summary import seeds_matter

if TYPE_CHECKING:
    from dcsim.results.sweep import Sweep

__all__ = ["warnings_of"]

_MOST = 10


def warnings_of(sweep: Sweep) -> list[str]:
    """Return seeds and parameters that change nothing, and answers that are not as sure as was asked for.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """
    if sweep.frame.empty:
        return []
    found = []
    if sweep.frame["replica"].nunique() > 1 and not seeds_matter(sweep):
        found.append("all seeds give the same results, since nothing in this scenario is random; one is enough")
    same = "makes no difference: every result is the same for all its values"
    found += [f"{name}: {same}" for name in without_effect(sweep)]
    short = sweep.precision[~sweep.precision["reached"].astype(bool)]
    for each in short.head(_MOST).to_dict("records"):
        values = [f"{name}={value}" for name, value in sweep.settings.loc[each["setting"]].items()]
        mean, half_width = (math.nan if each[name] is None else each[name] for name in ("mean", "half_width"))
        known = f"is {mean:.4g} ± {half_width:.3g} after {each['replicas']} seeds, wider than asked for"
        if math.isnan(half_width):
            known = f"is {mean:.4g} after {each['replicas']} seeds, too few to tell how well that is known"
        found.append(f"{', '.join(values) or 'setting 0'}: {each['row']} {known}")
    return found
