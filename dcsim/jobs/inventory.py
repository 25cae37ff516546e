r"""The nodes of a cluster: so many of one size, a CSV file, or a node list of the openb trace.

A CSV file names the columns ``node,slots`` and, where known, ``type,nic,rack,pod,cpus,memory`` (cores and bytes). Nodes
with the same ``nic`` share that adapter. Names of racks hold within their pod, names of adapters within their rack.

Examples
--------
>>> nodes = read_nodes("32x8")
>>> len(nodes.size), nodes.slots, nodes.even
(32, 256, (32, 8))
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     path = Path(folder) / "nodes.csv"
...     _ = path.write_text("node,slots,type,rack\na,8,V100,r1\nb,4,T4,r2\nc,8,V100,r2\n")
...     nodes = read_nodes(path)
>>> nodes.type_names, nodes.type.tolist(), nodes.rack.tolist(), nodes.even
(('V100', 'T4'), [0, 1, 0], [0, 1, 1], None)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.trace.csv_table import CsvTable, Field, read_csv
from dcsim.trace.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Inventory", "read_nodes"]

_EVEN = re.compile(r"\s*(\d{1,18})\s*[xX]\s*(\d{1,18})\s*\Z")
_MOST_NODES = 10**6
_MOST_SLOTS = 1024  # of one node
_MIB = 2**20
_OPENB = (
    Field("sn", "text", unique=True),
    Field("cpu_milli", "whole", high=10**9),
    Field("memory_mib", "whole", high=10**10),
    Field("gpu", "whole", high=_MOST_SLOTS),
    Field("model", "text", default=""),
)
_PLAIN = (
    Field("node", "text", unique=True),
    Field("slots", "whole", high=_MOST_SLOTS),
    Field("type", "text", default=""),
    Field("nic", "text", default=""),
    Field("rack", "text", default=""),
    Field("pod", "text", default=""),
    Field("cpus", high=1e6, default=math.inf),
    Field("memory", high=1e16, default=math.inf, unit="bytes"),
)


@dataclass(frozen=True, eq=False)
class Inventory:
    """Nodes in the order of their list; every array has one entry per node.

    Parameters
    ----------
    names : ndarray of object
        Names (str).
    size : ndarray of int64
        Slots.
    type : ndarray of int64
        Node type, a place in ``type_names``.
    type_names : tuple of str
        Names of the types, in order of first appearance; '' where none is said.
    nic, rack, pod : ndarray of int64
        Numbers; nodes of one number share it.
    cpus, memory : ndarray of float64
        Cores and bytes; infinite where not said.
    """

    names: NDArray[Any]
    size: NDArray[np.int64]
    type: NDArray[np.int64]
    type_names: tuple[str, ...]
    nic: NDArray[np.int64]
    rack: NDArray[np.int64]
    pod: NDArray[np.int64]
    cpus: NDArray[np.float64]
    memory: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.size)

    @property
    def slots(self) -> int:
        """Return the slots of all nodes together."""
        return int(self.size.sum())

    @property
    def even(self) -> tuple[int, int] | None:
        """Return (nodes, slots of each) where nothing but the number of slots tells what fits; else None."""
        plain = len(self.type_names) == 1 and not np.isfinite(self.cpus).any() and not np.isfinite(self.memory).any()
        return (len(self), int(self.size[0])) if plain and (self.size == self.size[0]).all() else None


def read_nodes(what: str | Path) -> Inventory:
    """Read the nodes of a cluster.

    Parameters
    ----------
    what : str or Path
        ``32x8`` for 32 nodes of 8 slots, or the name of a file.

    Raises
    ------
    InputError
        With every problem.
    """
    match = _EVEN.match(what) if isinstance(what, str) else None
    if match is not None:
        return _even(*map(int, match.groups()))
    if not Path(what).exists() and str(what) != "-" and not Path(what).suffix:
        message = f"'{what}' is neither a file nor a number of nodes and their slots, such as '32x8'"
        raise InputError([Problem.of_option("nodes", message)])
    source = Source(what)
    openb = {b"sn", b"cpu_milli"} <= set(re.split(rb"[,\s]+", source.head().split(b"\n", 1)[0]))
    table = read_csv(source, _OPENB if openb else _PLAIN)
    if not table.rows:
        raise InputError([Problem(table.file, 0, 0, "", "holds no nodes; write one line for each")])
    return _openb(table) if openb else _plain(table)


def _even(nodes: int, slots: int) -> Inventory:
    problems = [
        Problem.of_option("nodes", f"needs 1 to {most:,} {what}, not {count:,}")
        for what, count, most in (("nodes", nodes, _MOST_NODES), ("slots a node", slots, _MOST_SLOTS))
        if not 1 <= count <= most
    ]
    if problems:
        raise InputError(problems)
    names, size = _objects(str(node) for node in range(nodes)), np.full(nodes, slots)
    return _inventory(names, size, _objects([""] * nodes), np.full(nodes, math.inf), np.full(nodes, math.inf))


def _openb(table: CsvTable) -> Inventory:
    columns = table.columns
    cpus, memory = columns["cpu_milli"] / 1000.0, columns["memory_mib"] * float(_MIB)
    return _inventory(columns["sn"], columns["gpu"], columns["model"], cpus, memory)


def _plain(table: CsvTable) -> Inventory:
    columns = table.columns
    pod = columns["pod"].tolist()
    rack = list(zip(pod, columns["rack"].tolist(), strict=True))
    names = zip(rack, columns["nic"].tolist(), range(table.rows), strict=True)
    nic = [(place, name) if name else row for place, name, row in names]
    return _inventory(
        columns["node"], columns["slots"], columns["type"], columns["cpus"], columns["memory"],
        _codes(nic), _codes(rack), _codes(pod),
    )  # fmt: skip


def _inventory(
    names: NDArray[Any],
    size: NDArray[np.int64],
    types: NDArray[Any],
    cpus: NDArray[np.float64],
    memory: NDArray[np.float64],
    nic: NDArray[np.int64] | None = None,
    rack: NDArray[np.int64] | None = None,
    pod: NDArray[np.int64] | None = None,
) -> Inventory:
    """Return the inventory; unless the list says otherwise, every node has its own adapter and all are in one rack."""
    one = np.zeros(len(size), np.int64)
    nic = np.arange(len(size)) if nic is None else nic
    type_names = tuple(dict.fromkeys(types.tolist()))
    rack, pod = one if rack is None else rack, one if pod is None else pod
    return Inventory(names, size, _codes(types.tolist()), type_names, nic, rack, pod, cpus, memory)


def _codes(keys: Iterable[Any]) -> NDArray[np.int64]:
    """Return numbers, 0, 1, ..., in order of first appearance."""
    known: dict[Any, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


def _objects(texts: Iterable[str]) -> NDArray[Any]:
    return np.array([*texts], object)
