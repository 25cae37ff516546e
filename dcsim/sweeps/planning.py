"""From the fields of a sweep to its plan: which settings and seeds there are, and what does not fit together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.errors import Problem
from dcsim.metrics import metric
from dcsim.spec.tree import Mark
from dcsim.spec.yaml import parse_yaml
from dcsim.sweeps.data_files import absolute, may_name
from dcsim.sweeps.design import settings_of, size_of
from dcsim.sweeps.points import SweepPlan
from dcsim.sweeps.ranges import MOST_POINTS
from dcsim.sweeps.until import parse_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcsim.spec.sweep import SweepSpec
    from dcsim.sweeps.axes import Axis

__all__ = ["plan_of"]

FIRST_REPLICAS = 5
"""Replicas of every setting before a precision is judged, where nobody says how many."""
_MOST_SEED = 2**63


class _Told:
    """Problems and warnings of fields, each where the field was written."""

    def __init__(self, marks: Mapping[str, Mark]) -> None:
        self._marks = marks
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def wrong(self, field: str, message: str) -> None:
        self.problems.append(self._at(field, message))

    def idle(self, field: str, message: str) -> None:
        self.warnings.append(self._at(field, message))

    def _at(self, field: str, message: str) -> Problem:
        mark = self._marks.get(field)
        if mark is None or not mark.line:
            return Problem.of_option("metric" if field == "metrics" else field, message)
        return Problem(*mark, field, message)


def plan_of(
    spec: SweepSpec,
    axes: Sequence[Axis],
    scenario: str,
    base_seed: int,
    marks: Mapping[str, Mark],
    places: Mapping[tuple[str, str], Mark],
    stem: str,
) -> tuple[SweepPlan | None, list[Problem]]:
    """Return the plan of a sweep and what is wrong with it; where too much is, the plan of what can be looked at.

    Parameters
    ----------
    spec : SweepSpec
        The fields.
    axes : sequence of Axis
        What is varied, fixed values included.
    scenario : str
        By name, or a file as seen from the current folder.
    base_seed : int
        The scenario's own.
    marks, places : mapping to Mark
        Where fields, and paths and values, were written.
    stem : str
        Name of the sweep; that of the scenario where empty.
    """
    axes, places = _with_files_from_anywhere(axes, places)
    told = _Told(marks)
    _check_metrics(spec, told)
    seeds = _seeds(spec, base_seed, told)
    samples = _samples(spec, axes, told)
    design = spec.design
    if design == "grid":
        spans = [axis for axis in axes if axis.span is not None]
        for axis in spans:
            told.problems.append(_gridless(axis, places))
        axes = [axis for axis in axes if axis.span is None]
    elif samples is None:
        return None, told.problems
    count = size_of(axes, design, samples or 0) * len(seeds)
    if count > MOST_POINTS:
        told.wrong(
            "replicas" if len(seeds) > 1 else "set" if design == "grid" else "samples",
            f"makes {count:,} points; a sweep has at most {MOST_POINTS:,}. Take fewer values, or a design that samples",
        )
        return None, told.problems
    settings = settings_of(axes, design, samples or 0, spec.design_seed)
    plan = SweepPlan(
        spec=_written_out(spec, axes, scenario, seeds),
        name=stem or Path(scenario).stem,
        scenario=scenario,
        axes=tuple(axes),
        settings=settings,
        seeds=seeds,
        places=places,
        warnings=tuple(told.warnings),
    )
    return plan, told.problems


def _with_files_from_anywhere(
    axes: Sequence[Axis], places: Mapping[tuple[str, str], Mark]
) -> tuple[list[Axis], dict[tuple[str, str], Mark]]:
    """Return axes whose files are found from any folder and by any worker, and where their values were written."""
    found, where = list(axes), dict(places)
    for number, axis in enumerate(axes):
        if not axis.is_variant and may_name(axis.path, axis.values):
            values = tuple(absolute(axis.path, value) for value in axis.values)
            found[number] = replace(axis, values=values)
            for old, new in zip(axis.values, values, strict=True):
                if (axis.path, old) in where:
                    where[axis.path, new] = where.pop((axis.path, old))
    return found, where


def _check_metrics(spec: SweepSpec, told: _Told) -> None:
    for name in spec.metrics:
        if name not in metric:
            told.wrong("metrics", metric.unknown(name))


def _seeds(spec: SweepSpec, base_seed: int, told: _Told) -> tuple[int, ...]:
    """Return the seeds of the first replicas."""
    if spec.seeds is not None and spec.replicas is not None:
        told.wrong("replicas", "is given beside seeds, which say how many replicas there are; keep one of them")
    if spec.until is not None:
        _check_precision(spec, told)
    elif spec.max_replicas is not None:
        told.idle("max_replicas", "has no effect without until")
    if spec.seeds is not None:
        return spec.seeds
    number = spec.replicas or (1 if spec.until is None else FIRST_REPLICAS)
    if number > MOST_POINTS:
        told.wrong("replicas", f"must be {MOST_POINTS:,} or less")
        number = 1
    last = max(number, spec.max_replicas or 0)
    if base_seed + last > _MOST_SEED:
        told.wrong("replicas", f"would take seeds beyond {_MOST_SEED - 1}; the scenario's own is {base_seed}")
    return tuple(range(base_seed, base_seed + number))


def _check_precision(spec: SweepSpec, told: _Told) -> None:
    """Look at what says how well means are to be known, and with how many replicas."""
    try:
        parse_until(str(spec.until))
    except ValueError as error:
        told.wrong("until", str(error))
    if spec.seeds is not None:
        told.wrong("seeds", "cannot be listed with until, which chooses how many there are; give replicas")
    least = spec.replicas if spec.replicas is not None else FIRST_REPLICAS
    if least < 2:
        told.wrong("replicas", "must be 2 or more to begin with, since one replica tells no precision")
    if spec.max_replicas is not None and spec.max_replicas < least:
        told.wrong("max_replicas", f"must be {least} or more, the replicas to begin with")


def _samples(spec: SweepSpec, axes: Sequence[Axis], told: _Told) -> int | None:
    """Return how many settings a design draws, having checked that it can; None where it cannot."""
    if spec.design == "grid":
        if spec.samples is not None:
            told.idle("samples", "has no effect on a grid; choose a design such as latin_hypercube")
        if "design_seed" in spec.model_fields_set:
            told.idle("design_seed", "has no effect on a grid, which draws nothing")
        return None
    samples = spec.samples
    if samples is None:
        told.wrong("samples", f"needs a number of settings for design '{spec.design}', such as 64")
    elif spec.design != "latin_hypercube" and samples & (samples - 1):
        above = 1 << samples.bit_length()
        message = f"{samples} is not a power of two; take {above // 2} or {above}"
        if spec.design == "sobol_indices":
            told.wrong("samples", message)
            samples = None
        else:
            told.idle("samples", f"{message}, for which the sequence is balanced")
    if all(axis.is_fixed for axis in axes):
        told.wrong("design", f"'{spec.design}' has nothing to draw from; set a path to a range or to several values")
        return None
    return samples


def _gridless(axis: Axis, places: Mapping[tuple[str, str], Mark]) -> Problem:
    """Return the problem of a span on a grid."""
    mark = places.get((axis.path, ""), Mark("--set", 0, 0))
    assert axis.span is not None  # noqa: S101  # for the type checker
    message = f"a grid needs a step, such as {axis.span.stepped}; designs that draw need none"
    return Problem(*mark, axis.path, message)


def _written_out(spec: SweepSpec, axes: Sequence[Axis], scenario: str, seeds: tuple[int, ...]) -> SweepSpec:
    """Return the fields as they are stored with the results: nothing left to folders or to other options."""
    by_path = Path(scenario).suffix in {".yaml", ".yml"} or len(Path(scenario).parts) > 1
    values = {axis.path: _stored(axis) for axis in axes if not axis.is_variant}
    named = tuple(",".join(axis.values) for axis in axes if axis.is_variant)
    again = {"replicas": len(seeds), "seeds": None} if spec.until is not None else {"replicas": None, "seeds": seeds}
    return spec.model_copy(
        update={
            "scenario": str(Path(scenario).absolute()) if by_path else scenario,
            "catalog": tuple(str(Path(folder).absolute()) for folder in spec.catalog),
            "variant": named,
            "set": values,
            **again,
        }
    )


def _stored(axis: Axis) -> object:
    """Return the values of an axis as a sweep file holds them."""
    if axis.span is not None:
        return axis.span.text
    if axis.text:
        return axis.text
    return [parse_yaml(value, "").plain() for value in axis.values]
