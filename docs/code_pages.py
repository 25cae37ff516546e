"""Pages of the reference that are read from code rather than from schemas: metrics and public names."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dcsim
from dcsim import errors, plot
from dcsim.metrics.plan import DIMENSIONS
from dcsim.spec.base import Spec

__all__ = ["metrics_page", "public_page", "summary_of"]

_DIMENSIONS = {
    "drill": "kind of a drill",
    "group_hosts": "hosts of an elastic group",
    "hosts_per_nic": "hosts of an adapter that synchronise at once",
    "kind": "kind of server",
    "level": "level of the network: `nic`, `rack`, `pod` or `wan`",
    "link": "a shared link",
    "local_hour": "hour of the day where the hosts are",
    "models": "`user` for the tiny models of users; those of the service otherwise",
    "network": "fidelity of the network",
    "offered": "hosts offered over hosts free",
    "outcome": "how a job ended",
    "rack": "entry of the catalogue",
    "recipe": "training recipe",
    "region": "region",
    "role": "serving, training or storage",
    "server": "entry of the catalogue",
    "service": "a service, or a stream of trainings",
    "sharer": "who shares a link",
}

_RETURNED = (
    ("dcsim.results.compare", "Comparison"),
    ("dcsim.prediction.answer", "Answer"),
    ("dcsim.job_replay.replay", "JobReplay"),
    ("dcsim.world.flow_replay", "FlowReplay"),
)


def summary_of(thing: Any) -> str:
    """Return the first paragraph of a docstring."""
    return inspect.cleandoc(inspect.getdoc(thing) or "").split("\n\n")[0]


def metrics_page() -> str:
    """Return the reference of the metrics: their rows, what they mean, and the tables and columns that they read."""
    registry = importlib.import_module("dcsim.metrics").metric
    parts = [
        "# Metrics\n\nEach is a function over finished tables, so any can be asked of an old run: "
        "`run.metric(\"slo\")`. `run.metrics()` has the rows of all, and `dcsim run --json` prints them.\n"
    ]  # fmt: skip
    for name in registry.names():
        plugin = registry.get(name)
        text = inspect.cleandoc(inspect.getdoc(plugin.call) or "").replace("``", "`").removeprefix("Return ")
        lines = [f"## {name}\n", f"{text[:1].upper()}{text[1:]}\n"]
        rows = ", ".join(f"`{row}`" + (f" ({unit})" if unit else "") for row, unit in _rows_of(plugin.call))
        if rows:
            lines.append(f"Rows: {rows}.\n")
        lines.append(f"Reads: {_reads(plugin.facts.get('reads', ()))}.\n")
        parts.append("\n".join(lines))
    known = "\n".join(f"`{name}`\n: {_DIMENSIONS[name]}\n" for name in DIMENSIONS)
    parts.append(f"## Dimensions\n\nA row that lacks one is about all of them.\n\n{known}")
    return "\n".join(parts)


def _reads(reads: Any) -> str:
    """Return the tables that a metric reads, with their columns where it names them."""
    columns = reads if isinstance(reads, dict) else dict.fromkeys(reads, ())
    return "; ".join(
        f"[{table}](tables.md#{table})" + (f" ({', '.join(f'`{name}`' for name in names)})" if names else "")
        for table, names in columns.items()
    )


def _rows_of(call: Any) -> list[tuple[str, str]]:
    """Return names and units of the rows that the module of a metric adds; ``...`` for what it fills in."""
    tree = ast.parse(Path(inspect.getfile(call)).read_text(encoding="utf-8"))
    found = {}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="add" | "add_each"), args=[name, unit, _, *_]):
                text = _text(name)
                if text.strip(".") not in ("", "_low", "_high"):
                    found[text] = _text(unit).replace("...", "")
    return sorted(found.items())


def _text(node: ast.expr) -> str:
    """Return a constant text, with dots for the parts of it that are not constant."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "..." for part in node.values)
    return "..."


def public_page() -> str:
    """Return the reference of the names that a program may rely on."""
    parts = [
        "# Python\n\nWhat a program or a notebook may rely on. Names are imported when first used; reading results "
        "needs neither the simulator nor its compiler.\n"
    ]  # fmt: skip
    for module in (dcsim, plot, errors):
        parts.append(f"## {module.__name__}\n\n{summary_of(module)}\n")
        parts += [_entry(module, name) for name in sorted(module.__all__, key=str.lower)]
    parts.append("## What is returned\n\nMade by the functions above, never by hand.\n")
    parts += [_entry(importlib.import_module(where), name) for where, name in _RETURNED]
    return "\n".join(parts)


def _entry(module: Any, name: str) -> str:
    """Return the entry of one name, for Sphinx to fill in from its docstring."""
    thing = getattr(module, name)
    where = f"{module.__name__}.{name}"
    if inspect.ismodule(thing):  # a package that can be called: its function is the one of its name
        thing, where = importlib.import_module(f"{where}.driver"), f"{where}.driver.{name}"
        thing = getattr(thing, name)
    if inspect.isclass(thing) and issubclass(thing, Spec):
        return f"`{where}`\n: {summary_of(thing)} Its fields are [listed here](fields.md#{name.lower()}).\n"
    return "\n".join(["```{eval-rst}", *_directive(thing, where), "```\n"])


def _directive(thing: Any, where: str) -> Iterator[str]:
    """Yield the lines of the directive that documents a thing."""
    if inspect.isclass(thing):
        kind = "exception" if issubclass(thing, BaseException) else "class"
        yield f".. auto{kind}:: {where}"
        yield "   :members:"
    elif callable(thing):
        yield f".. autofunction:: {where}"
    else:
        yield f".. autodata:: {where}"
        yield "   :no-value:"
