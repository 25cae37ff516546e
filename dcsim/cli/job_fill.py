"""``dcsim replay jobs --fill``: how full nodes get before nothing more finds a place, by placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.cli.columns import aligned
from dcsim.cli.job_options import read_count
from dcsim.errors import InputError, Problem
from dcsim.job_replay.filling import fill_nodes
from dcsim.job_replay.ground import CountedGround, read_ground
from dcsim.job_replay.opening import open_trace
from dcsim.placements import placement
from dcsim.results.cells import format_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcsim.job_replay.ground import Ground
__all__ = ["fill_lines", "fill_nodes_with"]

_MEANT = ("format", "nodes", "seed", "replicas")
_HEAD = (("placement", ""), ("allocated", ""), ("free, of no use", ""), ("jobs refused", ""))


def fill_nodes_with(place: str, names: Sequence[str], texts: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what every placement allocates, as it is told with ``--json``.

    Parameters
    ----------
    place : str
        The trace.
    names : sequence of str
        Placements; all of the package where empty.
    texts : mapping
        The other options by name, None where left out.

    Raises
    ------
    InputError
        With every problem of options and files.
    """
    problems = [
        Problem.of_option(name, "has no meaning with --fill, which has no clock; leave one of them out")
        for name, text in texts.items()
        if text is not None and name not in _MEANT
    ]
    seed = read_count("seed", texts, 0, problems) or 0
    orders = read_count("replicas", texts, 1, problems) or 1
    ground: Ground = CountedGround(0)
    if texts["nodes"] is not None:
        ground = read_ground(None, texts["nodes"], None, (), problems) or ground
    try:
        trace = open_trace(place, format=texts["format"])
        if not problems:
            found = fill_nodes(trace, ground, tuple(names) or placement.names(), seed=seed, orders=orders)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    rows = [
        {"placement": each.placement, **{
            f"{name}_ratio": getattr(each, name)._asdict() for name in ("allocated", "fragmented", "refused")
        }}
        for each in found
    ]  # fmt: skip
    return {"trace": trace.name, "slots": ground.slots, "nodes": ground.nodes, "orders": orders, "filled": rows}


def fill_lines(told: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table by placement."""
    rows = [
        (row["placement"], *(_cell(row[f"{name}_ratio"]) for name in ("allocated", "fragmented", "refused")))
        for row in told["filled"]
    ]
    head = f"{told['trace']}: jobs until they ask for 1.2 times the {told['slots']:,} slots of {told['nodes']:,} nodes"
    return [head, "", *aligned(_HEAD, rows, left={"placement"})]


def _cell(found: Mapping[str, Any]) -> str:
    middle, half = format_cell(found["mean"], "ratio"), found["half_width"]
    return f"{middle} ± {format_cell(half, 'ratio')}" if half else middle
