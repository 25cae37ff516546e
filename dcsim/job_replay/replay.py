"""A trace, a cluster and a policy: checked against one another, and gone through as often as wanted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.job_replay.ground import CountedGround, Ground, NodeGround, ScenarioGround, read_ground
from dcsim.job_replay.opening import open_trace
from dcsim.job_replay.plugins import find
from dcsim.jobs.capacity import read_capacity
from dcsim.jobs.compiled import DISCIPLINES
from dcsim.jobs.compiled import replay as replay_compiled
from dcsim.jobs.reading import JobTrace
from dcsim.jobs.replicas import exchanged
from dcsim.jobs.results import all_columns
from dcsim.jobs.rows import MOST_SLOTS
from dcsim.jobs.statistics import Statistics
from dcsim.placements import placement as placements
from dcsim.schedulers import scheduler as schedulers
from dcsim.schedulers.plan import Tenant
from dcsim.spec.tenants import read_tenants
from dcsim.world.job_replay import JobRules, JobWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobBlock, JobResults
    from dcsim.jobs.inventory import Inventory
    from dcsim.placements.plan import Place
    from dcsim.registry import Plugin
    from dcsim.schedulers.plan import Scheduler
    from dcsim.spec.tenants import TenantSpec
    from dcsim.world.job_replay import Segment

__all__ = ["ENGINES", "JobReplay", "replay_jobs"]

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
    ground : Ground
        The cluster.
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
    ground: Ground
    rules: JobRules
    tenants: dict[str, TenantSpec]
    capacity: tuple[tuple[float, int], ...]
    engine: str
    seed: int
    warnings: tuple[Problem, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)

    def results(
        self,
        *,
        replica: int = 0,
        segments: Callable[[Segment], None] | None = None,
        observe: Callable[[float, int, int], None] | None = None,
    ) -> Iterator[JobResults]:
        """Yield what becomes of the jobs, block by block in the order of the trace.

        Parameters
        ----------
        replica : int
            Which draw of the trace; 0 is the trace as it was recorded.
        segments : callable, optional
            Takes every uninterrupted run of a job; the kernel has none to tell.
        observe : callable, optional
            Told of time, waiting jobs and slots in use after every instant, except by the kernel.
        """
        blocks = exchanged(self._blocks(), seed=self.seed, replica=replica)
        if self.engine == "kernel":
            yield from self._compiled(blocks)
            return
        tenants = {name: Tenant(spec.quota, spec.weight) for name, spec in self.tenants.items()}
        pools = self.ground.pools(self.placement.call if self.placement is not None else None, self.seed, replica)
        world = JobWorld(
            blocks, pools, self.scheduler.call, order=self.scheduler.facts.get("order"),
            rules=self.rules, tenants=tenants, capacity=self.capacity, segments=segments,
            observe=observe,
        )  # fmt: skip
        yield from world.results()
        self.figures = asdict(world.figures)

    @property
    def steady_slots(self) -> int:
        """Return the slots in service all the time, by which utilisation is told; 0 where they come and go."""
        return 0 if self.capacity else self.ground.slots

    @property
    def most_slots(self) -> int:
        """Return the most slots that are in service at any time from the first job on."""
        before = [self.ground.slots, *(slots for time, slots in self.capacity if time <= self.trace.first)]
        return max(before[-1], *(slots for time, slots in self.capacity if time > self.trace.first), 0)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return one column after the other, a row for each job; ready for ``pandas.DataFrame``."""
        return all_columns(self.results())

    def summary(self) -> dict[str, Any]:
        """Return the figures of the whole; ``docs/explanation/job_statistics.md`` defines each."""
        statistics = Statistics()
        for results in self.results():
            statistics.add(results)
        return statistics.summary(slots=self.steady_slots, figures=self.figures)

    def _compiled(self, blocks: Iterator[JobBlock]) -> Iterator[JobResults]:
        nodes, per_node = (isinstance(self.ground, NodeGround) and self.ground.inventory.even) or (0, 0)
        discipline, slots = self.scheduler.facts["discipline"], 0 if nodes else self.ground.slots
        compiled = replay_compiled(blocks, discipline, slots=slots, nodes=nodes, per_node=per_node)
        yield from compiled
        self.figures = compiled.figures

    def _blocks(self) -> Iterator[JobBlock]:
        """Yield the trace, the jobs of opportunistic tenants marked as such."""
        names = [name for name, spec in self.tenants.items() if spec.opportunistic]
        for block in self.trace.blocks():
            if names and "tenant" in block.more:
                marked = np.isin(block.more["tenant"].astype(str), names) | block.more.get("opportunistic", False)
                yield replace(block, more={**block.more, "opportunistic": marked})
            else:
                yield block


def replay_jobs(
    trace: str | Path | JobTrace,
    *,
    slots: int | None = None,
    nodes: str | Path | Inventory | None = None,
    scenario: str | Path | None = None,
    scheduler: str = "fifo",
    placement: str | None = None,
    tenants: str | Path | Mapping[str, TenantSpec] | None = None,
    capacity: str | Path | None = None,
    checkpoint_every: float | None = None,
    restart: float | None = None,
    elasticity: float | None = None,
    engine: str | None = None,
    seed: int = 0,
    catalog: Sequence[str | Path] = (),
) -> JobReplay:
    """Put a job trace on a cluster, as ``dcsim replay jobs`` does.

    Parameters
    ----------
    trace : str, Path or JobTrace
        The jobs.
    slots, nodes, scenario : int, and str or Path, optional
        One of them: so many slots, which are only counted; nodes, as ``32x8`` or a list in a file; or the training
        racks of a scenario.
    scheduler, placement : str
        Names of plug-ins, or ``.py`` files of your own. Without a placement, nodes are filled by ``consolidate``,
        and the racks of a scenario by ``same_rack``.
    tenants, capacity : str, Path or mapping, optional
        What each tenant is entitled to, and slots in service over time (``time,slots``).
    checkpoint_every, restart, elasticity : float, optional
        What stops and resizes cost, as ``JobRules`` says.
    engine : str, optional
        One of ``ENGINES``; the kernel where it can.
    seed, catalog : int, and sequence of str or Path
        Root of what is drawn, and folders with entries of your own, for a scenario.

    Raises
    ------
    InputError
        With every problem of options and files.
    """
    problems = _odd(capacity, engine, counted=nodes is None and scenario is None)
    plan = find(schedulers, scheduler, problems)
    ground = read_ground(slots, nodes, scenario, catalog, problems)
    where = _placement(placement, ground, problems)
    entitled = _collected(lambda: _tenants(tenants), problems) or {}
    most = ground.slots if isinstance(ground, CountedGround) else MOST_SLOTS
    levels = _collected(lambda: _capacity(capacity, most), problems) or ()
    jobs = _collected(lambda: trace if isinstance(trace, JobTrace) else open_trace(trace), problems)
    if problems or plan is None or jobs is None or ground is None:
        raise InputError(problems)
    costs = {"checkpoint_every": checkpoint_every, "restart": restart, "elasticity": elasticity}
    given = {name: value for name, value in costs.items() if value is not None}
    chosen = _engine(engine, _not_compiled(plan, where, ground, jobs, levels))
    warnings = [*jobs.warnings, *_strangers(entitled, jobs, plan.name, chosen)]
    if chosen == "kernel":
        warnings += [Problem.of_option(name, f"has no effect: '{plan.name}' stops no job") for name in given]
    return JobReplay(jobs, plan, where, ground, JobRules(**given), entitled, levels, chosen, seed, tuple(warnings))


def _engine(wanted: str | None, reason: str) -> str:
    """Return who carries the replay out, the kernel unless there is a reason against it."""
    if wanted == "kernel" and reason:
        raise InputError([Problem.of_option("engine", f"the kernel cannot do this: {reason}; leave the option out")])
    return wanted or ("world" if reason else "kernel")


def _odd(capacity: str | Path | None, engine: str | None, *, counted: bool) -> list[Problem]:
    """Return what is wrong about the capacity and the engine."""
    problems = []
    if capacity is not None and not counted:
        problems.append(Problem.of_option("capacity", "says how many slots there are, so it goes with --slots alone"))
    if engine is not None and engine not in ENGINES:
        problems.append(Problem.of_option("engine", f"'{engine}' is neither {' nor '.join(ENGINES)}"))
    return problems


def _placement(name: str | None, ground: Ground | None, problems: list[Problem]) -> Plugin[Place] | None:
    """Return where jobs go on nodes."""
    if isinstance(ground, CountedGround):
        if name is not None:
            message = "needs nodes, as --nodes 32x8; slots that are only counted have no place"
            problems.append(Problem.of_option("placement", message))
        return None
    usual = NodeGround.usual if ground is None else ground.usual
    return find(placements, name or usual, problems)


def _collected(read: Callable[[], T], problems: list[Problem]) -> T | None:
    """Return what is read; where that fails, its problems go to the others."""
    try:
        return read()
    except InputError as error:
        problems.extend(error.problems)
        return None


def _tenants(tenants: str | Path | Mapping[str, TenantSpec] | None) -> dict[str, TenantSpec]:
    return read_tenants(tenants) if isinstance(tenants, str | Path) else dict(tenants or {})


def _capacity(place: str | Path | None, most: int) -> tuple[tuple[float, int], ...]:
    if place is None:
        return ()
    times, levels = read_capacity(place, most)
    return tuple(zip(times.tolist(), levels.tolist(), strict=True))


def _not_compiled(
    plan: Plugin[Scheduler],
    where: Plugin[Place] | None,
    ground: Ground,
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
    elif isinstance(ground, ScenarioGround):
        reason = "the racks of a scenario are not compiled"
    elif isinstance(ground, NodeGround):
        reason = _not_compiled_on_nodes(plan, where, ground.inventory, jobs)
    return reason


def _not_compiled_on_nodes(
    plan: Plugin[Scheduler], where: Plugin[Place] | None, inventory: Inventory, jobs: JobTrace
) -> str:
    particular = {"share", "gpu_type", "cpus", "memory"} & set(jobs.columns)
    if plan.name != "fifo" or where is None or where.name != "consolidate":
        return "on nodes, only 'fifo' with 'consolidate' is compiled"
    if inventory.even is None:
        return "nodes differ"
    return f"jobs ask for {min(particular)}" if particular else ""


def _strangers(tenants: Mapping[str, TenantSpec], jobs: JobTrace, plan: str, engine: str) -> Iterator[Problem]:
    """Yield what ``--tenants`` says without effect, and whom it leaves out."""
    if not tenants:
        return
    message = ""
    strangers = [name for name in tenants if name not in jobs.tenants]
    if engine == "kernel":
        message = f"has no effect: '{plan}' looks at no tenants"
    elif not jobs.tenants - {""}:
        message = f"has no effect: {jobs.name} has no tenants"
    elif strangers:
        message = f"no job belongs to tenant '{strangers[0]}'"
        message += f", nor to {len(strangers) - 1:,} more" if len(strangers) > 1 else ""
    if message:
        yield Problem.of_option("tenants", message)
    without = sorted(jobs.tenants - tenants.keys() - {""})
    if without and len(strangers) < len(tenants):
        count = f"says nothing of {len(without):,} tenants of the trace"
        yield Problem.of_option("tenants", f"{count}, such as '{without[0]}': they have no quota")
