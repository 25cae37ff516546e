"""``dcsim run``: simulate a scenario, save the run, print the answer."""

from __future__ import annotations

from pathlib import Path

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option, set_option, variant_option

__all__ = ["command"]


@click.command("run")
@click.argument("scenario")
@click.option("--seed", type=click.IntRange(min=0), help="Root of every random stream; the scenario's by default.")
@click.option("--out", metavar="DIR", help="The run directory; runs/<name>-<hash>/seed=<n> by default.")
@set_option
@variant_option
@catalog_option
@json_option
def command(
    scenario: str,
    seed: int | None,
    out: str | None,
    sets: tuple[str, ...],
    variants: tuple[str, ...],
    catalog: tuple[str, ...],
    json_wanted: bool,
) -> None:
    """Simulate SCENARIO and save the results.

    Prints a summary and, last, the run directory; with --json one object with every metric. Progress goes to stderr.
    """
    from dcsim.cli.progress import progress_line
    from dcsim.cli.show import show
    from dcsim.resolve import resolve
    from dcsim.results.run import load, tidy_rows
    from dcsim.results.summary import summarise
    from dcsim.simulate import simulate
    from dcsim.spec.catalog import Catalog
    from dcsim.trace.interrupts import interruptible

    chosen = sets if seed is None else (*sets, f"seed={seed}")
    with interruptible():
        resolved = resolve(scenario, sets=chosen, variant=variants, catalog=Catalog(catalog))
        for warning in resolved.warnings:
            say(f"warning: {warning}")
        with progress_line(resolved.scenario.name, resolved.scenario.duration) as progress:
            directory = simulate(
                resolved, Path(out) if out is not None else None, progress, lambda problem: say(f"warning: {problem}")
            )
    with interruptible(f"the run is complete in {directory}"):
        metrics = load(directory).metrics()
        if json_wanted:
            answer = {"scenario": resolved.scenario.name, "seed": resolved.scenario.seed, "run_dir": str(directory)}
            click.echo(as_json({**answer, "metrics": tidy_rows(metrics)}))
        else:
            show(summarise(metrics))
            click.echo(f"run: {directory}")
