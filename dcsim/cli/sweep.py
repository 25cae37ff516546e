"""``dcsim sweep``: simulate a scenario over values, designs and seeds, and print how the answer depends on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dcsim.cli.messages import plural, say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.errors import Problem
    from dcsim.results.sweep import Sweep
    from dcsim.sweeps.points import SweepPlan

__all__ = ["command"]

_FAILURES_TOLD = 10


@click.command("sweep")
@click.argument("scenario", metavar="SCENARIO|SWEEP|DIR")
@click.option("--set", "sets", metavar="PATH=VALUES", multiple=True,
              help="Values of a field: v1,v2 or 10..100:10 or 1..8:x2 or 1..1000:log4, with a unit behind; seed=1,2,3 "
                   "for seeds. One value is the same for all. May be given more than once.")
@click.option("--variant", "variants", metavar="NAMES", multiple=True,
              help="Variants: several (a,b) in turn, a single one throughout; - is the scenario as it is.")
@click.option("--design", metavar="NAME",
              help="grid, latin_hypercube, sobol or sobol_indices.  [default: grid, every combination]")
@click.option("--samples", metavar="N", help="Settings that a design draws.")
@click.option("--design-seed", metavar="N", help="Of the design's draws.  [default: 0]")
@click.option("--replicas", metavar="N", help="Seeds of each setting: the scenario's and the next ones.  [default: 1]")
@click.option("--seeds", metavar="LIST", help="These seeds instead, such as 1,2,3 or 1..10:1.")
@click.option("--until", metavar="ci=X%[:METRIC]", help="Add replicas until the 95 % interval is so narrow.")
@click.option("--max-replicas", metavar="N", help="Where --until gives up.  [default: 100]")
@click.option("--metric", "metrics", metavar="NAME", multiple=True,
              help="Keep these metrics only; may be given more than once.  [default: all]")
@click.option("--engine", metavar="NAME",
              help="in_process, processes[:N], dask[:N] or dask://HOST:PORT.  [default: processes where that pays]")
@click.option("--workers", metavar="N", help="How many workers the engine has.")
@click.option("--out", metavar="DIR", help="Directory of the results; sweeps/<name>-<hash> by default.")
@click.option("--resume", is_flag=True, help="Go on with a sweep: what is finished is not simulated again.")
@click.option("--keep-runs", is_flag=True, help="Keep the run directory of every point too.")
@catalog_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    scenario: str,
    sets: Sequence[str],
    catalog: Sequence[str],
    engine: str | None,
    workers: str | None,
    out: str | None,
    *,
    resume: bool,
    keep_runs: bool,
    json_wanted: bool,
    **options: Any,
) -> None:
    """Simulate a SCENARIO over values, designs and seeds.

    A sweep may also stand in a file (dcsim schema --sweep), which options add to; the directory of a sweep goes on
    where it was stopped (--resume). All settings are checked before anything is written. Prints headline metrics
    with confidence intervals over seeds and, last, the directory with results.parquet. Exit code 1 if points failed.
    """  # fmt: skip
    from dcsim.cli.sweep_progress import sweep_progress
    from dcsim.sweeps.driver import sweep
    from dcsim.trace.interrupts import interruptible

    with interruptible():
        plan, engine = _asked(scenario, sets, catalog, engine, workers, options)
        for warning in plan.warnings:
            say(f"warning: {warning}")
        with sweep_progress(plan.name) as progress:
            place = _directory(scenario, out)
            done = sweep(
                plan, out=place, engine=engine, resume=resume, keep_runs=keep_runs, progress=progress,
                warn=lambda problem: say(f"warning: {problem}"),
            )  # fmt: skip
    with interruptible(f"the sweep is complete in {done.path}"):
        if json_wanted:
            click.echo(as_json(_told(plan, done)))
        else:
            _show(done)
        _warn(plan, done)
    ctx.exit(1 if len(done.failures) else 0)


def _asked(
    scenario: str, sets: Sequence[str], catalog: Sequence[str], engine: str | None, workers: str | None,
    options: dict[str, Any],
) -> tuple[SweepPlan, str]:
    """Return the plan and the engine, or every problem of both."""  # fmt: skip
    from dcsim.sweeps.engines import AUTO, chosen, with_workers
    from dcsim.sweeps.reading import read_plan

    problems: list[Problem] = []
    text = AUTO if engine is None else engine
    try:
        text = with_workers(text, workers)
        chosen(text)
    except InputError as error:
        problems += error.problems
    try:
        plan = read_plan(scenario, sets=sets, catalog=catalog, **_read(options))
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return plan, text


def _read(options: dict[str, Any]) -> dict[str, Any]:
    """Return options with numbers read, under the names of a sweep file's fields."""
    from dcsim.spec.yaml import parse_yaml

    def number(text: str) -> Any:
        try:
            return parse_yaml(text, "").plain()
        except InputError:
            return text

    counted = ("samples", "design_seed", "replicas", "max_replicas")
    read = {name: number(options[name]) if options[name] is not None else None for name in counted}
    return {
        "variant": options["variants"], "design": options["design"], **read, "seeds": options["seeds"],
        "until": options["until"], "metrics": options["metrics"],
    }  # fmt: skip


def _directory(scenario: str, out: str | None) -> Path | None:
    """Return where the results go: beside a sweep that was written out, unless somewhere else is named."""
    from dcsim.results.sweep_files import PARTS_FOLDER, PROVENANCE_FILE, SWEEP_FILE, written_out

    if out is not None:
        return Path(out)
    path = Path(scenario)
    if path.is_dir() and written_out(path) is not None:
        return path
    beside = path.parent
    ours = (beside / PARTS_FOLDER).is_dir() or (beside / PROVENANCE_FILE).is_file()
    return beside if path.name == SWEEP_FILE and path.is_file() and ours else None


def _show(done: Sweep) -> None:
    """Print the tables, the failures and the directory."""
    from dcsim.cli.sweep_table import show_sweep
    from dcsim.results.sweep_summary import summarise_sweep
    from dcsim.results.sweep_warnings import setting_text

    show_sweep(summarise_sweep(done))
    failures = done.failures
    for _, row in failures.head(_FAILURES_TOLD).iterrows():
        say(f"failed: {setting_text(done, row['setting'])}, seed={row['seed']}: {row['problem'].splitlines()[0]}")
    if len(failures):
        more = f"; all of them in {done.path / 'failures.csv'}" if len(failures) > _FAILURES_TOLD else ""
        say(f"{plural(len(failures), 'point')} of {len(done.points)} failed{more}")
    if failures["problem"].str.startswith("unexpected ").any():
        say("this is a defect of dcsim; --resume --engine in_process --debug shows where")
    click.echo(f"sweep: {done.path}")


def _warn(plan: SweepPlan, done: Sweep) -> None:
    """Say what of the sweep made no difference, and what is not known as well as was asked for."""
    from dcsim.results.sweep_warnings import warnings_of

    told = {each.path for each in plan.warnings if each.message.startswith("has no effect")}
    for warning in warnings_of(done, told):
        say(f"warning: {warning}")


def _told(plan: SweepPlan, done: Sweep) -> dict[str, Any]:
    """Return the answer as data: means with intervals for every row of every metric that sums up others."""
    from dcsim.results.run import tidy_rows

    metrics = [] if done.frame.empty else list(done.metrics()["metric"])
    return {
        "sweep": plan.name,
        "scenario": plan.spec.scenario,
        "directory": str(done.path),
        "points": len(done.points),
        "failed": len(done.failures),
        "parameters": done.parameters,
        "metrics": [{"metric": name, **row} for name in metrics for row in tidy_rows(done.mean(name))],
        "failures": tidy_rows(done.failures),
        **({"precision": tidy_rows(done.precision)} if len(done.precision) else {}),
    }
