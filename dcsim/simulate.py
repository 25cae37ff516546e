"""From a resolved scenario to a run directory: the composition root."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.assemble import assemble
from dcsim.errors import RunError
from dcsim.resolve import Resolved, resolve
from dcsim.results.run import Run, load
from dcsim.spec.catalog import Catalog
from dcsim.trace.interrupts import interruptible
from dcsim.trace.memory import MemoryTables
from dcsim.trace.provenance import Meter, provenance, to_json
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RUN_FILE, SCENARIO_FILE, RunDirectory
from dcsim.world.facts import record_facts
from dcsim.world.simulation import run_world, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcsim.engine.clock import Progress
    from dcsim.errors import Problem
    from dcsim.trace.recorder import Sink
    from dcsim.world.simulation import Outcome

__all__ = ["run", "run_directory", "simulate", "tables_of"]

_CLOSED = 1e-6


def run_directory(resolved: Resolved) -> Path:
    """Return where a run goes when nobody says: ``runs/<name>-<hash8>/seed=<n>``."""
    scenario = resolved.scenario
    return Path("runs") / f"{scenario.name}-{resolved.digest[:8]}" / f"seed={scenario.seed}"


def run(
    scenario: str | Path,
    *,
    out: str | Path | None = None,
    seed: int | None = None,
    sets: Sequence[str] = (),
    variant: str | None = None,
    catalog: Sequence[str | Path] = (),
) -> Run:
    """Resolve and simulate a scenario, as ``dcsim run`` does, and return the run.

    Parameters
    ----------
    scenario : str or Path
        A file, or the name of a shipped scenario.
    out : str or Path, optional
        The run directory; ``runs/<name>-<hash8>/seed=<n>`` where not given.
    seed : int, optional
        Root of every random stream; the scenario's where not given.
    sets : sequence of str
        Settings ``path=value`` that win over everything.
    variant : str, optional
        Which of the scenario's variants to take.
    catalog : sequence of str or Path
        Folders with entries of one's own, laid over the shipped ones.

    Raises
    ------
    InputError, RunError, Interrupted
        As ``resolve`` and ``simulate`` do.
    """
    chosen = sets if seed is None else (*sets, f"seed={seed}")
    resolved = resolve(scenario, sets=chosen, variant=variant, catalog=Catalog([str(folder) for folder in catalog]))
    return load(simulate(resolved, Path(out) if out is not None else None))


def simulate(
    resolved: Resolved,
    out: Path | None = None,
    progress: Progress | None = None,
    warn: Callable[[Problem], None] | None = None,
) -> Path:
    """Simulate a scenario and save the run.

    Parameters
    ----------
    resolved : Resolved
        The scenario with all defaults written out.
    out : Path, optional
        The run directory; ``run_directory`` where not given. It appears when the run is complete, or not at all.
    progress : callable, optional
        Told of simulated time and event count.
    warn : callable, optional
        Told of every input that turns out to have no effect.

    Returns
    -------
    Path
        The run directory.

    Raises
    ------
    InputError
        For input that cannot be simulated.
    RunError
        If the run cannot be saved.
    Interrupted
        At Ctrl-C or SIGTERM.
    """
    meter, scenario = Meter(), resolved.scenario
    with interruptible(), RunDirectory(out or run_directory(resolved)) as directory:
        outcome = _carried_out(resolved, directory, progress, warn)
        directory.write_text(SCENARIO_FILE, resolved.to_yaml())
        content = provenance(
            scenario=scenario.name,
            digest=resolved.digest,
            seed=scenario.seed,
            start=scenario.start.astimezone(UTC).isoformat(),
            simulated_s=scenario.duration,
            events=outcome.events,
            conservation=outcome.conservation,
            meter=meter,
        )
        directory.write_text(RUN_FILE, to_json(content))
    return directory.path


def tables_of(
    resolved: Resolved,
    warn: Callable[[Problem], None] | None = None,
    wanted: Mapping[str, Sequence[str]] | None = None,
) -> MemoryTables:
    """Simulate a scenario and return its tables, with nothing written to disk.

    Parameters
    ----------
    resolved : Resolved
        The scenario with all defaults written out.
    warn : callable, optional
        Told of every input that turns out to have no effect.
    wanted : mapping of str to sequence of str, optional
        Columns to keep by table; every column of every table where not given.

    Raises
    ------
    InputError
        For input that cannot be simulated.
    """
    tables = MemoryTables(wanted)
    _carried_out(resolved, tables, None, warn)
    return tables


def _carried_out(
    resolved: Resolved, sink: Sink, progress: Progress | None, warn: Callable[[Problem], None] | None
) -> Outcome:
    """Simulate a scenario; its tables go to the sink."""
    assembly, scenario = assemble(resolved), resolved.scenario
    for warning in assembly.warnings:
        if warn is not None:
            warn(warning)
    recorder = Recorder(sink, vocabulary(assembly.plan))
    record_facts(
        recorder, assembly.plan.fleet, scenario.services, assembly.training_kinds, assembly.recipes, scenario.drills
    )
    outcome = run_world(assembly.plan, recorder, progress)
    _refuse_open_balances(outcome.conservation)
    recorder.close()
    return outcome


def _refuse_open_balances(sheets: Mapping[str, Mapping[str, float]]) -> None:
    """Refuse to save a run whose books do not close: its numbers cannot be trusted."""
    jobs, energy = sheets["jobs"], sheets["energy_j"]
    closed = {
        "jobs": jobs["in"] == jobs["done"] + jobs["lost"] + jobs["queued"] + jobs["running"],
        "server-hours": sheets["server_hours"]["error_ratio"] < _CLOSED,
        "lent host-hours": sheets["lent_host_hours"]["error_ratio"] < _CLOSED,
        "elastic host-hours": sheets.get("elastic_host_hours", {"error_ratio": 0.0})["error_ratio"] < _CLOSED,
        "energy": energy["all_idle"] * (1 - _CLOSED) <= energy["total"] <= energy["all_busy"] * (1 + _CLOSED),
    }
    open_ones = [name for name, is_closed in closed.items() if not is_closed]
    if open_ones:
        message = f"the balance of {', '.join(open_ones)} does not close; this is a defect of dcsim, please report it"
        raise RunError(message)
