"""What is wrong with the settings of a sweep, before anything is simulated: each problem once, where it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.spec.tree import quoted
from dcsim.sweeps.evaluate import Evaluator
from dcsim.sweeps.points import Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcsim.sweeps.axes import Axis
    from dcsim.sweeps.points import SweepPlan, Values

__all__ = ["LOOKED_AT", "check_plan"]

LOOKED_AT = 500
"""Settings that are resolved before anything is simulated; of more, an even sample."""
_ENOUGH = 100
"""Problems after which no further setting is looked into."""
_AGAIN = 20
"""Settings with problems that are known from others, after which no further one is looked into."""
_ALONE = 200
"""Values of all axes together that are looked at one at a time."""
_NAMED = 3
"""Values that a warning names."""
_WHOLE = "needs a whole number"
"""What a field says of a value that lies between whole numbers."""


def check_plan(plan: SweepPlan) -> tuple[list[Problem], list[Problem]]:
    """Return what is wrong with the settings of a sweep, and what has no effect.

    Parameters
    ----------
    plan : SweepPlan
        The sweep. On a grid the values of each axis are looked at beside the first values of the others; then, if
        nothing is wrong with those, every setting, or an even sample of ``LOOKED_AT``.
    """
    look = _Look(plan)
    look.into([plan.settings[0]])
    if plan.spec.design == "grid":
        for place in range(len(plan.axes)):
            look.into(_one_at_a_time(plan, place))
    if not look.found:
        look.into(plan.settings[number] for number in _evenly(len(plan.settings)))
    problems = look.problems()
    return problems, [] if problems else [*look.warnings(), *_without_effect(plan, look)]


def _evenly(number: int, most: int = LOOKED_AT) -> Iterable[int]:
    """Return at most so many (two or more) of the numbers below another, the first and the last among them."""
    if number <= most:
        return range(number)
    return dict.fromkeys(k * (number - 1) // (most - 1) for k in range(most))


def _one_at_a_time(plan: SweepPlan, place: int) -> Iterator[Values]:
    """Yield the first setting of a grid with each value of one axis; of very many, some."""
    values, most = plan.axes[place].values, max(2, _ALONE // len(plan.axes))
    for number in _evenly(len(values), most):
        yield _with(plan.settings[0], place, values[number])


def _with(values: Values, place: int, value: str) -> Values:
    """Return a setting with another value at one place."""
    return (*values[:place], (values[place][0], value), *values[place + 1 :])


class _Look:
    """Resolves settings, and remembers what came of each."""

    def __init__(self, plan: SweepPlan) -> None:
        self._plan = plan
        self._evaluator = Evaluator(plan.scenario, catalog=plan.catalog)
        self._shown = {axis.path: axis for axis in plan.parameters}
        self.digests: dict[Values, str] = {}
        self.found: dict[Problem, list[Values]] = {}
        self._warned: dict[Problem, list[Values]] = {}
        self._seen = 0

    def into(self, settings: Iterable[Values]) -> None:
        """Resolve settings, as long as not too much is wrong and what is wrong is not the same again and again."""
        again = 0
        for values in settings:
            if len(self.found) >= _ENOUGH or again >= _AGAIN:
                return
            if values not in self.digests:
                before = len(self.found)
                failed = not self.digest(values, self.found)
                again += failed and len(self.found) == before

    def digest(self, values: Values, found: dict[Problem, list[Values]]) -> str:
        """Resolve one setting and return the hash of what would be simulated; empty where something is wrong."""
        known = self.digests.get(values)
        if known is not None:
            return known
        self._seen += 1
        try:
            resolved = self._evaluator.resolved(Point(0, values, 0, self._plan.seeds[0]))
        except InputError as error:
            for problem in error.problems:
                found.setdefault(problem, []).append(values)
            self.digests[values] = ""
        else:
            for warning in resolved.warnings:
                self._warned.setdefault(warning, []).append(values)
            self.digests[values] = resolved.digest
        return self.digests[values]

    def problems(self) -> list[Problem]:
        """Return each problem once, at the value that causes it, or with a setting in which it arises."""
        return self._told(self.found)

    def warnings(self) -> list[Problem]:
        """Return each warning once."""
        return self._told(self._warned)

    def _told(self, found: dict[Problem, list[Values]]) -> list[Problem]:
        told: list[Problem] = []
        for problem, settings in found.items():
            axis = self._axis(problem, settings[0])
            told += self._at_axis(problem, settings, axis) if axis is not None else [self._anywhere(problem, settings)]
        return list(dict.fromkeys(told))

    def _axis(self, problem: Problem, values: Values) -> Axis | None:
        """Return the axis whose values a problem of ``--set`` or ``--variant`` is about."""
        chosen = dict(values)
        if problem.file == "--variant":
            mine = [axis for axis in self._plan.axes if axis.is_variant]
            return next((axis for axis in mine if quoted(chosen[axis.path]) in problem.message), None)
        if problem.file != "--set":
            return None
        around = [axis for axis in self._plan.axes if _covers(axis.path, problem.path)]
        below = [axis for axis in self._plan.axes if _covers(problem.path, axis.path)]
        return max(around, key=lambda axis: len(axis.path), default=below[0] if below else None)

    def _at_axis(self, problem: Problem, settings: list[Values], axis: Axis) -> list[Problem]:
        """Place a problem at the values of an axis that cause it, or at the axis where all of them do."""
        if axis.span is not None and _WHOLE in problem.message:
            return [self._placed(problem, axis, "", f"needs whole numbers; write {axis.span.whole}")]
        values = list(dict.fromkeys(dict(each)[axis.path] for each in settings))
        looked_at = {dict(each)[axis.path] for each in self.digests}
        if axis.is_fixed or (len(values) == len(looked_at) and problem.file == "--set" and len(values) > 1):
            return [self._placed(problem, axis, "", problem.message)]
        variant = problem.file == "--variant"
        return [
            self._placed(problem, axis, value, problem.message if variant else f"{quoted(value)}: {problem.message}")
            for value in values
        ]

    def _placed(self, problem: Problem, axis: Axis, value: str, message: str) -> Problem:
        places = self._plan.places
        mark = places.get((axis.path, value)) or places.get((axis.path, ""))
        if mark is None or not mark.line:
            return Problem(problem.file, 0, 0, problem.path, message)
        return Problem(*mark, problem.path, message)

    def _anywhere(self, problem: Problem, settings: list[Values]) -> Problem:
        """Say in which setting a problem arises, unless it does in all."""
        if len(settings) == self._seen:
            return problem
        words = [f"{path}={value}" for path, value in settings[0] if path in self._shown]
        more = f" and {len(settings) - 1} more settings" if len(settings) > 1 else ""
        message = f"{problem.message} (with {', '.join(words)}{more})"
        return Problem(problem.file, problem.line, problem.column, problem.path, message)


def _covers(path: str, inner: str) -> bool:
    """Whether a path is another, or leads to it."""
    return inner == path or (bool(path) and inner.startswith(path) and inner[len(path)] in ".[")


def _without_effect(plan: SweepPlan, look: _Look) -> list[Problem]:
    """Return a warning for each axis, and each value of one, that changes nothing of what is simulated."""
    told: list[Problem] = []
    base = plan.settings[0]
    for place, axis in enumerate(plan.axes):
        if axis.is_fixed:
            continue
        ends = (axis.span.at(0.0), axis.span.at(1.0)) if axis.span is not None else axis.values
        values = [ends[number] for number in _evenly(len(ends), max(2, _ALONE // len(plan.axes)))]
        same: dict[str, list[str]] = {}
        for value in values:
            digest = look.digest(_with(base, place, value), {})
            if digest:
                same.setdefault(digest, []).append(value)
        twins = [group for group in same.values() if len(group) > 1]
        if len(same) == 1 and twins and not _acts_elsewhere(place, look):
            told.append(_warning(plan, axis, "", "has no effect: what is simulated is the same for all its values"))
        elif axis.span is None and len(same) > 1:
            told += [
                _warning(plan, axis, group[1], f"{' and '.join(map(quoted, group[:_NAMED]))} mean the same")
                for group in twins
            ]
    return told


def _acts_elsewhere(place: int, look: _Look) -> bool:
    """Whether an axis that changes nothing beside the first values of the others does so beside others."""
    groups: dict[Values, set[str]] = {}
    for values, digest in look.digests.items():
        if digest:
            groups.setdefault((*values[:place], *values[place + 1 :]), set()).add(digest)
    return any(len(group) > 1 for group in groups.values())


def _warning(plan: SweepPlan, axis: Axis, value: str, message: str) -> Problem:
    mark = plan.places.get((axis.path, value)) or plan.places.get((axis.path, ""))
    if mark is None or not mark.line:
        return Problem("--variant" if axis.is_variant else "--set", 0, 0, axis.path, message)
    return Problem(*mark, axis.path, message)
