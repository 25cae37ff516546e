"""One side of a comparison: a run, the runs of several seeds, a sweep, a setting of a sweep, or a scenario.

::

    runs/minimal-7b2be2f5/seed=37       a run
    runs/minimal-7b2be2f5               the runs of all its seeds
    sweeps/nic                          a sweep, setting by setting
    sweeps/nic@3                        one setting of it, by number
    sweeps/nic@fleet.nic.bandwidth=50 Gbit/s    or by its values
    minimal                             a scenario, by name or file
    minimal@save_on_notice,duration=6 h         with variants and values
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple

from dcsim.errors import InputError, Problem
from dcsim.resolve import Resolved, resolve
from dcsim.results.headline import Row, row_of
from dcsim.results.run import Run, tidy_rows
from dcsim.results.setting import chosen_settings, open_parameters, rows_by_seed
from dcsim.results.sweep import Sweep
from dcsim.results.sweep_files import PARTS_FOLDER, RESULTS_FILE
from dcsim.spec.catalog import Catalog
from dcsim.spec.tree import Mark, Path, quoted
from dcsim.sweeps.axes import VARIANT
from dcsim.sweeps.axes import numbers as numbers_of
from dcsim.sweeps.axis_nodes import axis_of, node_of
from dcsim.sweeps.evaluate import Evaluator
from dcsim.sweeps.kept_runs import is_run_of
from dcsim.sweeps.points import Point, Values
from dcsim.sweeps.ranges import split_values
from dcsim.trace.store import RUN_FILE, SCENARIO_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Operand", "Simulated", "open_operand"]



@dataclass(frozen=True)
class Simulated:
    """How further seeds of a side are simulated.

    Parameters
    ----------
    evaluator : Evaluator
        Of the scenario.
    setting : int
        Number of the setting, where it is one of a sweep.
    values : Values
        Values and variants that are set.
    digest : str
        What the stored runs simulated; empty where there are none.
    """

    evaluator: Evaluator
    setting: int = 0
    values: Values = ()
    digest: str = ""

    def point(self, replica: int, seed: int) -> Point:
        """Return the point of a seed."""
        return Point(self.setting, self.values, replica, seed)


@dataclass(frozen=True)
class Operand:
    """One side of a comparison.

    Parameters
    ----------
    name : str
        As the user named it.
    data : dict
        The resolved scenario as plain data.
    origin : callable or None
        Tells where the value at a path came from, if that is known.
    seed : int
        The first seed.
    simulated : Simulated or None
        How further seeds are simulated; None for a sweep with several settings.
    rows : mapping of int to mapping of Row to float
        What is stored, by seed.
    units : mapping of Row to str
        Of what is stored.
    runs : mapping of int to Path
        Run directories, by seed.
    parameters : tuple of str
        Parameters whose values are dimensions of the rows.
    version : str
        Of the dcsim that stored the runs; empty where it is not known.
    warnings : tuple of str
        Inputs without effect.
    """

    name: str
    data: dict[str, Any]
    origin: Callable[[Path], str] | None
    seed: int
    simulated: Simulated | None
    rows: Mapping[int, Mapping[Row, float]] = field(default_factory=dict)
    units: Mapping[Row, str] = field(default_factory=dict)
    runs: Mapping[int, FilePath] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    version: str = ""
    warnings: tuple[str, ...] = ()


def open_operand(text: str, sets: Sequence[str] = (), catalog: Sequence[str] = ()) -> Operand:
    """Find out what a user named, and read what is stored of it.

    Parameters
    ----------
    text : str
        See the module's table.
    sets : sequence of str
        Settings ``path=value`` of a scenario; stored results cannot take any.
    catalog : sequence of str
        Folders with entries of one's own, for scenarios.

    Raises
    ------
    InputError
        With every problem.
    """
    base, selection = _split(text)
    place = FilePath(base)
    stored = _stored(place)
    if not stored and (not place.is_dir() or Catalog(catalog).path("scenarios", base) is not None):
        return _scenario(text, base, selection, sets, catalog)
    if sets or catalog:
        option = "--set" if sets else "--catalog"
        message = f"has no effect on stored results such as {quoted(text)}; name a scenario, or leave it out"
        raise InputError([Problem.of_option(option, message)])
    if not stored:
        message = f"holds no finished run (no {RUN_FILE}) and no finished sweep (no {RESULTS_FILE})"
        raise InputError([Problem(text, 0, 0, "", message)])
    if stored == [place / RESULTS_FILE]:
        return _sweep(text, Sweep(place), selection)
    if selection:
        message = "is a run, of which nothing can be chosen; leave out what stands behind the '@'"
        raise InputError([Problem(text, 0, 0, "", message)])
    return _runs(text, [Run(each.parent) for each in stored])


def _stored(place: FilePath) -> list[FilePath]:
    """Return the files that say that a directory holds a sweep, a run, or runs."""
    if (place / RESULTS_FILE).is_file() or (place / PARTS_FOLDER).is_dir():
        return [place / RESULTS_FILE]
    return [place / RUN_FILE] if (place / RUN_FILE).is_file() else sorted(place.glob(f"seed=*/{RUN_FILE}"))


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what is named, and the parts behind an ``@`` that is not part of a file's name."""
    if FilePath(text).exists() or "@" not in text:
        return text, ()
    base, _, behind = text.partition("@")
    parts = split_values(behind)
    if not base or not all(parts):
        message = "leaves a place empty; write such as minimal@save_on_notice or DIR@fleet.nic.bandwidth=50 Gbit/s"
        raise InputError([Problem(text, 0, 0, "", message)])
    return base, parts


def _scenario(
    text: str, base: str, selection: Sequence[str], sets: Sequence[str], catalog: Sequence[str]
) -> Operand:
    """Return a scenario that is simulated in memory."""
    variants = tuple(part for part in selection if "=" not in part)
    given = [*sets, *(part for part in selection if "=" in part)]
    resolved = resolve(base, sets=given, variant=variants, catalog=Catalog(catalog))
    split = (part.partition("=") for part in given)
    values = tuple((path.strip(), value.strip()) for path, _, value in split if path.strip() != "seed")
    return Operand(
        text,
        resolved.data,
        _origin_of(resolved),
        resolved.scenario.seed,
        Simulated(Evaluator(base, variants, tuple(catalog)), values=values),
        warnings=tuple(map(str, resolved.warnings)),
    )


def _origin_of(resolved: Resolved, sets: str = "--set") -> Callable[[Path], str]:
    """Return what tells where a value came from; ``sets`` is where those were set that came last."""

    def origin(path: Path) -> str:
        layer, mark = resolved.origins.origin(path)
        return f"{layer} {mark.file}:{mark.line}" if mark.line else sets if layer == "--set" else layer

    return origin


class _Facts(NamedTuple):
    digest: str
    seed: int
    version: str


def _facts(run: Run) -> _Facts:
    """Return what a stored run says of itself."""
    try:
        facts = run.provenance
        return _Facts(str(facts["run"]["digest"]), int(facts["run"]["seed"]), str(facts["environment"]["dcsim"]))
    except (KeyError, TypeError, ValueError):
        message = "does not say what was simulated; is it the file of a finished run?"
        raise InputError([Problem(str(run.path / RUN_FILE), 0, 0, "", message)]) from None


def _runs(text: str, runs: Sequence[Run]) -> Operand:
    """Return the stored runs of one scenario, by seed."""
    told = {run.path: _facts(run) for run in runs}
    digests = {facts.digest for facts in told.values()}
    if len(digests) > 1:
        message = f"holds runs of {len(digests)} different scenarios; name one run, such as {runs[0].path}"
        raise InputError([Problem(text, 0, 0, "", message)])
    rows: dict[int, dict[Row, float]] = {}
    units: dict[Row, str] = {}
    for run in runs:
        records = tidy_rows(run.metrics())
        rows[told[run.path].seed] = {row_of(record): record["value"] for record in records}
        units |= {row_of(record): record["unit"] for record in records}
    return Operand(
        text,
        runs[0].scenario,
        None,
        min(rows),
        Simulated(Evaluator(str(runs[0].path / SCENARIO_FILE)), digest=digests.pop()),
        rows,
        units,
        {facts.seed: path for path, facts in told.items()},
        version=told[runs[0].path].version,
    )


def _sweep(text: str, sweep: Sweep, parts: Sequence[str]) -> Operand:
    """Return the settings of a sweep that the user chose."""
    numbers = chosen_settings(sweep, parts, text, _alike)
    parameters = open_parameters(sweep, numbers)
    rows, units = rows_by_seed(sweep, numbers, parameters)
    evaluator, values = _evaluator_of(sweep, numbers[0])
    seed = min(rows, default=0)
    resolved = evaluator.resolved(Point(numbers[0], values, 0, seed))
    digest = str(sweep.points.loc[sweep.points["setting"] == numbers[0], "digest"].iloc[0])
    single = Simulated(evaluator, numbers[0], values, digest) if len(numbers) == 1 else None
    kept = {each: sweep.path / "runs" / str(numbers[0]) / f"seed={each}" for each in rows}
    runs = {each: path for each, path in kept.items() if single is not None and is_run_of(path, digest, each)}
    origin = _origin_of(resolved, "sweep")
    return Operand(text, resolved.data, origin, seed, single, rows, units, runs, parameters)


def _evaluator_of(sweep: Sweep, number: int) -> tuple[Evaluator, Values]:
    """Return what simulates further seeds of a setting, and the setting's values, those of all settings included."""
    spec = sweep.spec
    written = {name: str(value) for name, value in sweep.settings.loc[number].items()}
    values: dict[str, str] = {}
    for name, node in node_of(spec.get("set", {}), Mark("", 0, 0)).children():
        axis, _ = axis_of(str(name), node)
        values[axis.path] = written[axis.path] if axis.path in written else axis.values[0]
    variants = [str(each) for each in spec.get("variant", ())]
    for place, names in enumerate(variants, 1):
        path = VARIANT if place == 1 else f"{VARIANT}_{place}"
        values[path] = written.get(path, names)
    catalog, metrics = (tuple(map(str, spec.get(name, ()))) for name in ("catalog", "metrics"))
    return Evaluator(str(spec["scenario"]), catalog=catalog, metrics=metrics), tuple(values.items())


def _alike(text: str, value: str) -> bool:
    """Whether two values are written alike, or are the same number."""
    both = numbers_of([text, value])
    return text == value or (both is not None and both[0][0] == both[0][1])
