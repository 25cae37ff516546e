"""A job trace on a cluster: looks names up, checks that everything goes together, and hands it to who carries it out.

Examples
--------
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     path = Path(folder) / "jobs.csv"
...     _ = path.write_text(chr(10).join(["job_id,submit,gpus,duration", "a,0,3,60", "b,10,2,60", "c,20,1,30"]))
...     replay = replay_jobs(path, slots=4, scheduler="first_fit")
...     replay.columns()["start"].tolist(), replay.engine
([0.0, 60.0, 20.0], 'kernel')
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dcsim.engine.streams import Streams
from dcsim.errors import InputError, Problem
from dcsim.job_formats import detect, job_format
from dcsim.jobs.capacity import read_capacity
from dcsim.jobs.compiled import DISCIPLINES
from dcsim.jobs.compiled import replay as replay_compiled
from dcsim.jobs.inventory import Inventory, read_nodes
from dcsim.jobs.reading import JobTrace, Part
from dcsim.jobs.replicas import exchanged
from dcsim.jobs.results import all_columns
from dcsim.jobs.rows import MOST_SLOTS
from dcsim.jobs.statistics import Statistics
from dcsim.placements import placement as placements
from dcsim.registry import UnknownPluginError
from dcsim.schedulers import scheduler as schedulers
from dcsim.schedulers.plan import Tenant
from dcsim.spec.tenants import read_tenants
from dcsim.trace.source import Source
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobRules, JobWorld
from dcsim.world.job_slots import CountedSlots
from dcsim.world.nodes import NodePool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobBlock, JobResults
    from dcsim.placements.plan import Place
    from dcsim.registry import Plugin, Registry
    from dcsim.schedulers.plan import Scheduler
    from dcsim.spec.tenants import TenantSpec
    from dcsim.world.job_replay import Segment

__all__ = ["ENGINES", "JobReplay", "open_trace", "replay_jobs"]

T = TypeVar("T")

ENGINES = ("kernel", "world")
"""Who carries a replay out: compiled code, which counts events, or the world, which knows every policy."""


@dataclass(eq=False)
class JobReplay:
    """A trace, a cluster and a policy, ready to be gone through as often as wanted.

    Parameters
    ----------
    trace : JobTrace
        The jobs.
    scheduler : Plugin
        Who goes next.
    placement : Plugin or None
        Where to; None where slots are only counted.
    slots : int
        Slots of the cluster; at first, where ``capacity`` changes them.
    inventory : Inventory or None
        The nodes.
    rules : JobRules
        What stops and resizes cost.
    tenants : dict of str to TenantSpec
        What each is entitled to.
    capacity : tuple of (float, int)
        Times, s, and slots in service from each on.
    engine : str
        One of ``ENGINES``.
    seed : int
        Root of the streams that replicas and placements draw from.
    warnings : tuple of Problem
        What is odd about the trace, and options without effect.
    figures : dict of str to float
        Sums that no row holds, once ``results`` has been gone through.
    """

    trace: JobTrace
    scheduler: Plugin[Scheduler]
    placement: Plugin[Place] | None
    slots: int
    inventory: Inventory | None
    rules: JobRules
    tenants: dict[str, TenantSpec]
    capacity: tuple[tuple[float, int], ...]
    engine: str
    seed: int
    warnings: tuple[Problem, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)

    def results(
        self, *, replica: int = 0, segments: Callable[[Segment], None] | None = None
    ) -> Iterator[JobResults]:
        """Yield what becomes of the jobs, block by block in the order of the trace.

        Parameters
        ----------
        replica : int
            Which draw of the trace; 0 is the trace as it was recorded.
        segments : callable, optional
            Takes every uninterrupted run of a job; the kernel has none to tell.
        """
        blocks = exchanged(self._blocks(), seed=self.seed, replica=replica)
        if self.engine == "kernel":
            yield from self._compiled(blocks)
            return
        tenants = {name: Tenant(spec.quota, spec.weight) for name, spec in self.tenants.items()}
        world = JobWorld(
            blocks, self._pools(replica), self.scheduler.call, order=self.scheduler.facts.get("order"),
            rules=self.rules, tenants=tenants, capacity=self.capacity, segments=segments,
        )  # fmt: skip
        yield from world.results()
        self.figures = asdict(world.figures)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return one column after the other, a row for each job; ready for ``pandas.DataFrame``."""
        return all_columns(self.results())

    def summary(self) -> dict[str, Any]:
        """Return the figures of the whole; ``docs/explanation/job_statistics.md`` defines each."""
        statistics = Statistics()
        for results in self.results():
            statistics.add(results)
        return statistics.summary(slots=self.slots, figures=self.figures)

    def _compiled(self, blocks: Iterator[JobBlock]) -> Iterator[JobResults]:
        nodes, per_node = (self.inventory is not None and self.inventory.even) or (0, 0)
        discipline, slots = self.scheduler.facts["discipline"], 0 if nodes else self.slots
        compiled = replay_compiled(blocks, discipline, slots=slots, nodes=nodes, per_node=per_node)
        yield from compiled
        self.figures = compiled.figures

    def _pools(self, replica: int) -> list[CountedSlots | PlacedPool]:
        if self.inventory is None or self.placement is None:
            return [CountedSlots(self.slots)]
        random = Streams(self.seed)[f"jobs/placement/{replica}"]
        return [PlacedPool(NodePool(self.inventory, self.placement.call, random))]

    def _blocks(self) -> Iterator[JobBlock]:
        """Yield the trace, the jobs of opportunistic tenants marked as such."""
        names = [name for name, spec in self.tenants.items() if spec.opportunistic]
        for block in self.trace.blocks():
            if names and "tenant" in block.more:
                marked = np.isin(block.more["tenant"].astype(str), names) | block.more.get("opportunistic", False)
                yield replace(block, more={**block.more, "opportunistic": marked})
            else:
                yield block


def open_trace(
    place: str | Path,
    *,
    format: str | None = None,  # noqa: A002  # the option's name
    begin: float = -math.inf,
    end: float = math.inf,
    load: float = 1.0,
) -> JobTrace:
    """Look a job trace through, so that it can be replayed.

    Parameters
    ----------
    place : str or Path
        A file, or ``-`` for standard input.
    format : str, optional
        Its format; found out where not given.
    begin, end : float
        Only jobs submitted from ``begin`` on, before ``end``, s.
    load : float
        Times between submissions are divided by it.

    Raises
    ------
    InputError
        With every problem of the trace.
    """
    source = Source(place)
    if format is not None and format not in job_format:
        raise InputError([Problem.of_option("format", job_format.unknown(format))])
    read = job_format.get(format or detect(source)).call
    return JobTrace(source.name, lambda: read(source), Part(begin, end, load), again=source.path is not None)


def replay_jobs(
    trace: str | Path | JobTrace,
    *,
    slots: int | None = None,
    nodes: str | Path | Inventory | None = None,
    scheduler: str = "fifo",
    placement: str | None = None,
    tenants: str | Path | Mapping[str, TenantSpec] | None = None,
    capacity: str | Path | None = None,
    checkpoint_every: float | None = None,
    restart: float | None = None,
    elasticity: float | None = None,
    engine: str | None = None,
    seed: int = 0,
) -> JobReplay:
    """Put a job trace on a cluster, as ``dcsim replay jobs`` does.

    Parameters
    ----------
    trace : str, Path or JobTrace
        The jobs.
    slots : int, optional
        A cluster of so many slots, which are only counted.
    nodes : str, Path or Inventory, optional
        A cluster of nodes instead: ``32x8``, or a file.
    scheduler, placement : str
        Names of plug-ins, or ``.py`` files of your own. Without a placement, nodes are filled by ``consolidate``.
    tenants : str, Path or mapping, optional
        What each tenant is entitled to.
    capacity : str or Path, optional
        Slots in service over time: ``time,slots``.
    checkpoint_every, restart : float, optional
        Run time between checkpoints, and what every resume and resize costs, s.
    elasticity : float, optional
        A job with n instead of its N slots runs at ``(n / N) ** elasticity`` of its speed.
    engine : str, optional
        One of ``ENGINES``; the kernel where it can.
    seed : int
        Root of what is drawn.

    Raises
    ------
    InputError
        With every problem of options and files.
    """
    problems: list[Problem] = []
    plan = _plugin("scheduler", schedulers, scheduler, problems)
    ground = _ground(slots, nodes, problems)
    where = _placement(placement, ground, problems)
    entitled = _collected(lambda: _tenants(tenants), {}, problems)
    levels = _collected(lambda: _capacity(capacity), (), problems)
    if capacity is not None and nodes is not None:
        problems.append(Problem.of_option("capacity", "says how many slots there are, so it goes with --slots alone"))
    if engine is not None and engine not in ENGINES:
        problems.append(Problem.of_option("engine", f"'{engine}' is neither {' nor '.join(ENGINES)}"))
    jobs = _collected(lambda: trace if isinstance(trace, JobTrace) else open_trace(trace), None, problems)
    if problems or plan is None or jobs is None:
        raise InputError(problems)
    told = {"checkpoint_every": checkpoint_every, "restart": restart, "elasticity": elasticity}
    rules = JobRules(**{name: value for name, value in told.items() if value is not None})
    inventory = ground if isinstance(ground, Inventory) else None
    reason = _not_compiled(plan, where, inventory, jobs, levels)
    if engine == "kernel" and reason:
        raise InputError([Problem.of_option("engine", f"the kernel cannot do this: {reason}; leave the option out")])
    engine = engine or ("world" if reason else "kernel")
    without = [name for name, value in told.items() if value is not None] if engine == "kernel" else []
    warnings = [*jobs.warnings, *_strangers(entitled, jobs)]
    warnings += [Problem.of_option(name, f"has no effect: '{plan.name}' stops no job") for name in without]
    count = inventory.slots if inventory is not None else slots or 0
    return JobReplay(
        jobs, plan, where, count, inventory, rules, entitled, levels, engine, seed, tuple(warnings)
    )  # fmt: skip


def _plugin(option: str, registry: Registry[Any], name: str, problems: list[Problem]) -> Plugin[Any] | None:
    """Return a plug-in by its name, or from a ``.py`` file that registers one under its stem."""
    known = name
    if name.endswith(".py"):
        known = Path(name).stem
        module = importlib.util.spec_from_file_location(known, name)
        try:
            if module is None or module.loader is None:
                raise ImportError(f"'{name}' is no Python file")  # noqa: TRY301
            module.loader.exec_module(importlib.util.module_from_spec(module))
        except Exception as error:  # noqa: BLE001  # whatever a user's file may raise
            why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            problems.append(Problem.of_option(option, f"{name} cannot be loaded: {why}"))
            return None
        if known not in registry:
            message = f'{name} registers no {registry.family} \'{known}\'; it needs @{registry.family}("{known}")'
            problems.append(Problem.of_option(option, message))
            return None
    try:
        return registry.get(known)
    except UnknownPluginError as error:
        problems.append(Problem.of_option(option, str(error)))
        return None


def _ground(slots: int | None, nodes: str | Path | Inventory | None, problems: list[Problem]) -> int | Inventory | None:
    """Return the cluster."""
    if slots is not None and nodes is not None:
        problems.append(Problem.of_option("nodes", "goes instead of --slots, not beside it; leave one of them"))
    elif slots is not None:
        if 1 <= slots <= MOST_SLOTS:
            return slots
        problems.append(Problem.of_option("slots", f"needs 1 to {MOST_SLOTS:,} slots, not {slots:,}"))
    elif isinstance(nodes, Inventory):
        return nodes
    elif nodes is not None:
        return _collected(lambda: read_nodes(nodes), None, problems)
    else:
        message = "is needed, as --slots 256; or name nodes, as --nodes 32x8"
        problems.append(Problem.of_option("slots", message))
    return None


def _placement(name: str | None, ground: int | Inventory | None, problems: list[Problem]) -> Plugin[Place] | None:
    """Return where jobs go on nodes."""
    if name is not None and isinstance(ground, int):
        message = "needs nodes, as --nodes 32x8; slots that are only counted have no place"
        problems.append(Problem.of_option("placement", message))
        return None
    if name is None and not isinstance(ground, Inventory):
        return None
    return _plugin("placement", placements, name or "consolidate", problems)


def _collected(read: Callable[[], T], otherwise: T, problems: list[Problem]) -> T:
    """Return what is read; where that fails, its problems go to the others."""
    try:
        return read()
    except InputError as error:
        problems.extend(error.problems)
        return otherwise


def _tenants(tenants: str | Path | Mapping[str, TenantSpec] | None) -> dict[str, TenantSpec]:
    return read_tenants(tenants) if isinstance(tenants, str | Path) else dict(tenants or {})


def _capacity(place: str | Path | None) -> tuple[tuple[float, int], ...]:
    if place is None:
        return ()
    times, levels = read_capacity(place)
    return tuple(zip(times.tolist(), levels.tolist(), strict=True))


def _not_compiled(
    plan: Plugin[Scheduler],
    where: Plugin[Place] | None,
    inventory: Inventory | None,
    jobs: JobTrace,
    capacity: tuple[tuple[float, int], ...],
) -> str:
    """Say why compiled code cannot carry a replay out; nothing where it can."""
    reason = ""
    if plan.facts.get("discipline") not in DISCIPLINES:
        reason = f"scheduler '{plan.name}' is not compiled"
    elif capacity:
        reason = "slots come and go"
    elif "after" in jobs.columns:
        reason = "jobs wait for one another"
    elif inventory is not None and (plan.name != "fifo" or where is None or where.name != "consolidate"):
        reason = "on nodes, only 'fifo' with 'consolidate' is compiled"
    elif inventory is not None and inventory.even is None:
        reason = "nodes differ"
    elif inventory is not None and (particular := {"share", "gpu_type", "cpus", "memory"} & set(jobs.columns)):
        reason = f"jobs ask for {min(particular)}"
    return reason


def _strangers(tenants: Mapping[str, TenantSpec], jobs: JobTrace) -> list[Problem]:
    """Warn of tenants that nobody has heard of."""
    if tenants and "tenant" not in jobs.columns:
        return [Problem.of_option("tenants", f"has no effect: {jobs.name} has no tenants")]
    return []
