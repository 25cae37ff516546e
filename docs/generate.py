"""Write ``docs/reference/`` from the code: fields, tables, metrics, plug-ins, catalogue and commands.

Runs at the start of every Sphinx build (see ``conf.py``), or by itself: ``python docs/generate.py``.
"""

from __future__ import annotations

import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import yaml
from code_pages import metrics_page, public_page, summary_of
from pydantic_core import PydanticUndefined

from dcsim.assemble import assemble
from dcsim.collective_table import Comparison, compare
from dcsim.compute.layers import gradient_bytes
from dcsim.plot.validation import validation
from dcsim.resolve import resolve
from dcsim.spec.base import Name, Quantity, Ratio, Spec
from dcsim.spec.catalog import Catalog
from dcsim.spec.fabric import FABRICS
from dcsim.spec.hardware import HARDWARE_KINDS
from dcsim.spec.scenario import Scenario
from dcsim.spec.service import WORKLOAD_KINDS
from dcsim.spec.sweep import RangeSpec, SweepSpec
from dcsim.trace.tables import TABLES
from dcsim.units import DIMENSIONS, dimension_example, format_quantity
from dcsim.validation.reading import read_rows
from dcsim.validation.report import page
from dcsim.validation.results import validate

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
FAMILIES = {
    "collectives": "collective", "parallelism": "parallelism", "schedulers": "scheduler",
    "placements": "placement", "job_formats": "job_format", "generators": "generator",
    "drills": "drill", "metrics": "metric", "sweeps.engines": "sweep_engine",
}  # fmt: skip
TYPES = {"fabrics": FABRICS}
INHERITED = ("title", "source", "assumption", "sources", "assumptions", "conflicts")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), ["---"] * len(list(head)), *(list(row) for row in rows)]
    cells = ([" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def describe_type(hint: Any) -> str:
    """Return the type of a field in a user's words."""
    if hint is Ratio:
        return "share, such as `0.85` or `85 %`"
    if hint is Name:
        return "name"
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        inner, *facts = typing.get_args(hint)
        quantity = next((fact for fact in facts if isinstance(fact, Quantity)), None)
        if quantity is not None:
            return f"[{quantity.dimension}](#quantities)"
        return describe_type(inner)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(hint))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe_type(part) for part in typing.get_args(hint) if part is not type(None))
    if origin is tuple:
        return f"list of {describe_type(typing.get_args(hint)[0])}"
    if origin is dict:
        key, value = typing.get_args(hint)
        return f"mapping of {describe_type(key)} to {describe_type(value)}"
    if inspect.isclass(hint) and issubclass(hint, Spec):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    simple = {
        int: "whole number",
        float: "number",
        str: "text",
        bool: "`true` or `false`",
        Any: "anything",
        datetime: "instant, such as `2017-09-19T00:00:00Z`",
    }
    return simple.get(hint, getattr(hint, "__name__", str(hint)))


def nested_specs(hint: Any) -> Iterator[type[Spec]]:
    """Yield the specs inside a type, outermost first."""
    if inspect.isclass(hint) and issubclass(hint, Spec):
        yield hint
    for part in typing.get_args(hint):
        yield from nested_specs(part)


def parameters_of(cls: type) -> dict[str, str]:
    """Return the description of every parameter in the NumPy docstrings of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = re.search(
            r"Parameters\n-+\n(.*?)(?:\n\n\S+\n-{3,}|\Z)", inspect.cleandoc(base.__doc__ or ""), re.S
        )
        if section is None:
            continue
        for names, text in re.findall(
            r"^(\S[^:\n]*?)(?: :[^\n]*)?\n((?:[ \t]+.*(?:\n|\Z)|\n)*)", section[1], re.M
        ):
            found |= dict.fromkeys(re.split(r",\s*", names), text.strip())
    return found


def describe_default(field: Any, hint: Any) -> str:
    """Return what holds when a field is left out."""
    if field.is_required():
        return "required"
    if field.default_factory_takes_validated_data:
        return "by other fields"
    value = field.get_default(call_default_factory=True)
    quantity = next((fact for fact in typing.get_args(hint) if isinstance(fact, Quantity)), None)
    if quantity is not None and value is not None:
        return f"`{format_quantity(value, quantity.dimension)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None or value is PydanticUndefined or value in ((), {}, ""):
        return ""
    return f"`{value}`"


def describe_spec(cls: type[Spec], *, inherited: bool) -> str:
    """Return one section: the docstring's first line and a table of fields."""
    hints = typing.get_type_hints(cls, include_extras=True)
    said = parameters_of(cls)
    rows = []
    for name, field in cls.model_fields.items():
        if inherited or name not in INHERITED:
            hint = hints[name]
            default = describe_default(field, hint)
            rows.append([f"`{field.alias or name}`", describe_type(hint), default, said.get(name, "")])
    summary = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0]
    return f"({cls.__name__.lower()})=\n## {cls.__name__}\n\n{summary}\n\n" + table(
        ("field", "type", "default", "meaning"), rows
    )


def describe_specs(roots: Iterable[type[Spec]]) -> str:
    """Return the sections of specs and of every spec inside them, each once."""
    waiting, seen = list(roots), []
    while waiting:
        cls = waiting.pop(0)
        if cls in seen:
            continue
        seen.append(cls)
        hints = typing.get_type_hints(cls, include_extras=True)
        waiting += [spec for name in cls.model_fields for spec in nested_specs(hints[name])]
    return "\n".join(describe_spec(cls, inherited=False) for cls in seen)


def scenario_page() -> str:
    """Return the reference of everything that a file may say."""
    units = table(
        ("dimension", "such as", "units"),
        (
            (name, f"`{dimension_example(name)}`", ", ".join(f"`{unit}`" for unit in units))
            for name, units in DIMENSIONS.items()
        ),
    )
    said = parameters_of(HARDWARE_KINDS["gpus"])
    sourced = table(("field", "meaning"), ((f"`{name}`", said[name]) for name in INHERITED if name in said))
    kinds = [spec for kind, one in HARDWARE_KINDS.items() for spec in (one, *TYPES.get(kind, {}).values())]
    roots = [Scenario, *kinds, *WORKLOAD_KINDS.values()]
    return (
        "# Fields of scenarios, hardware and workloads\n\n"
        "Two keys are read before the schema: `extends: NAME` merges the file over another scenario, and "
        "`variants:` holds named sets of changes, chosen with `--variant`.\n\n"
        f"(quantities)=\n## Quantities\n\n{units}\n"
        f"## What every catalogue and workload entry may say of itself\n\n{sourced}\n{describe_specs(roots)}"
    )


def sweep_page() -> str:
    """Return the reference of what a sweep file may say."""
    said = (
        "What `dcsim sweep FILE.yaml` reads; the options of the command have the same names. How to write one: "
        "[sweep a scenario](../howto/sweep.md)."
    )
    return f"# Fields of sweep files\n\n{said}\n\n{describe_specs([SweepSpec, RangeSpec])}"


def tables_page() -> str:
    """Return the reference of the tables of a run."""
    shapes = (
        "*Facts* say what was simulated; *steps* are levels that held from `time_s` for `held_s`; *spans* "
        "are things that began and ended. Times count from the start of the scenario."
    )
    parts = [f"# Tables of a run\n\n{shapes}\n"]
    for one in TABLES.values():
        rows = ([f"`{column.name}`", column.dtype, column.unit, column.doc] for column in one.columns)
        parts.append(
            f"## {one.name}\n\n{one.doc} ({one.shape})\n\n"
            + table(("column", "type", "unit", "meaning"), rows)
        )
    return "\n".join(parts)


def plugins_page() -> str:
    """Return the reference of the plug-ins by family."""
    parts = ["# Plug-ins\n\nNames to use in scenarios; see [how to add one](../howto/add_a_plugin.md).\n"]
    for package, family in FAMILIES.items():
        registry = getattr(importlib.import_module(f"dcsim.{package}"), family)
        rows = []
        for name in registry.names():
            registry.get(name)
            rows.append([f"`{name}`", summary_of(importlib.import_module(f"dcsim.{package}.{name}"))])
        title = package.replace("_", " ").replace(".", " ").capitalize()
        parts.append(f"## {title}\n\n" + table(("name", "what it is"), rows))
    return "\n".join(parts)


def entries(folder: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield kind, name and content of every YAML entry of a data folder."""
    for path in sorted((ROOT / folder).glob("*/*.yaml")):
        yield path.parent.name, path.stem, yaml.safe_load(path.read_text(encoding="utf-8"))


def catalogue_page() -> str:
    """Return what the catalogue and the workloads hold, with sources, assumptions and conflicts."""
    parts = [
        "# Catalogue and workloads\n\nEvery entry with where its numbers are from. "
        "`dcsim catalog show KIND NAME` prints one in full.\n"
    ]
    said: list[list[str]] = []
    kinds: dict[str, list[list[str]]] = {}
    for folder in ("hardware_catalog", "workloads"):
        for kind, name, entry in entries(folder):
            origin = entry.get("source") or f"assumption: {entry.get('assumption')}"
            kinds.setdefault(kind, []).append([f"`{name}`", str(entry.get("title", "")), str(origin)])
            said += [
                [f"`{kind}/{name}`", f"`{field}`", str(why)]
                for field, why in entry.get("assumptions", {}).items()
            ]
            said += [[f"`{kind}/{name}`", "conflict", str(text)] for text in entry.get("conflicts", ())]
    for kind, rows in kinds.items():
        parts.append(f"## {kind.capitalize()}\n\n" + table(("name", "title", "source"), rows))
    parts.append(
        "## Assumptions and conflicts, field by field\n\n" + table(("entry", "field", "reason"), said)
    )
    return "\n".join(parts)


def commands(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    """Yield the help of a command and of those below it."""
    context = click.Context(command, parent=parent, info_name=name, terminal_width=90, max_content_width=90)
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            below = command.get_command(context, child)
            if below is not None:
                yield from commands(below, context, child)


def commands_page() -> str:
    """Return the help of every verb."""
    codes = "Exit codes: 0 fine, 1 the machine's or our fault, 2 the input's fault, 130 interrupted.\n"
    main = importlib.import_module("dcsim.cli.main").main
    return "# Commands\n\n" + codes + "\n" + "\n".join(commands(main, None, "dcsim"))


def models_page() -> str:
    """Return the counts of every model, worked out from its layer table."""
    rows = []
    for name in (shelf := Catalog()).names("models"):
        model = shelf.load("models", name)
        products = sum(
            2.0 * row.rows * row.depth * row.columns * row.groups * row.repeat for row in model.layers if row.depth
        )
        moved = sum((row.read + row.write + row.weights) * row.repeat for row in model.layers)
        kept = sum(row.write * row.repeat for row in model.layers if not row.in_place)
        values = sum(row.parameters * row.repeat for row in model.layers)
        tables = sum(row.parameters * row.repeat for row in model.layers if row.kind == "embedding")
        tensors = sum(len(row.tensors or (0,)) * row.repeat for row in model.layers if row.parameters)
        rows.append([
            f"`{name}`", model.family, f"{values:,}", f"{4e-6 * tables:,.4g}", str(tensors),
            f"{gradient_bytes(model) / 1e6:,.4g}", f"{products / 1e9:,.4g}", f"{moved / 1e6:,.4g}",
            f"{kept / 1e6:,.4g}", f"{model.tokens or ''}",
        ])  # fmt: skip
    head = ("model", "family", "parameters", "of them tables (MB)", "tensors", "gradient (MB)",
            "forward products (GFLOP)", "forward traffic (MB)", "kept (MB)", "tokens")  # fmt: skip
    return (
        "# Models\n\nHow a model becomes a table of layers is told in [its own page](../explanation/models.md); "
        "sources and assumptions stand in [the catalogue](catalogue.md#models). Counts are of one sample at 4 bytes a "
        "value; kept is what training keeps of the forward pass, gradient what one replica exchanges.\n\n"
        + table(head, rows)
    )


def network_page() -> str:
    """Return the gaps between the fidelities of the network, worked out anew."""
    rows = []
    for fabric in ("rack16_50g_full", "rack16_50g_shared"):
        asked = Comparison(ranks=(8, 32, 128, 512), nbytes=(100e6,), fabric=fabric)
        rows += [
            (f"`{fabric}`", f"`{row.algorithm}`", str(row.ranks), f"{row.time_s * 1e3:.3f}",
             f"{row.closed_form_s * 1e3:.3f}", f"{row.time_s / row.closed_form_s - 1:+.1%}")
            for row in compare(asked)
        ]  # fmt: skip
    shared = [
        (str(row.hosts_per_nic), f"`{row.network}`", f"{row.cost.step_s * 1e3:.2f}",
         f"{row.cost.exposed_s * 1e3:.2f}", f"{row.cost.loss_ratio:.2%}", f"{row.cost.timeouts:.2f}")
        for row in assemble(resolve("shared_nic")).recipes
    ]  # fmt: skip
    head = ("hosts of the NIC", "network", "step (ms)", "of it communication (ms)", "packets lost", "time-outs")
    gaps = ("fabric", "algorithm", "ranks", "flow (ms)", "closed form (ms)", "gap")
    return (
        "# Gaps between the fidelities\n\nWhat the fidelities are, and when to take which, stands in "
        "[three fidelities of the network](../explanation/network_fidelities.md).\n\n"
        "## Hosts of a sled that synchronise at once\n\nThe training step of `scenarios/shared_nic.yaml`.\n\n"
        f"{table(head, shared)}\n## All-reduce of 100 MB\n\nNo overhead and no losses on these fabrics.\n\n"
        f"{table(gaps, rows)}"
    )


def validation_page() -> str:
    """Return the predictions beside what was published, and draw them."""
    rows = read_rows()
    results = validate(rows.rows, Catalog())
    picture = validation([result for result in results if result.measured])
    picture.savefig(REFERENCE / "validation.png", dpi=120)
    title, rest = page(results, rows.not_answered).split("\n", 1)
    return (
        f"{title}\n\nWhat the columns mean, and how to compare with figures of your own, stands in "
        "[compare predictions with measurements](../howto/validate.md).\n\n"
        f"![Predicted over published figures, and the errors by topic](validation.png)\n\n{rest}"
    )


PAGES = {
    "fields": scenario_page, "sweep_fields": sweep_page, "tables": tables_page, "metrics": metrics_page,
    "plugins": plugins_page, "catalogue": catalogue_page, "models": models_page, "commands": commands_page,
    "python": public_page, "network_gaps": network_page, "validation": validation_page,
}  # fmt: skip


def generate() -> None:
    """Write every page and the index; unchanged files are left alone, so builds stay incremental."""
    REFERENCE.mkdir(exist_ok=True)
    listed = "\n".join(PAGES)
    index = f"# Reference\n\nGenerated from the code.\n\n```{{toctree}}\n{listed}\n```\n"
    for name, text in {"index": index, **{name: write() for name, write in PAGES.items()}}.items():
        path = REFERENCE / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    generate()
