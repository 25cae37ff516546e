"""How far each parameter moves each answer, over all values of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence.marginal import replica_averages
from dcsim.confidence.paired import Paired, paired
from dcsim.report.section import Axis, Chart, Column, Number, Series, Table
from dcsim.report.wording import amount, parted, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.report.sweeps.view import Outcome, Parameter, SweepView

__all__ = ["Effect", "effect", "effects", "effects_chart", "effects_table"]

_MOST_OUTCOMES = 24


@dataclass(frozen=True)
class Effect:
    """What one parameter does to one outcome, averaged over the settings that share its value.

    Parameters
    ----------
    outcome, parameter
        Of what it is.
    lowest, highest : str
        The values (or ranges of values) with the lowest and highest average.
    low, high, middle : float
        Those averages, and that over all values.
    difference : Paired
        High less low, replica by replica.
    """

    outcome: Outcome
    parameter: Parameter
    lowest: str
    highest: str
    low: float
    high: float
    middle: float
    difference: Paired

    @property
    def ends(self) -> tuple[str | None, str | None]:
        """The values with the lowest and highest average; none where the parameter does nothing."""
        return (self.lowest, self.highest) if self.high > self.low else (None, None)

    @property
    def share(self) -> float:
        """The difference as a share of the average; 0 where that is 0."""
        return (self.high - self.low) / abs(self.middle) if self.middle else 0.0


def effect(outcome: Outcome, parameter: Parameter) -> Effect | None:
    """Return the effect of a parameter on an outcome; None where fewer than two of its values have results.

    A value has results in the replicas that all of its settings have, since an average over other settings would
    tell of these and not of the value. Settings without any are left out where values are taken in groups: those
    that are left of a group stand for it.
    """
    groups, values = parameter.groups, outcome.values
    if parameter.many:
        known = ~np.isnan(values).all(axis=1)
        groups, values = groups[known], values[known]
    rows = [(group, replica_averages(values[groups == group])) for group in sorted(set(groups.tolist()))]
    means = {group: float(np.nanmean(row)) for group, row in rows if not np.isnan(row).all()}
    if len(means) < 2:
        return None
    by_group = dict(rows)
    lowest, highest = min(means, key=lambda group: means[group]), max(means, key=lambda group: means[group])
    both = ~np.isnan(by_group[lowest]) & ~np.isnan(by_group[highest])
    if not both.any():
        return None
    difference = paired(by_group[lowest][both].tolist(), by_group[highest][both].tolist())
    names = parameter.group_name(lowest), parameter.group_name(highest)
    middle = float(np.mean(list(means.values())))
    return Effect(outcome, parameter, *names, means[lowest], means[highest], middle, difference)


def effects(view: SweepView) -> list[Effect]:
    """Return the effects of all parameters on the outcomes that move, the largest share first."""
    outcomes = [outcome for totals in view.totals.values() for outcome in totals if outcome.moves][:_MOST_OUTCOMES]
    found = [effect(outcome, parameter) for outcome in outcomes for parameter in view.varied]
    return sorted((each for each in found if each is not None), key=lambda each: -each.share)


def effects_chart(found: Sequence[Effect]) -> Chart | None:
    """Return the effects as bars from the lowest to the highest average; None where no average differs from 0."""
    series = []
    for name in dict.fromkeys(each.outcome.name for each in found):
        mine = [each for each in found if each.outcome.name == name and each.middle]
        if mine:
            series.append(
                Series(
                    "from lowest to highest",
                    [each.parameter.name for each in mine],
                    [each.share for each in mine],
                    form="range",
                    facets={"metric": name},
                    low=[(each.low - each.middle) / abs(each.middle) for each in mine],
                    high=[(each.high - each.middle) / abs(each.middle) for each in mine],
                    details=[_in_words(each) for each in mine],
                )
            )
    if not series:
        return None
    return Chart(
        "effects",
        "How far each parameter moves an answer",
        Axis("change from the average over all settings", "ratio"),
        Axis("", kind="category"),
        tuple(series),
        filters=("metric",),
        horizontal=True,
        note="Each bar goes from the value of the parameter with the lowest average to that with the highest, averaged "
        "over all settings that share it. Values drawn from a range are taken in five groups of equal size.",
    )


def effects_table(found: Sequence[Effect]) -> Table:
    """Return the effects in numbers."""
    columns = (
        Column("Metric", kind="name"),
        Column("Parameter", kind="code"),
        Column("Lowest at", kind="name"),
        Column("Highest at", kind="name"),
        Column("Difference"),
        Column("Share"),
    )
    rows = tuple(
        (each.outcome.name, each.parameter.name, *each.ends,
         difference_cell(each.difference, each.outcome.unit),
         Number(each.share, percent(each.share)) if each.middle else None)
        for each in found
    )  # fmt: skip
    return Table(
        "effects-in-numbers", "Effects in numbers", columns, rows, shown=12,
        note="The difference is taken replica by replica, since replicas share their random numbers over all settings; "
        "behind it stands half of its 95 % interval where there are several replicas. Since the lowest and the highest "
        "of several values are compared, small differences look larger than they are.",
    )  # fmt: skip


def difference_cell(difference: Paired, unit: str) -> Number:
    """Return a difference with its half width as the cell of a table."""
    text = plus_minus(difference.mean, difference.half_width, unit)
    return Number(difference.mean, text.replace("%", "%-points") if unit == "ratio" else text)


def plus_minus(mean: float, half_width: float | None, unit: str) -> str:
    """Return a mean with its half width in words; without, where a single replica tells none.

    Examples
    --------
    >>> plus_minus(5400.0, 360.0, "s"), plus_minus(5400.0, None, "s"), plus_minus(12.0, 0.0, "USD")
    ('1.5 h ± 6 min', '1.5 h', '12 USD')
    >>> plus_minus(0.442, 0.02, "ratio")
    '44.2 ± 2.0 %'
    """
    if not half_width:
        return amount(mean, unit)
    (value, first), (half, second) = parted(mean, unit), parted(half_width, unit)
    return f"{value} ± {half} {first}".rstrip() if first == second else f"{value} {first} ± {half} {second}"


def _in_words(each: Effect) -> str:
    unit = each.outcome.unit
    if each.high == each.low:
        return "no effect"
    return f"{amount(each.low, unit)} at {each.lowest}, {amount(each.high, unit)} at {each.highest}"
