"""A flow trace through a fabric: from the names of files to completions, what links carried, and a comparison.

Examples
--------
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     path = Path(folder) / "flows.csv"
...     _ = path.write_text(chr(10).join(["id,src,dst,bytes,start", "a,0,2,6.25e9,0", "b,1,2,12.5e9,0"]))
...     replay_flows("leaf_spine_256", path).completions.finish.tolist()
[2.0, 3.0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.errors import Problem
from dcsim.network.build import size_of
from dcsim.network.flow_comparison import compare
from dcsim.network.flow_trace import read_changes, read_flows
from dcsim.network.flows import run_flows
from dcsim.spec.catalog import Catalog
from dcsim.world.fabric_by_name import build_on, find_fabric, without_effect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dcsim.network.flow_comparison import Comparison
    from dcsim.network.flow_trace import FlowTrace
    from dcsim.network.flows import Completions
    from dcsim.network.rerouting import Changes
    from dcsim.network.topology import Routes, Topology

__all__ = ["FlowReplay", "replay_flows"]


@dataclass(frozen=True, eq=False)
class FlowReplay:
    """A flow trace, the links that it went through, and what came of it.

    Parameters
    ----------
    topology : Topology
        Links and routes.
    trace : FlowTrace
        The flows.
    completions : Completions
        When each was over.
    warnings : tuple of Problem
        Inputs without effect, and flows that never finish.
    """

    topology: Topology
    trace: FlowTrace
    completions: Completions
    warnings: tuple[Problem, ...] = ()

    @property
    def flows(self) -> dict[str, NDArray[Any]]:
        """One column after the other, a row for each flow; ready for ``pandas.DataFrame``."""
        trace, done = self.trace, self.completions
        return {
            "id": trace.id, "src": trace.src, "dst": trace.dst, "bytes": trace.nbytes, "start_s": trace.start,
            "finish_s": done.finish, "duration_s": done.duration, "alone_s": done.alone,
            "slowdown_ratio": done.slowdown,
        }  # fmt: skip

    @property
    def links(self) -> dict[str, NDArray[Any]]:
        """One column after the other, a row for each link; utilisation is the mean over the makespan."""
        topology, done = self.topology, self.completions
        could = topology.capacity * done.span
        return {
            "link": np.array([topology.name(link) for link in range(topology.links)], object),
            "level": np.array(topology.levels, object)[topology.level],
            "capacity_bytes_per_s": topology.capacity,
            "carried_bytes": done.moved,
            "utilisation_ratio": np.divide(done.moved, could, out=np.zeros_like(could), where=could > 0.0),
        }

    def busiest(self, number: int = 5) -> list[tuple[str, float, float]]:
        """Return name, bytes and utilisation of the links that were busiest, the busiest first."""
        done = self.completions
        use = np.divide(done.moved, self.topology.capacity, out=np.zeros_like(done.moved), where=done.moved > 0.0)
        order = np.argsort(-use, kind="stable")[:number]
        return [
            (self.topology.name(int(link)), float(done.moved[link]), float(use[link] / done.span))
            for link in order
            if use[link] > 0.0
        ]

    def compare(self, source: str | Path) -> Comparison:
        """Compare with completions of the same flows from a file ``id,start,finish``.

        Raises
        ------
        InputError
            With every problem of the file, and where it shares no flow with this one.
        """
        return compare(self.trace, self.completions.finish, source)

    def summary(self) -> dict[str, Any]:
        """Return the figures of the whole: counts, bytes, makespan, times and slowdown of flows, busiest links.

        Times are of flows that finish; a percentile is the smallest value that so many do not exceed. What no flow
        finishes has no value: None.
        """
        done = self.completions
        ended = np.isfinite(done.finish)
        keys = ("link", "carried_bytes", "utilisation_ratio")
        return {
            "hosts": self.topology.hosts,
            "flows": len(ended),
            "unfinished": int((~ended).sum()),
            "bytes": float(self.trace.nbytes.sum()),
            "makespan_s": float((done.finish[ended]).max() - self.trace.start.min()) if ended.any() else None,
            "rerouted": done.rerouted,
            "completion_s": _spread(done.duration[ended]),
            "slowdown_ratio": _spread(done.slowdown[ended]),
            "busiest_links": [dict(zip(keys, row, strict=True)) for row in self.busiest()],
        }


def _spread(values: NDArray[np.float64]) -> dict[str, float | None]:
    """Return mean, median, 99th percentile and largest of values."""
    if not len(values):
        return dict.fromkeys(("mean", "p50", "p99", "max"))
    median, most, largest = np.percentile(values, (50, 99, 100), method="inverted_cdf").tolist()
    return {"mean": float(values.mean()), "p50": median, "p99": most, "max": largest}


def replay_flows(
    fabric: str | Path,
    flows: str | Path,
    *,
    changes: str | Path | None = None,
    overhead_s: float = 0.0,
    sled: str | None = None,
    catalog: Sequence[str | Path] = (),
) -> FlowReplay:
    """Send the flows of a trace through a fabric, as ``dcsim replay flows`` does.

    Parameters
    ----------
    fabric : str or Path
        A name of the catalogue or a YAML file.
    flows : str or Path
        A CSV file ``id,src,dst,bytes,start`` with, if wanted, ``weight`` and ``cap``; gzipped or not.
    changes : str or Path, optional
        A CSV file ``time,link,bandwidth``.
    overhead_s : float
        What software takes for each message before its first byte leaves, s.
    sled : str, optional
        What stands in the racks of pods.
    catalog : sequence of str or Path
        Folders with entries of one's own, laid over the shipped ones.

    Raises
    ------
    InputError
        With every problem of the files, by line and column, and for hosts that nothing joins.
    RunError
        If the books of bytes do not close.

    """
    ground = find_fabric(str(fabric), sled, Catalog([str(folder) for folder in catalog]))
    size = size_of(ground.fabric)
    trace = read_flows(flows, size)
    hosts = 1 + int(max(trace.src.max(initial=0), trace.dst.max(initial=0))) if size is None else None
    topology = build_on(str(fabric), ground, hosts)
    events = None if changes is None else read_changes(changes, topology)
    routes = topology.routes(trace.src, trace.dst)
    _refuse_unreachable(trace, routes)
    done = run_flows(
        topology, trace.src, trace.dst, trace.nbytes, trace.start,
        weight=trace.weight, cap=trace.cap, overhead_s=overhead_s, changes=events, routes=routes,
    )  # fmt: skip
    warnings = without_effect(str(fabric), ground, sled=sled) + _warnings(trace, done, events, str(changes))
    return FlowReplay(topology, trace, done, tuple(warnings))


def _refuse_unreachable(trace: FlowTrace, routes: Routes) -> None:
    """Raise with the line of every flow between hosts that no path joins."""
    problems = []
    for row in np.flatnonzero(~routes.reachable).tolist():
        message = f"no path from host {trace.src[row]} to host {trace.dst[row]}; join them, or leave out the flow"
        problems.append(trace.table.problem(row, "dst", message))
    trace.table.refuse(problems)


def _warnings(trace: FlowTrace, done: Completions, changes: Changes | None, file: str) -> list[Problem]:
    """Return what the user should know of: inputs without effect, and flows without end."""
    told = []
    if not trace.table.rows:
        told.append(Problem(trace.table.file, 0, 0, "", "holds no flows"))
    stuck = int(np.isinf(done.finish).sum())
    if stuck:
        whose = "1 flow waits" if stuck == 1 else f"{stuck:,} flows wait"
        message = f"{whose} for ever behind failed links; the finish stays empty"
        told.append(Problem(trace.table.file, 0, 0, "", message))
    if changes is not None:
        late = int((changes.time > trace.start.min(initial=np.inf) + done.span).sum()) if trace.table.rows else 0
        if late:
            whose = "1 change comes" if late == 1 else f"{late:,} changes come"
            told.append(Problem(file, 0, 0, "", f"{whose} after the last flow has finished, without effect"))
    return told
