"""What a finished sweep is to be warned of: when the command ends, and for whoever reads the results later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dcsim.results.cells import interval_cell
from dcsim.results.effects import without_effect
from dcsim.results.sweep_summary import seeds_matter

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    from dcsim.results.sweep import Sweep

__all__ = ["setting_text", "warnings_of"]

_MOST = 10


def warnings_of(sweep: Sweep, told: Collection[str] = ()) -> list[str]:
    """Return seeds and parameters that change nothing, and answers that are not as sure as was asked for.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    told : collection of str
        Paths of parameters that are known to change nothing already.
    """
    if sweep.frame.empty:
        return []
    found = []
    if sweep.frame["replica"].nunique() > 1 and not seeds_matter(sweep):
        found.append("all seeds give the same results, since nothing in this scenario is random; one is enough")
    same = "makes no difference: every result is the same for all its values"
    found += [f"{name}: {same}" for name in without_effect(sweep) if name.removeprefix("set ") not in told]
    units = dict(zip(sweep.frame["metric"], sweep.frame["unit"], strict=True))
    short = sweep.precision[~sweep.precision["reached"].astype(bool)]
    for each in short.head(_MOST).to_dict("records"):
        unit = str(units.get(str(each["row"]).partition(" ")[0], ""))
        found.append(f"{setting_text(sweep, each['setting'])}: {_known(each, unit)}")
    if len(short) > _MOST:
        found.append(f"{len(short) - _MOST:,} more rows are not known as well as was asked for")
    return found


def setting_text(sweep: Sweep, setting: int) -> str:
    """Return the values of a setting."""
    values = [f"{name}={value}" for name, value in sweep.settings.loc[setting].items()]
    return ", ".join(values) or "setting 0"


def _known(precision: Mapping[Hashable, Any], unit: str) -> str:
    """Return how well a row is known that is to be known better; one seed tells no interval."""
    mean, half_width = (math.nan if precision[name] is None else precision[name] for name in ("mean", "half_width"))
    seeds = "1 seed" if precision["replicas"] == 1 else f"{precision['replicas']:,} seeds"
    value = interval_cell(mean, half_width, unit) + ("" if unit in {"", "ratio", "s", "h"} else f" {unit}")
    lacking = "too few to tell how well that is known" if math.isnan(half_width) else "wider than asked for"
    return f"{precision['row']} is {value} after {seeds}, {lacking}"
