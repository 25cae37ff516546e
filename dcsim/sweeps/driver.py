"""Carries a sweep out: what is not finished goes to an engine, and what comes back is kept at once."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcsim.errors import Interrupted, Problem, RunError
from dcsim.results.sweep import Sweep
from dcsim.results.sweep_files import FAILURES_FILE, POINTS_FILE, PROVENANCE_FILE, RESULTS_FILE, SWEEP_FILE
from dcsim.sweeps.compact import Settled, digest_of, write_points, write_results
from dcsim.sweeps.data_files import may_name
from dcsim.sweeps.engines import AUTO, chosen, reach, with_workers
from dcsim.sweeps.handing_out import carried_out
from dcsim.sweeps.keys import keys_of
from dcsim.sweeps.points import SweepPlan
from dcsim.sweeps.provenance import Clock, provenance
from dcsim.sweeps.reading import read_plan
from dcsim.sweeps.state import Progress, State
from dcsim.sweeps.store import SweepDirectory
from dcsim.sweeps.work import Finished, Work
from dcsim.trace.interrupts import interruptible
from dcsim.trace.provenance import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["sweep", "sweep_directory"]


def sweep_directory(plan: SweepPlan) -> Path:
    """Return where the results go when nobody says: ``sweeps/<name>-<hash8>``."""
    digest = hashlib.sha256(plan.to_yaml().encode()).hexdigest()
    return Path("sweeps") / f"{plan.name}-{digest[:8]}"


def sweep(
    study: SweepPlan | str | Path,
    *,
    out: str | Path | None = None,
    engine: str = AUTO,
    workers: int | None = None,
    resume: bool = False,
    keep_runs: bool = False,
    progress: Progress | None = None,
    warn: Callable[[Problem], None] | None = None,
    **options: Any,
) -> Sweep:
    """Simulate a scenario over values, designs and seeds, as ``dcsim sweep`` does, and return the results.

    Parameters
    ----------
    study : SweepPlan, str or Path
        A scenario or a sweep, by name or file; the directory of a sweep; or a plan that was read.
    out : str or Path, optional
        Directory of the results; ``sweeps/<name>-<hash8>`` where not given.
    engine : str
        ``in_process``, ``processes[:N]``, ``dask[:N]``, ``dask://HOST:PORT``, or ``auto``: processes where there is
        more than one core and the first points show that it pays.
    workers : int, optional
        Short for ``processes:N``, or N workers of the engine that is named.
    resume : bool
        Whether to go on with a sweep in ``out``: what is finished there is not carried out again.
    keep_runs : bool
        Whether every point keeps its run directory, in ``runs/<setting>/seed=<n>``.
    progress : callable, optional
        Told after every batch: points done, points in all, points that failed.
    warn : callable, optional
        Told where finished points of the sweep that is gone on with are no longer in it.
    **options
        What is varied, and how: see ``dcsim.sweeps.reading.read_plan``.

    Raises
    ------
    InputError
        With every problem of the sweep and its settings, before anything is written.
    RunError, Interrupted
        If it cannot be finished now; what is finished is kept.
    """
    plan = study if isinstance(study, SweepPlan) else read_plan(study, **options)
    engine = with_workers(engine, workers)
    name, argument = chosen(engine)
    reach(name, argument)
    place = Path(out) if out is not None else sweep_directory(plan)
    kept = f"what is finished is kept in {place}; --resume goes on from there"
    with interruptible(kept), SweepDirectory(place, plan, resume=resume) as directory:
        clock = Clock()
        work = _work(plan, directory.runs if keep_runs else None)
        state = State(plan, work, directory, progress)
        _carry_out(state, carried_out(name, argument, work, state.batches), kept)
        settled = state.settled()
        if warn is not None and (dropped := state.dropped(settled)):
            warn(Problem(str(place), 0, 0, "", _leaving(dropped)))
        _settle(directory, plan, settled, to_json(provenance(clock, engine, state)))
        directory.clear()
    return Sweep(place)


def _leaving(count: int) -> str:
    """Return what is said of finished points that a sweep no longer has."""
    points, their = ("point is", "its") if count == 1 else ("points are", "their")
    return f"{count:,} finished {points} not in this sweep any more; {their} results leave {RESULTS_FILE}"


def _carry_out(state: State, batches: Generator[Finished], kept: str) -> None:
    """Keep what is finished as it comes in; where it ends early, stop the workers and say what to do."""
    try:
        with contextlib.closing(batches):
            for finished in batches:
                state.take(finished)
    except Interrupted:
        raise
    except RunError as error:
        raise RunError(f"{error}; {kept}") from error


def _work(plan: SweepPlan, runs: Path | None) -> Work:
    """Return what all points have in common."""
    spec = plan.spec
    chosen_ones = {name for axis in plan.axes if axis.is_variant for name in axis.values}
    variants, metrics = tuple(sorted(chosen_ones - {"-"})), tuple(spec.metrics)
    named = (axis for axis in plan.axes if may_name(axis.path, axis.values))
    values = ((axis.path, value) for axis in named for value in axis.values)
    keys = keys_of(spec.scenario, spec.catalog, metrics, variants, values)
    return Work(spec.scenario, spec.catalog, metrics, variants, keys, runs)


def _settle(directory: SweepDirectory, plan: SweepPlan, settled: list[Settled], provenance: str) -> None:
    """Put the results in place of earlier ones: all of them hold from the moment on at which the points do.

    Results come first and points last. Whoever is killed in between leaves two files that do not know each other, which
    readers refuse; the next driver goes on from there.
    """
    path, digest = directory.path, digest_of(plan, settled)
    results, points = (path / f"{name}.tmp" for name in (RESULTS_FILE, POINTS_FILE))
    failed = [each for each in settled if each[1].outcome.failed]
    with directory.told():
        write_results(results, plan, settled, digest)
        write_points(points, plan, settled, digest)
        results.replace(path / RESULTS_FILE)
        directory.write(path / SWEEP_FILE, plan.to_yaml())
        directory.write(path / PROVENANCE_FILE, provenance)
        if failed:
            directory.write(path / FAILURES_FILE, _failures(plan, failed))
        else:
            (path / FAILURES_FILE).unlink(missing_ok=True)
        points.replace(path / POINTS_FILE)


def _failures(plan: SweepPlan, failed: list[Settled]) -> str:
    """Return the points that failed as CSV: one line for each problem."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["setting", *(axis.column for axis in plan.parameters), "seed", "replica", "problem"])
    for point, stored in failed:
        values = [dict(point.values)[axis.path] for axis in plan.parameters]
        for problem in stored.outcome.problems:
            lines.writerow([point.setting, *values, point.seed, point.replica, problem])
    return text.getvalue()
