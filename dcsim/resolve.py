"""From a scenario by name or file to one with everything written out, each value with the place it came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dcsim.collectives import collective, operation_of, plan_of
from dcsim.compute.memory import recipe_shortage
from dcsim.drills import drill
from dcsim.errors import InputError, Problem
from dcsim.generators import generator
from dcsim.network.fabric_file import check_fabric
from dcsim.schedulers import scheduler
from dcsim.spec.authored import Authored, author, open_scenario
from dcsim.spec.catalog import Catalog
from dcsim.spec.checks import check_scenario
from dcsim.spec.compose import compose
from dcsim.spec.dump import dump_yaml
from dcsim.spec.explain import explain, problem_at
from dcsim.spec.layered import Layered, parse_path, relabel, unplaced
from dcsim.spec.origin import Reason, reasons
from dcsim.spec.resolved import ResolvedScenario
from dcsim.spec.shelf import FOLDERS
from dcsim.spec.sources import Source, check_sources
from dcsim.spec.tree import Node, Path, quoted
from dcsim.spec.yaml import is_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dcsim.registry import Registry
    from dcsim.spec.yaml import Document

__all__ = ["Resolved", "check", "check_entry", "check_overlays", "resolve", "resolve_document"]

_PLUGINS: dict[str, Registry[Any]] = {
    "collective": collective,
    "drill": drill,
    "generator": generator,
    "scheduler": scheduler,
}
_ENOUGH = 100
"""Problems after which further variants are not looked into."""
_EXTRA_FIELDS: dict[Path, tuple[str, ...]] = {(): ("extends",)}
_FILES = (("services", "*", "serving", "load", "file"), ("training", "*", "file"))


class Resolved:
    """A scenario with all defaults written out, and where each value came from.

    Parameters
    ----------
    scenario : ResolvedScenario
        What is simulated.
    origins : Layered
        The tree it was made from.
    warnings : tuple of Problem
        Inputs without effect.
    source_name : str
        The scenario as the user named it.
    """

    def __init__(
        self, scenario: ResolvedScenario, origins: Layered, warnings: tuple[Problem, ...], source_name: str
    ) -> None:
        self.scenario = scenario
        self.origins = origins
        self.warnings = warnings
        self.source_name = source_name

    @cached_property
    def data(self) -> dict[str, Any]:
        """The scenario as plain mappings, lists and scalars, quantities with units."""
        dumped = self.scenario.model_dump(mode="json", exclude={"variants"})
        return {"resolved": dumped.pop("resolved"), **dumped}

    def to_yaml(self) -> str:
        """Return the scenario as a self-contained file; resolving it again gives the same text."""
        return dump_yaml(self.data)

    @property
    def replayed(self) -> list[str]:
        """Paths of the files that the scenario replays."""
        nodes = [self.origins.root.at(path) for path in _matching(self.origins.root, _FILES)]
        return [node.value for node in nodes if node is not None and isinstance(node.value, str)]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is simulated, without the seed; replayed files count by content, not by name."""
        data = {key: value for key, value in self.data.items() if key != "seed"}
        text = json.dumps(data, ensure_ascii=False)
        for name in self.replayed:
            content = hashlib.sha256(FilePath(name).read_bytes()).hexdigest()
            text = text.replace(json.dumps(name, ensure_ascii=False), f'"sha256:{content}"')
        return hashlib.sha256(text.encode()).hexdigest()

    def with_seed(self, seed: int) -> Resolved:
        """Return the same scenario with another root of its random streams: a replica."""
        if seed == self.scenario.seed:
            return self
        other = Resolved(
            self.scenario.model_copy(update={"seed": seed}), self.origins, self.warnings, self.source_name
        )
        other.__dict__["digest"] = self.digest  # which leaves the seed out
        return other

    def entry(self, kind: str, name: str) -> Any:
        """Return a catalogue entry that the scenario uses, overrides included."""
        return self.scenario.catalog.entry(kind, name)

    def problem(self, key: str, message: str) -> Problem:
        """Return a problem with a value of the scenario, placed where it was written."""
        return problem_at(self.origins.root, parse_path(key), message)

    def file(self, key: str, name: str) -> FilePath:
        """Return the path of a file that the scenario names (``key`` says where)."""
        node = self.origins.root.at(parse_path(key))
        return FilePath(str(node.value) if node is not None else name)

    def reasons(self, key: str) -> list[Reason]:
        """Return for every value at or below a key where it came from and what says so.

        Raises
        ------
        InputError
            For a key that the scenario does not have.
        """
        return reasons(self.data, self.scenario, self.origins, key)

    def why(self, key: str) -> str:
        """Return why a value is what it is, for people: its layer, place and source, and what it replaced."""
        return "\n".join(reason.text() for reason in self.reasons(key))


def resolve(
    name_or_path: str | FilePath,
    *,
    sets: Sequence[str] = (),
    variant: str | Sequence[str] | None = None,
    catalog: Catalog | None = None,
) -> Resolved:
    """Write out everything that a scenario leaves to others.

    Parameters
    ----------
    name_or_path : str or Path
        A file, or the name of a scenario in the catalogue.
    sets : sequence of str
        Settings ``path=value`` that win over everything.
    variant : str or sequence of str, optional
        Which of the scenario's variants to take.
    catalog : Catalog, optional
        Entries and profiles; the shipped ones where not given.

    Raises
    ------
    InputError
        With every problem.

    Examples
    --------
    >>> resolve("hpca18_day", sets=["duration=1 h"]).scenario.duration
    3600.0
    """
    shelf = catalog or Catalog()
    variants = [variant] if isinstance(variant, str) else list(variant or ())
    return resolve_document(open_scenario(name_or_path, shelf), sets, variants, shelf)


def resolve_document(document: Document, sets: Sequence[str], variants: Sequence[str], shelf: Catalog) -> Resolved:
    """Resolve a scenario that was read, for callers that do so often.

    Raises
    ------
    InputError
        With every problem.
    """
    authored = author(document, shelf, variants, sets)
    flag = authored.root.child("resolved")
    complete = flag is not None and flag.value is True
    whole = compose(authored, Catalog(shipped=False) if complete else shelf, _source)
    root, warnings = whole.root, whole.warnings
    if complete and shelf.own:
        message = "has no effect on a resolved scenario, which holds its own entries"
        warnings.append(Problem("--catalog", 0, 0, "", message))
    nowhere = unplaced(root)
    problems = [*authored.problems, *nowhere, *whole.problems]
    if nowhere:
        raise InputError(problems)
    problems += _absolute_files(root, authored, shelf)
    wrong, hints = check_scenario(root, _PLUGINS, complete=whole.complete)
    problems += [*wrong, *_wrong_collectives(root)]
    try:
        scenario = ResolvedScenario.model_validate({**root.plain(), "resolved": flag.value if flag else True})
    except ValidationError as error:
        partial = not authored.complete
        problems += explain(error, root, ResolvedScenario, extra_fields=_EXTRA_FIELDS, partial=partial)
        raise InputError(_one_each(problems)) from None
    problems += [*_unfit_hosts(scenario, root), *_too_large(scenario, root)]
    if problems:
        raise InputError(_one_each(problems))
    told = tuple(sorted({*warnings, *hints}))
    return Resolved(scenario, Layered(root), told, authored.source)


def _wrong_collectives(root: Node) -> list[Problem]:
    """Return a problem for each recipe whose collective does not leave every host with the sum of all gradients."""
    problems = []
    for path in _matching(root, [("catalog", "training", "*", "collective")]):
        name = str(getattr(root.at(path), "value", ""))
        if name in collective and (operation := operation_of(name)) != "all_reduce":
            message = f"must be an all-reduce, such as 'ring'; '{name}' is of kind {operation.replace('_', '-')}"
            problems.append(problem_at(root, path, message))
    return problems


def _unfit_hosts(scenario: ResolvedScenario, root: Node) -> list[Problem]:
    """Return a problem for each recipe whose collective cannot be planned among its hosts."""
    problems = []
    for name, recipe in scenario.catalog.training.items():
        if recipe.collective not in collective:  # told with the other unknown names
            continue
        try:
            plan_of(recipe.collective, recipe.hosts, 1.0)
        except ValueError as error:
            message = f"'{recipe.collective}' {error}"
            problems.append(problem_at(root, ("catalog", "training", name, "collective"), message))
    return problems


def _too_large(scenario: ResolvedScenario, root: Node) -> list[Problem]:
    """Return a problem for each recipe that does not fit the GPUs of a server that it may run on."""
    held, problems = scenario.catalog, []
    for name, recipe in held.training.items():
        if recipe.model not in held.models:  # told with the other unknown names
            continue
        model, path = held.models[recipe.model], ("catalog", "training", name)
        for server in held.servers.values():
            if server.gpu not in held.gpus or server.kind != recipe.server_kind:
                continue
            batch, gpu = recipe.batch_per_device, held.gpus[server.gpu]
            try:
                lacking = recipe_shortage(model, batch, recipe.precision, gpu, server.gpu)
            except ValueError as error:
                problems.append(problem_at(root, (*path, "precision"), str(error)))
                break
            if lacking is not None:
                problems.append(problem_at(root, _written(root, path, ("batch_per_device", "model")), lacking))
    return problems


def _written(root: Node, path: Path, fields: tuple[str, ...]) -> Path:
    """Return the first of an entry's fields that the user wrote; the first where all are as shipped."""
    places = [(*path, field) for field in fields]
    own = [place for place in places if getattr(root.at(place), "layer", None) not in {"profile", "catalogue"}]
    return (own or places)[0]


def _one_each(problems: list[Problem]) -> list[Problem]:
    """Keep the first problem of each value: what was refused early is told again, in other words, by later checks."""
    first: dict[object, Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.column, problem.path), problem)
    return list(first.values())


def check(
    name_or_path: str | FilePath, *, sets: Sequence[str], variants: Sequence[str], catalog: Catalog
) -> tuple[list[Problem], tuple[Problem, ...]]:
    """Return problems and warnings of a scenario; those of each of its variants too, unless some are chosen."""
    problems: list[Problem] = []
    warnings: tuple[Problem, ...] = ()
    offered: list[str] = []
    try:
        document = open_scenario(name_or_path, catalog)
        offered = author(document, catalog, (), sets).variants
        warnings = resolve_document(document, sets, variants, catalog).warnings
    except InputError as error:
        problems += error.problems
    for variant in () if variants else offered:
        if len(problems) > _ENOUGH:
            break
        try:
            resolve_document(document, sets, [variant], catalog)
        except InputError as error:
            problems += error.problems
    return list(InputError(problems).problems), warnings


def check_entry(kind: str, document: Document, catalog: Catalog) -> list[Problem]:
    """Return every problem of an entry: its fields, the entries that it names, and what its generators read."""
    problems = [*document.problems, *catalog.check(kind, document)]
    if kind == "fabrics":
        problems += check_fabric(document)
    if kind == "services":
        around = Node({document.path.stem: relabel(document.root, "scenario")}, document.root.mark)
        for found in check_sources(Node({"services": around}, document.root.mark), _source):
            inside = found.path.partition(".")[2].partition(".")[2]
            problems.append(replace(found, path=inside))
    return list(InputError(_one_each(problems)).problems)


def check_overlays(catalog: Catalog) -> list[Problem]:
    """Return every problem of a user's own entries, used or not."""
    problems: list[Problem] = []
    for kind, name in dict.fromkeys(catalog.own):
        if kind in FOLDERS["scenarios"]:
            continue
        try:
            problems += check_entry(kind, catalog.raw(kind, name), catalog)
        except InputError as error:
            problems += error.problems
    return list(InputError(problems).problems)


def _source(name: str) -> Source | None:
    """Return what a generator plug-in reads, or None for an unknown one."""
    if name not in generator:
        return None
    call = generator.get(name).call
    return Source(
        call.load_needs if call.load is not None else None,
        call.arrivals_need if call.arrivals is not None else None,
        call.may,
    )


def _matching(root: Node, patterns: Iterable[Path]) -> list[Path]:
    """Return the paths of a tree that match patterns, in which ``*`` stands for any step."""
    found: list[Path] = []
    for pattern in patterns:
        paths: list[Path] = [()]
        for step in pattern:
            paths = [(*path, inner) for path in paths for inner in _steps(root.at(path), step)]
        found += paths
    return found


def _steps(node: Node | None, step: str | int) -> list[str | int]:
    every = [inner for inner, _ in node.children()] if node is not None else []
    return every if step == "*" else [inner for inner in every if inner == step]


def _absolute_files(root: Node, authored: Authored, catalog: Catalog) -> list[Problem]:
    """Write out the paths of files, which are seen from the folder of the file that names them."""
    problems = []
    for path in _matching(root, _FILES):
        node = root.at(path)
        if node is None or not isinstance(node.value, str):
            continue
        folder = authored.folders.get(node.mark.file, FilePath.cwd())
        if node.layer == "profile" and (profile := catalog.path("services", str(path[1]))) is not None:
            folder = profile.parent
        file = folder / node.value
        if not is_file(file):
            where = "current folder" if node.mark.line == 0 else "folder of this one"
            problems.append(problem_at(root, path, f"no such file: {quoted(node.value)}, seen from the {where}"))
        holder = root.at(path[:-1])
        if holder is not None:
            holder.value = {**holder.value, "file": Node(str(file), node.mark, node.key, node.layer)}
    return problems
