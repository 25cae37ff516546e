"""Files of a replay: flows to send, changes of links on the way, and the completions that come of it."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.network.flows import Changes
from dcsim.spec.tree import quoted
from dcsim.trace.csv_table import CsvTable, Field, read_csv
from dcsim.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

    from dcsim.errors import Problem
    from dcsim.network.topology import Topology

__all__ = ["FlowTrace", "read_changes", "read_completions", "read_flows", "write_columns", "write_completions"]

_MOST_HOSTS = 10_000_000
_MOST_BYTES = 1e18
_MOST_SECONDS = 1e12
_NAMES_COMPARED = 10_000
_HINTS = 20


@dataclass(frozen=True, eq=False)
class FlowTrace:
    """Flows as they stand in a file, in its order.

    Parameters
    ----------
    table : CsvTable
        What was read, for messages.
    id : ndarray of str, shape (flows,)
        Names.
    src, dst : ndarray of int64, shape (flows,)
        Hosts.
    nbytes, start : ndarray of float64, shape (flows,)
        Size and time, bytes and s.
    weight : ndarray of float64, shape (flows,)
        Claim on a shared link, 1 where the file does not say.
    cap : ndarray of float64, shape (flows,)
        Largest rate, bytes/s; infinite where the file does not say.
    """

    table: CsvTable
    id: NDArray[Any]
    src: NDArray[np.int64]
    dst: NDArray[np.int64]
    nbytes: NDArray[np.float64]
    start: NDArray[np.float64]
    weight: NDArray[np.float64]
    cap: NDArray[np.float64]


def read_flows(source: str | Path, hosts: int | None = None) -> FlowTrace:
    """Read a flow trace: ``id,src,dst,bytes,start`` and, if wanted, ``weight`` and ``cap`` (bytes/s).

    Parameters
    ----------
    source : str or Path
        A CSV file, gzipped or not, or ``-`` for standard input.
    hosts : int, optional
        Of the fabric; not given where it grows with its hosts.

    Raises
    ------
    InputError
        With every problem of the file, by line and column.
    """
    outside = f"lies outside the fabric, whose hosts are 0 to {hosts - 1}" if hosts else ""
    high = hosts - 1 if hosts else _MOST_HOSTS - 1
    table = read_csv(
        source,
        [
            Field("id", "text", unique=True),
            Field("src", "whole", high=high, beyond=outside),
            Field("dst", "whole", high=high, beyond=outside),
            Field("bytes", high=_MOST_BYTES, unit="bytes"),
            Field("start", high=_MOST_SECONDS, unit="seconds"),
            Field("weight", low=1e-9, high=1e9, default=1.0),
            Field("cap", low=1e-3, high=1e18, default=np.inf, unit="bytes/s"),
        ],
    )
    columns = table.columns
    return FlowTrace(
        table, columns["id"], columns["src"], columns["dst"], columns["bytes"], columns["start"],
        columns["weight"], columns["cap"],
    )  # fmt: skip


def read_changes(source: str | Path, topology: Topology) -> Changes:
    """Read changes of links: ``time,link,bandwidth``, in any order.

    A bandwidth is what the link carries from then on: a quantity such as ``25 Gbit/s``, a share such as ``50 %`` of
    what it has by itself, or ``0`` for a link that has failed.

    Parameters
    ----------
    source : str or Path
        A CSV file, gzipped or not, or ``-`` for standard input.
    topology : Topology
        Whose links are named.

    Raises
    ------
    InputError
        With every problem of the file, by line and column.
    """
    time = Field("time", high=_MOST_SECONDS, unit="seconds")
    table = read_csv(source, [time, Field("link", "text"), Field("bandwidth", "text")])
    numbers = {topology.name(link): link for link in range(topology.links)} if table.rows else {}
    problems: list[Problem] = []
    links, capacity = np.zeros(table.rows, np.int64), np.zeros(table.rows)
    seen: dict[tuple[float, int], int] = {}
    rows = zip(*(table.columns[name].tolist() for name in ("time", "link", "bandwidth")), strict=True)
    for row, (when, name, bandwidth) in enumerate(rows):
        link = numbers.get(name)
        if link is None:
            problems.append(table.problem(row, "link", _unknown(name, numbers, compared=len(problems) < _HINTS)))
            continue
        above = seen.setdefault((when, link), row)
        if above != row:
            line = table.problem(above, "link", "").line
            problems.append(table.problem(row, "link", f"changes at this time on line {line} too; leave one of them"))
        links[row] = link
        try:
            capacity[row] = _bandwidth(bandwidth, float(topology.capacity[link]))
        except ValueError as error:
            problems.append(table.problem(row, "bandwidth", str(error)))
    table.refuse(problems)
    order = np.argsort(table.columns["time"], kind="stable")
    return Changes(table.columns["time"][order], links[order], capacity[order])


def _unknown(name: str, known: dict[str, int], *, compared: bool) -> str:
    """Say that a link has no such name, and which it could be."""
    near = difflib.get_close_matches(name, known, n=1) if compared and len(known) <= _NAMES_COMPARED else []
    hint = f"did you mean '{near[0]}'?" if near else "'dcsim replay links' lists all"
    return f"unknown link {quoted(name)}; {hint}"


def _bandwidth(text: str, nominal: float) -> float:
    """Return a bandwidth in bytes/s."""
    if text == "0":
        return 0.0
    if text.endswith("%"):
        try:
            value = float(text[:-1]) / 100.0 * nominal
        except ValueError:
            value = -1.0
    else:
        try:
            value = parse_quantity(text, "data rate")
        except ValueError as error:
            raise ValueError(f"{error} (or '50 %' of what the link has, or 0 for a failure)") from None
    if not 0.0 <= value < np.inf:
        raise ValueError(f"{quoted(text)} must be 0 or more, such as '25 Gbit/s', '50 %' or 0")
    return value


def read_completions(source: str | Path) -> CsvTable:
    """Read completions as ``dcsim replay flows`` writes them: ``id,start,finish``; an empty finish is infinite.

    Raises
    ------
    InputError
        With every problem of the file, by line and column.
    """
    return read_csv(
        source,
        [
            Field("id", "text", unique=True),
            Field("start", low=-_MOST_SECONDS, high=_MOST_SECONDS, unit="seconds"),
            Field("finish", low=-_MOST_SECONDS, default=np.inf, unit="seconds"),
        ],
    )


def write_completions(file: TextIO, trace: FlowTrace, finish: NDArray[np.float64]) -> None:
    """Write ``id,start,finish`` in the order of the trace, times so that the very same floats are read back.

    The finish of a flow that never finishes stays empty.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("id", "start", "finish"))
    writer.writerows(zip(trace.id.tolist(), trace.start.tolist(), _cells(finish), strict=True))


def write_columns(file: TextIO, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays of equal length as columns under their names."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


def _cells(values: NDArray[np.float64]) -> list[float | None]:
    """Return floats for a CSV file, None where they are not finite."""
    return [value if finite else None for value, finite in zip(values.tolist(), np.isfinite(values), strict=True)]
