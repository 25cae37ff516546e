"""What the Tab key offers: scenarios, variants, settings, metrics, entries of the catalogue, plug-ins, files.

Options and arguments are known by their names, which mean the same with every verb, or by FILE and DIR in their help.
Nothing is imported before the Tab key asks, and what cannot be read is offered nothing rather than an error.
"""

from __future__ import annotations

import importlib
import os
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, split_arg_string

from dcsim.errors import DcsimError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["attach", "settings_of"]

_ENTRIES = {
    "model": "models", "server": "servers", "fabric": "fabrics", "sled": "sleds", "framework": "frameworks",
    "optimiser": "optimisers", "compression": "compressions", "transport": "transports", "target": "learning",
    "region": "regions",
}  # fmt: skip
"""Options that take an entry, and its kind."""
_PLUGINS = {
    "collective": "collectives.collective", "algorithm": "collectives.collective", "metric": "metrics.metric",
    "metrics": "metrics.metric", "parallelism": "parallelism.parallelism", "scheduler": "schedulers.scheduler",
    "schedulers": "schedulers.scheduler", "placements": "placements.placement", "format": "job_formats.job_format",
}  # fmt: skip
"""Options that take plug-ins, and the registry of these."""
_WORDS = {
    "network": "spec.network.FIDELITIES", "fidelity": "spec.network.FIDELITIES",
    "precision": "prediction.question.PRECISIONS", "data": "prediction.question.DATA",
    "placement": "world.placement.PLACEMENTS",
}  # fmt: skip
"""Options that take one of a few words, and where these stand."""
_FILES = ("file", "flows", "trace")
"""Arguments that take a file."""
_SCENARIOS = ("scenario", "files", "origin", "extend", "a")
"""Arguments and options that take a scenario, the one that settings and variants are of first."""


def attach(command: click.Command) -> None:
    """Let the Tab key complete what a verb's options and arguments take.

    Parameters
    ----------
    command : click.Command
        The verb; verbs below it are seen to as well.
    """
    for param in command.params:
        offers = _offers(param)
        if offers is not None:
            param.shell_complete = partial(_completed, offers)  # type: ignore[method-assign]
    if isinstance(command, click.Group):
        for below in command.commands.values():
            attach(below)


def _offers(param: click.Parameter) -> Callable[[click.Context, str], Iterable[CompletionItem]] | None:
    """Return what offers words for a parameter."""
    name = str(param.name)
    simple: dict[str, Callable[[click.Context, str], Iterable[CompletionItem]]] = {
        "sets": _settings, "why": _keys, "variants": _variants, "kind": _kinds, "words": _shown, "engine": _engines,
        "design": _designs, "path": _results, "a": _compared, "b": _compared,
        **dict.fromkeys(_SCENARIOS[:-1], _scenarios),
        **{each: partial(_entries, kind) for each, kind in _ENTRIES.items()},
        **{each: partial(_plugins, place) for each, place in _PLUGINS.items()},
        **{each: partial(_words, place) for each, place in _WORDS.items()},
    }  # fmt: skip
    if name in simple:
        return simple[name]
    wanted = (param.metavar or ("FILE" if name in _FILES else "")).split("|")
    if any(word.startswith("FILE") for word in wanted):
        return _files
    return _folders if "DIR" in wanted else None


def _completed(
    offers: Callable[[click.Context, str], Iterable[CompletionItem]], ctx: click.Context, incomplete: str
) -> list[CompletionItem]:
    try:
        return list(offers(ctx, incomplete))
    except (DcsimError, OSError, ValueError):
        return []


def settings_of(scenario: str) -> dict[str, Any]:
    """Return the paths that ``--set`` takes for a scenario, each with the value it has now; None where it has none.

    Examples
    --------
    >>> found = settings_of("minimal")
    >>> found["duration"], found["fleet.regions.lulea.serving.tioga_pass"], found["fleet.nic.bandwidth"]
    ('86400.0 s', 2, None)
    """
    from dcsim.resolve import resolve
    from dcsim.spec.schema import scenario_schema

    schema = scenario_schema()
    fixed = ("extends", "variants", "resolved")
    possible = dict.fromkeys(_possible(schema, schema["$defs"], ()))
    held = dict(_leaves(resolve(scenario).data, ()))
    found = {path: value for path, value in {**possible, **held}.items() if path.split(".")[0] not in fixed}
    inner = {path[:place] for path in found for place, letter in enumerate(path) if letter == "."}
    return {path: value for path, value in found.items() if path not in inner}


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    """Yield path and value of every scalar."""
    from dcsim.spec.tree import path_text

    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not children and not isinstance(value, (dict, list)):
        yield path_text(path), value
    for step, child in children:
        yield from _leaves(child, (*path, step))


def _possible(schema: dict[str, Any], definitions: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths of fields that a scenario may have, apart from those below names that it chooses itself."""
    parts = [schema, *schema.get("anyOf", ())]
    targets = [definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part for part in parts]
    fields = {name: field for target in targets for name, field in target.get("properties", {}).items()}
    for name, field in fields.items():
        yield from _possible(field, definitions, (*path, name))
    if path and not fields and not any(target.get("type") in {"object", "array"} for target in targets):
        yield ".".join(path)


def _settings(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Offer the next part of a path; a whole one ends in '=', with the value it has now beside it."""
    for path, value in _next_parts(ctx, incomplete):
        yield CompletionItem(path if path.endswith(".") else f"{path}=", help=None if value is None else str(value))


def _keys(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return (CompletionItem(path.rstrip("."), help=value) for path, value in _next_parts(ctx, incomplete))


def _next_parts(ctx: click.Context, incomplete: str) -> Iterable[tuple[str, Any]]:
    """Return the paths that begin so, up to the next dot, and the values of whole ones."""
    scenario = _scenario(ctx)
    found = settings_of(scenario) if scenario is not None else {}
    parts: dict[str, Any] = {}
    for path, value in found.items():
        if path.startswith(incomplete):
            dot = path.find(".", len(incomplete))
            parts.setdefault(path if dot < 0 else path[: dot + 1], value if dot < 0 else None)
    return parts.items()


def _variants(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    from dcsim.spec.authored import author, open_scenario
    from dcsim.spec.catalog import Catalog

    scenario, shelf = _scenario(ctx), Catalog()
    offered = [] if scenario is None else author(open_scenario(scenario, shelf), shelf).variants
    return _beginning(offered, incomplete)


def _scenario(ctx: click.Context) -> str | None:
    """Return the scenario that stands on the line."""
    for params in (ctx.params, *_parsed(ctx)):
        given = next((params[name] for name in _SCENARIOS if params.get(name)), None)
        if given is not None:
            return str(given[0] if isinstance(given, tuple) else given)
    return None


def _parsed(ctx: click.Context) -> Iterator[dict[str, Any]]:
    """Yield what the line says, read without its last words: click stops at an option whose value is being written."""
    words = split_arg_string(os.environ.get("COMP_WORDS", ""))
    words = words[words.index(ctx.info_name) + 1 :] if ctx.info_name in words else []
    for end in range(len(words), max(len(words) - 3, 0), -1):
        yield ctx.command.make_context(ctx.info_name, words[:end], parent=ctx.parent, resilient_parsing=True).params


def _scenarios(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Offer scenarios, to a sweep also those that are written down, and files of the folder."""
    from dcsim.spec.shelf import Shelf

    shelf = Shelf()
    sweeps = shelf.names("sweeps") if ctx.info_name == "sweep" else ()
    return _beginning([*sweeps, *shelf.names("scenarios"), *_yaml_here(incomplete)], incomplete, files=True)


def _yaml_here(incomplete: str) -> list[str]:
    """Return the YAML files of the current folder, unless another is being written."""
    from pathlib import Path

    return [] if "/" in incomplete else sorted(path.name for path in Path().glob("*.yaml"))


def _results(_ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Offer what was simulated, else files."""
    return _beginning(_simulated(), incomplete, files=True)


def _compared(_ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Offer what was simulated and what can be, else files."""
    from dcsim.spec.shelf import Shelf

    return _beginning([*_simulated(), *Shelf().names("scenarios"), *_yaml_here(incomplete)], incomplete, files=True)


def _simulated() -> list[str]:
    """Return runs and sweeps below their usual folders, newest first."""
    from pathlib import Path

    found = [*Path("runs").glob("*/seed=*/run.json"), *Path("sweeps").glob("*/results.parquet")]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [str(path.parent) for path in found]


def _engines(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Offer engines: of a sweep, or those that replay jobs."""
    if ctx.info_name == "jobs":
        return _beginning(_standing("job_replay.replay.ENGINES"), incomplete)
    from dcsim.sweeps.engines import AUTO, sweep_engine

    return _beginning([AUTO, *sweep_engine.names()], incomplete)


def _designs(_ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    from dcsim.spec.sweep import DESIGNS

    return _beginning(DESIGNS, incomplete)


def _entries(kind: str, _ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    from dcsim.spec.shelf import Shelf

    return _listed(Shelf().names(kind), incomplete)


def _plugins(place: str, _ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return _listed(_standing(place).names(), incomplete)


def _words(place: str, _ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return _listed(_standing(place), incomplete)


def _standing(place: str) -> Any:
    """Return what stands under a name in a module."""
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(f"dcsim.{module}"), name)


def _kinds(_ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    from dcsim.spec.shelf import KINDS

    return _beginning(KINDS, incomplete)


def _shown(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Offer kinds and names of entries; names of a kind after it."""
    from dcsim.spec.shelf import KINDS, Shelf

    shelf, before = Shelf(), ctx.params.get("words") or ()
    if before and before[0] in KINDS:
        return _beginning(shelf.names(before[0]), incomplete)
    return _beginning([*KINDS, *sorted({name for kind in KINDS for name in shelf.names(kind)})], incomplete)


def _listed(names: Iterable[str], incomplete: str) -> Iterable[CompletionItem]:
    """Offer names for the last place of a list with commas, or else files."""
    before, comma, last = incomplete.rpartition(",")
    return _beginning([f"{before}{comma}{name}" for name in names if name.startswith(last)], incomplete, files=True)


def _beginning(names: Iterable[str], incomplete: str, *, files: bool = False) -> list[CompletionItem]:
    """Return the names that begin so; where none does, files if they may stand there."""
    found = [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
    return found if found or not files else [CompletionItem(incomplete, type="file")]


def _files(_ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _folders(_ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return [CompletionItem(incomplete, type="dir")]
