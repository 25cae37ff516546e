"""Reads what a planner asks for, in a sweep file, as options or both, into the plan of a sweep."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dcsim.errors import InputError, Problem
from dcsim.spec.authored import author, open_scenario
from dcsim.spec.catalog import Catalog
from dcsim.spec.explain import explain
from dcsim.spec.sweep import SweepSpec
from dcsim.spec.tree import Mark, Node, quoted
from dcsim.spec.yaml import parse_yaml
from dcsim.sweeps.axes import VARIANT, Axis, parse_axis
from dcsim.sweeps.axis_nodes import axis_of, node_of
from dcsim.sweeps.checking import check_plan
from dcsim.sweeps.opening import open_sweep
from dcsim.sweeps.planning import plan_of
from dcsim.sweeps.ranges import read_values, split_values

if TYPE_CHECKING:
    from dcsim.sweeps.points import SweepPlan

__all__ = ["read_plan"]


def read_plan(
    name_or_path: str | Path,
    *,
    sets: str | Sequence[str] | Mapping[str, Any] = (),
    catalog: Sequence[str | Path] = (),
    check: bool = True,
    **options: Any,
) -> SweepPlan:
    """Read a sweep, and check every setting of it.

    Parameters
    ----------
    name_or_path : str or Path
        A scenario or a sweep, by name or file; or the directory of a sweep.
    sets : str, sequence of str, or mapping
        ``path=values`` as on the command line, or values by path as in a sweep file; they win over the file's.
    catalog : sequence of str or Path
        Folders with entries of one's own; they win over the file's.
    check : bool
        Whether to look into the settings; those of a sweep that was carried out are right.
    **options
        Further fields of a sweep file (``SweepSpec``), which win over the file's; None where not given.

    Raises
    ------
    InputError
        With every problem of the sweep and of its settings.

    Examples
    --------
    >>> plan = read_plan("minimal", sets=["harvest.reserve=0..20:10 %"], replicas=2)
    >>> len(plan), plan.settings[1], plan.seeds
    (6, (('harvest.reserve', '10 %'),), (37, 38))
    """
    reading = _Reading(str(name_or_path), [str(each) for each in catalog])
    reading.take(options)
    reading.take_sets(sets)
    plan, problems = reading.plan()
    if plan is not None and (check or problems):
        wrong, warnings = check_plan(plan)
        problems = [*problems, *wrong]
        plan = replace(plan, warnings=(*plan.warnings, *warnings))
    if problems or plan is None:
        raise InputError(problems)
    return plan


class _Reading:
    """A sweep in the making: fields and axes, with the place of each.

    Parameters
    ----------
    name : str
        As the user gave it.
    catalog : list of str
        As the user gave it.
    """

    def __init__(self, name: str, catalog: list[str]) -> None:
        self._problems: list[Problem] = []
        self._axes: dict[str, Axis] = {}
        self._places: dict[tuple[str, str], Mark] = {}
        document = open_sweep(name, Catalog(catalog))
        if document is None:
            self._folder, self._stem, self._complete = Path(), "", True
            self._root = node_of({"scenario": name}, Mark("", 0, 0))
        else:
            self._folder = Path(document.path).parent
            self._stem, self._complete = document.path.stem, document.complete
            self._root = Node(dict(document.root.value), document.root.mark)
            self._problems += document.problems
            varied = self._root.value.get("set")
            self._take_nodes(varied.value if varied is not None and isinstance(varied.value, dict) else {})
            self._absolute_folders()
        if catalog:
            self._root.value["catalog"] = node_of(catalog, Mark("--catalog", 0, 0))

    def take(self, options: Mapping[str, Any]) -> None:
        """Lay options over the file; those that are None or empty are not given."""
        for name, value in options.items():
            if value is None or (isinstance(value, list | tuple) and not value):
                continue
            mark = Mark(f"--{_SPELLED.get(name, name)}".replace("_", "-"), 0, 0)
            if name in {"seeds", "replicas"}:  # either says which seeds, so an option replaces both
                for either in {"seeds", "replicas"} - {each for each in options if options[each] is not None}:
                    self._root.value.pop(either, None)
            try:
                self._root.value[name] = node_of(_seeds(value) if name == "seeds" else value, mark)
            except (ValueError, InputError) as error:
                self._root.value.pop(name, None)
                told = [each.message for each in error.problems] if isinstance(error, InputError) else [str(error)]
                self._problems += [Problem(*mark, "", message) for message in told]

    def take_sets(self, sets: str | Sequence[str] | Mapping[str, Any]) -> None:
        """Take up what the command line varies; a path of the file's is replaced."""
        written, self._axes = self._axes, {}
        if isinstance(sets, Mapping):
            for path, value in sets.items():
                try:
                    self._take_nodes({str(path): node_of(value, Mark("--set", 0, 0))})
                except InputError as error:
                    self._problems += [replace(problem, path=str(path)) for problem in error.problems]
        else:
            for text in (sets,) if isinstance(sets, str) else sets:
                try:
                    self._add(parse_axis(text), Mark("--set", 0, 0), {})
                except InputError as error:
                    self._problems += error.problems
        self._axes = {path: self._axes.pop(path, axis) for path, axis in written.items()} | self._axes

    def plan(self) -> tuple[SweepPlan | None, list[Problem]]:
        """Return the plan, if there is one to look at, and what is wrong so far."""
        problems = self._problems
        self._move_seeds()
        spec = self._spec()
        if spec is None:
            return None, problems
        axes = [*self._variants(spec), *self._axes.values()]
        scenario = self._scenario(spec.scenario)
        if scenario is None:
            return None, problems
        seed = _base_seed(scenario, spec, axes)
        told = {name: node.mark for name, node in self._root.value.items()}
        plan, wrong = plan_of(spec, axes, scenario, seed, told, self._places, self._stem)
        return plan, [*problems, *wrong]

    def _take_nodes(self, nodes: Mapping[str, Node]) -> None:
        """Take up values by path, as in a sweep file."""
        for name, node in nodes.items():
            try:
                axis, marks = axis_of(name, node)
            except InputError as error:
                self._problems += error.problems
            else:
                self._add(axis, node.key, marks)

    def _add(self, axis: Axis, place: Mark, marks: Mapping[str, Mark]) -> None:
        """Take up an axis, with the places of its path and of its values."""
        if axis.path in self._axes:
            self._problems.append(Problem(*place, axis.path, "is given twice; keep one, with all of its values"))
            return
        if axis.is_variant or axis.path.split(".")[0] in _NOT_VARIED:
            hint = "name variants with --variant, or as 'variant:' in a sweep file"
            self._problems.append(Problem(*place, axis.path, f"cannot be varied; {hint}"))
            return
        self._axes[axis.path] = axis
        self._places = {key: mark for key, mark in self._places.items() if key[0] != axis.path}
        self._places |= {(axis.path, ""): place} | {(axis.path, value): mark for value, mark in marks.items()}

    def _move_seeds(self) -> None:
        """Take an axis ``seed`` for the seeds of the replicas, which it stands for."""
        axis = self._axes.pop("seed", None)
        if axis is None:
            return
        place = self._places["seed", ""]
        if axis.span is not None:
            self._problems.append(Problem(*place, "seed", "needs single seeds, such as 1,2,3, or a step: 1..10:1"))
        elif "seeds" in self._root.value:
            self._problems.append(Problem(*place, "seed", "is given twice, here and as seeds; keep one"))
        else:
            self._root.value["seeds"] = node_of([parse_yaml(each, "").plain() for each in axis.values], place)

    def _spec(self) -> SweepSpec | None:
        """Return the fields, those that are wrong left out; None if without them there is no sweep."""
        try:
            return SweepSpec.model_validate(self._root.plain())
        except ValidationError as error:
            for problem in explain(error, self._root, SweepSpec, partial=not self._complete):
                bare = problem.path.partition("[")[0].replace("_", "-")
                own = problem.file.startswith("--") and problem.file == f"--{_SPELLED.get(bare, bare)}"
                self._problems.append(replace(problem, path="") if own else problem)
            wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        kept = {name: value for name, value in self._root.plain().items() if name not in wrong}
        return SweepSpec.model_validate(kept) if "scenario" in kept else None

    def _variants(self, spec: SweepSpec) -> list[Axis]:
        """Return the axes over variants, and the variants that every setting takes."""
        axes: list[Axis] = []
        held = self._root.value.get("variant")
        for number, text in enumerate(spec.variant):
            item = held.child(number) if held is not None else None
            mark: Mark = (item or held or self._root).mark
            path = VARIANT if number == 0 else f"{VARIANT}_{number + 1}"
            names = split_values(text)
            if not all(names) or len(set(names)) < len(names):
                message = f"'{text}' leaves a place empty, or names a variant twice; write such as packed,spread"
                self._problems.append(Problem(*mark, "" if mark.file == "--variant" else "variant", message))
                continue
            axes.append(Axis(path, names))
            self._places[path, ""] = mark
        return axes

    def _absolute_folders(self) -> None:
        """Write the folders out that a file names, as seen from its own."""
        held = self._root.value.get("catalog")
        items = held.value if held is not None and isinstance(held.value, list) else [held] if held is not None else []
        if all(isinstance(item.value, str) for item in items) and held is not None:
            moved = [Node(str(self._folder / item.value), item.mark) for item in items]
            self._root.value["catalog"] = Node(moved, held.mark, held.key)

    def _scenario(self, name: str) -> str | None:
        """Return the scenario as seen from the current folder; None where there is none."""
        path = Path(name)
        by_path = path.suffix in {".yaml", ".yml"} or len(path.parts) > 1
        found = os.path.normpath(self._folder / path) if by_path else name
        mark: Mark = self._root.value["scenario"].mark
        try:
            fields = open_scenario(found, _catalog(self._root)).root
        except InputError as error:
            placed = [Problem(*mark, "scenario", p.message) if mark.line and not p.line else p for p in error.problems]
            self._problems += placed
            return None
        swept = fields.child("scenario")
        if swept is not None and fields.child("fleet") is None and fields.child("extends") is None:
            hint = f"name a scenario, such as {quoted(swept.plain())}"
            self._problems.append(Problem(*mark, "scenario", f"{quoted(name)} is a sweep file, not a scenario; {hint}"))
            return None
        return found


_NOT_VARIED = ("extends", "variants", "resolved")
_SPELLED = {"metrics": "metric", "variants": "variant"}
"""Options that are spelt unlike the field that they fill."""


def _seeds(value: Any) -> Any:
    """Write a list or a range of seeds out."""
    if not isinstance(value, str):
        return value
    values, span = read_values(value)
    if span is not None:
        raise ValueError(f"'{value}' needs a step: {value}:1")
    return [parse_yaml(each, "--seeds").plain() for each in values]


def _catalog(root: Node) -> Catalog:
    held = root.value.get("catalog")
    return Catalog([str(each) for each in held.plain()] if held is not None and isinstance(held.value, list) else ())


def _base_seed(scenario: str, spec: SweepSpec, axes: Sequence[Axis]) -> int:
    """Return the scenario's own seed, with the variants and values that all settings share."""
    shelf = Catalog(spec.catalog)
    variants = [axis.values[0] for axis in axes if axis.is_variant and axis.is_fixed and axis.values[0] != "-"]
    node = author(open_scenario(scenario, shelf), shelf, variants).root.child("seed")
    return node.value if node is not None and isinstance(node.value, int) and node.value >= 0 else 0
