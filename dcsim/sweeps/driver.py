"""Carries a sweep out: what is not finished goes to an engine, and what comes back is kept at once."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcsim.errors import Interrupted, RunError
from dcsim.results.sweep import Sweep
from dcsim.sweeps.compact import Settled, write_points, write_results
from dcsim.sweeps.engines import AUTO, chosen
from dcsim.sweeps.handing_out import carried_out
from dcsim.sweeps.keys import keys_of
from dcsim.sweeps.points import SweepPlan
from dcsim.sweeps.provenance import Clock, provenance
from dcsim.sweeps.reading import read_plan
from dcsim.sweeps.state import Progress, State
from dcsim.sweeps.store import (
    FAILURES_FILE,
    POINTS_FILE,
    PROVENANCE_FILE,
    RESULTS_FILE,
    SWEEP_FILE,
    SweepDirectory,
)  # fmt: skip
from dcsim.sweeps.work import Finished, Work
from dcsim.trace.interrupts import interruptible
from dcsim.trace.provenance import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    name, argument = chosen(_with_workers(engine, workers))
    place = Path(out) if out is not None else sweep_directory(plan)
    kept = f"what is finished is kept in {place}; --resume goes on from there"
    with interruptible(kept), SweepDirectory(place, resume=resume) as directory:
        clock = Clock()
        work = _work(plan, directory.runs if keep_runs else None)
        directory.write(directory.path / SWEEP_FILE, plan.to_yaml())
        state = State(plan, work, directory, progress)
        _carry_out(state, carried_out(name, argument, work, state.batches), kept)
        _settle(directory, plan, state.settled())
        said = provenance(clock, engine, state)
        directory.write(directory.path / PROVENANCE_FILE, to_json(said))
        directory.clear()
    return Sweep(place)


def _carry_out(state: State, batches: Iterator[Finished], kept: str) -> None:
    """Keep what is finished as it comes in; where it ends early, say what to do."""
    try:
        for finished in batches:
            state.take(finished)
    except Interrupted:
        raise
    except RunError as error:
        raise RunError(f"{error}; {kept}") from error


def _with_workers(engine: str, workers: int | None) -> str:
    """Return the text of an engine with a number of workers."""
    if workers is None:
        return engine
    if engine == AUTO:
        return "in_process" if workers == 1 else f"processes:{workers}"
    return f"{engine}:{workers}"


def _work(plan: SweepPlan, runs: Path | None) -> Work:
    """Return what all points have in common."""
    spec = plan.spec
    chosen_ones = {name for axis in plan.axes if axis.is_variant for name in axis.values}
    variants, metrics = tuple(sorted(chosen_ones - {"-"})), tuple(spec.metrics)
    keys = keys_of(spec.scenario, spec.catalog, metrics, variants)
    return Work(spec.scenario, spec.catalog, metrics, variants, keys, runs)


def _settle(directory: SweepDirectory, plan: SweepPlan, settled: list[Settled]) -> None:
    """Write the results, whole or not at all."""
    path = directory.path
    with directory.told():
        drafts = {name: path / f"{name}.tmp" for name in (RESULTS_FILE, POINTS_FILE)}
        write_results(drafts[RESULTS_FILE], plan, settled)
        write_points(drafts[POINTS_FILE], plan, settled)
        for name, draft in drafts.items():
            draft.replace(path / name)
        failed = [each for each in settled if each[1].outcome.failed]
        if failed:
            directory.write(path / FAILURES_FILE, _failures(plan, failed))
        else:
            (path / FAILURES_FILE).unlink(missing_ok=True)


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
