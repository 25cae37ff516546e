"""Answers over parameters: lines with intervals, surfaces of two parameters, and clouds of drawn settings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence.marginal import replica_averages
from dcsim.report.section import ALL, Axis, Chart, HeatMap, Layer, Series
from dcsim.report.sweeps.effects import effect, plus_minus
from dcsim.report.sweeps.view import title_of, told
from dcsim.report.wording import human

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from dcsim.confidence import Interval
    from dcsim.report.sweeps.view import Outcome, Parameter, SweepView

    Members = NDArray[np.bool_]

__all__ = ["curves"]

_MOST_LINES = 8
_MOST_CHOICES = 60
"""Combinations of the other parameters that a chart offers to choose from; beyond, the weakest are averaged over."""
_MOST_CLOUDS = 4
_MOST_POINTS = 4000
_WIDE = 8.0
"""Ratio of the largest to the least value from which on an axis may be logarithmic."""


@dataclass(frozen=True)
class _Roles:
    """Which parameter does what: along the axis, as lines, across a surface, chosen by filters, or averaged over."""

    along: Parameter
    lines: Parameter | None
    over: Parameter | None
    chosen: tuple[Parameter, ...]
    averaged: tuple[Parameter, ...]


def curves(view: SweepView, metric: str) -> list[Chart | HeatMap]:
    """Return the charts of one metric over the parameters; none where nothing moves it."""
    totals = [each for each in view.totals[metric] if each.moves]
    if not totals or not view.varied:
        return []
    if view.sampled:
        strongest = _by_strength(totals, view.varied)[:_MOST_CLOUDS]
        return [_cloud(view, metric, totals, parameter) for parameter in strongest]
    roles = _roles(totals, view.varied)
    outcomes = [*totals, *view.parts(metric)]
    blocks: list[Chart | HeatMap] = [_lines(view, metric, outcomes, roles)]
    if roles.over is not None and len(roles.along.values) > 2 and len(roles.over.values) > 2:
        blocks.append(_surface(metric, outcomes, roles, roles.over))
    return blocks


def _by_strength(outcomes: Sequence[Outcome], parameters: Sequence[Parameter]) -> list[Parameter]:
    """Return parameters in order of their largest effect on any of the outcomes."""
    shares = {
        parameter.name: max((found.share for each in outcomes if (found := effect(each, parameter))), default=0.0)
        for parameter in parameters
    }
    return sorted(parameters, key=lambda each: -shares[each.name])


def _roles(outcomes: Sequence[Outcome], parameters: Sequence[Parameter]) -> _Roles:
    """Give each parameter its part: numbers lie along the axis, the strongest other one makes the lines."""
    strong = _by_strength(outcomes, parameters)
    along = max(strong, key=lambda each: (each.numbers is not None, len(each.values) > 2))
    rest = [each for each in strong if each is not along]
    lines = next((each for each in rest if len(each.values) <= _MOST_LINES), None)
    chosen: list[Parameter] = []
    averaged: list[Parameter] = []
    number = 1
    for each in (parameter for parameter in rest if parameter is not lines):
        number *= len(each.values)
        (chosen if number <= _MOST_CHOICES else averaged).append(each)
    over = lines or next(iter(averaged), None)
    return _Roles(along, lines, over, tuple(chosen), tuple(averaged))


def _lines(view: SweepView, metric: str, outcomes: Sequence[Outcome], roles: _Roles) -> Chart:
    along = roles.along
    x: list[float] | list[str] = along.positions if along.numbers is not None else list(along.values)
    unit = outcomes[0].unit
    series = []
    for outcome, facets in _faceted(outcomes):
        for chosen, members in _choices(roles.chosen, len(outcome.values)):
            for line, name in enumerate(_line_names(roles, metric)):
                mine = members & (roles.lines.codes == line) if roles.lines else members
                found = [_interval(outcome, mine & (along.codes == place)) for place in range(len(along.values))]
                low, high = _bounds(found)
                series.append(
                    Series(
                        name,
                        x,
                        [None if each is None else each.mean for each in found],
                        form="line" if along.numbers is not None else "bar",
                        facets={**facets, **chosen},
                        low=low,
                        high=high,
                        details=["no result" if each is None else f"{each.number} replicas" for each in found]
                        if view.replicas > 1 else (),
                    )
                )  # fmt: skip
    filters = (*_dimensions(outcomes), *(each.name for each in roles.chosen))
    return Chart(
        f"curve-{_slug(metric)}", _title(metric, along, roles.lines), _axis(along), Axis(title_of(metric), unit),
        tuple(series), filters=filters, note=_averaged(roles),
    )  # fmt: skip


def _line_names(roles: _Roles, metric: str) -> list[str]:
    if roles.lines is None:
        return [title_of(metric)]
    return [f"{roles.lines.short} {value}" for value in roles.lines.values]


def _surface(metric: str, outcomes: Sequence[Outcome], roles: _Roles, lines: Parameter) -> HeatMap:
    along, unit = roles.along, outcomes[0].unit
    layers = []
    for outcome, facets in _faceted(outcomes):
        for chosen, members in _choices(roles.chosen, len(outcome.values)):
            cells = [
                [_interval(outcome, members & (lines.codes == row) & (along.codes == place))
                 for place in range(len(along.values))]
                for row in range(len(lines.values))
            ]  # fmt: skip
            layers.append(
                Layer(
                    list(along.values),
                    list(lines.values),
                    [[None if each is None else each.mean for each in row] for row in cells],
                    {**facets, **chosen},
                    [["" if each is None else plus_minus(each.mean, each.half_width, unit) for each in row]
                     for row in cells],
                )
            )  # fmt: skip
    return HeatMap(
        f"surface-{_slug(metric)}", f"{title_of(metric)} over both parameters at once",
        Axis(along.name, kind="category"), Axis(lines.name, kind="category"), Axis(metric.replace("_", " "), unit),
        tuple(layers), filters=(*_dimensions(outcomes), *(each.name for each in roles.chosen)),
        note=_averaged(roles, lines),
    )  # fmt: skip


def _cloud(view: SweepView, metric: str, outcomes: Sequence[Outcome], parameter: Parameter) -> Chart:
    """Return each setting as a point over one parameter."""
    step = max(1, -(-len(view.numbers) // _MOST_POINTS))
    series = []
    for outcome, facets in _faceted(outcomes):
        found = outcome.intervals[::step]
        low, high = _bounds(found)
        x = parameter.numbers[::step].tolist() if parameter.numbers is not None else list(parameter.texts[::step])
        details = [f"setting {number}" for number in view.numbers[::step]]
        y = [None if each is None else each.mean for each in found]
        series.append(Series(outcome.name, x, y, "points", facets=facets, low=low, high=high, details=details))
    thinned = f" One setting of {step} is shown." if step > 1 else ""
    return Chart(
        f"cloud-{_slug(metric)}-{_slug(parameter.name)}", _title(metric, parameter, None), _axis(parameter),
        Axis(title_of(metric), outcomes[0].unit), tuple(series), filters=_dimensions(outcomes),
        note=f"Each point is one setting; the other parameters differ between them.{thinned}",
    )  # fmt: skip


def _interval(outcome: Outcome, members: Members) -> Interval | None:
    """Return the interval of a group of settings: each replica is averaged over them first."""
    return told(replica_averages(outcome.values[members])) if members.any() else None


def _choices(chosen: Sequence[Parameter], number: int) -> Iterator[tuple[Mapping[str, str], Members]]:
    """Yield each combination of values that can be chosen, and the settings that have it."""
    for combination in itertools.product(*(range(len(each.values)) for each in chosen)):
        members = np.ones(number, dtype=bool)
        for each, code in zip(chosen, combination, strict=True):
            members &= each.codes == code
        facets = {each.name: each.values[code] for each, code in zip(chosen, combination, strict=True)}
        yield facets, members


def _faceted(outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, dict[str, str]]]:
    """Yield outcomes with what filters choose them by; a total beside its parts is all of them together."""
    names = _dimensions(outcomes)
    for outcome in outcomes:
        mine = dict(outcome.dimensions)
        yield outcome, {name: human(mine[name]) if name in mine else ALL for name in names}


def _dimensions(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the dimensions in which outcomes differ."""
    names = dict.fromkeys(name for outcome in outcomes for name, _ in outcome.dimensions)
    return tuple(name for name in names if len({dict(outcome.dimensions).get(name) for outcome in outcomes}) > 1)


def _bounds(found: Sequence[Interval | None]) -> tuple[list[float | None], list[float | None]]:
    """Return the ends of the intervals; nothing where no setting has several replicas."""
    if all(each is None or each.half_width is None for each in found):
        return [], []
    half = [None if each is None else each.half_width or 0.0 for each in found]
    ends = [(None, None) if each is None or width is None else (each.mean - width, each.mean + width)
            for each, width in zip(found, half, strict=True)]  # fmt: skip
    return [low for low, _ in ends], [high for _, high in ends]


def _axis(parameter: Parameter) -> Axis:
    if parameter.numbers is None:
        return Axis(parameter.name, kind="category")
    values = parameter.positions
    log = min(values) > 0.0 and max(values) / min(values) >= _WIDE and _even(np.log(values)) > _even(np.array(values))
    ticks = tuple(values) if len(values) <= _MOST_LINES else ()
    return Axis(parameter.name, parameter.unit, kind="log" if log else "linear", ticks=ticks)


def _even(values: NDArray[np.float64]) -> float:
    """Return how evenly rising values are spaced: their correlation with their places."""
    return float(np.corrcoef(values, np.arange(len(values)))[0, 1])


def _title(metric: str, along: Parameter, lines: Parameter | None) -> str:
    return f"{title_of(metric)} by {along.name}" + (f" and {lines.name}" if lines else "")


def _averaged(roles: _Roles, besides: Parameter | None = None) -> str:
    names = ", ".join(each.name for each in roles.averaged if each is not besides)
    return f"Averaged over all values of {names}." if names else ""


def _slug(name: str) -> str:
    return "-".join(filter(None, "".join(sign if sign.isalnum() else " " for sign in name.lower()).split()))
