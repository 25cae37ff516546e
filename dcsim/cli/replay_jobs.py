"""``dcsim replay jobs``: a recorded cluster's jobs, on another cluster and by other policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["jobs_command"]


@click.command("jobs")
@click.argument("trace")
@click.option("--format", metavar="NAME", help="Of the trace: swf, table, ...  [default: by name and content]")
@click.option("--slots", metavar="N", help="A cluster of N slots (GPUs, or processors), which are only counted.")
@click.option("--nodes", metavar="NxM|FILE", help="A cluster of nodes instead: 32x8, or a list in a file.")
@click.option("--scenario", metavar="NAME|FILE", help="The training racks of a scenario instead.")
@click.option("--scheduler", "schedulers", metavar="NAME|FILE.py", multiple=True,
              help="Who goes next; may be given more than once, for a table by policy.  [default: fifo]")
@click.option("--placement", "placements", metavar="NAME|FILE.py", multiple=True,
              help="Where to on nodes; may be given more than once.  [default: consolidate; same_rack in a scenario]")
@click.option("--tenants", metavar="FILE", help="Quotas and weights of tenants, YAML.")
@click.option("--capacity", metavar="FILE", help="Slots in service over time: time,slots; with --slots.")
@click.option("--begin", metavar="TIME", help="Only jobs submitted from then on, on the trace's clock, as '7 days'.")
@click.option("--end", metavar="TIME", help="Only jobs submitted before.")
@click.option("--load", metavar="FACTOR", help="Let jobs come so many times as densely.  [default: 1]")
@click.option("--checkpoint-every", metavar="TIME", help="Run time between checkpoints.  [default: 10 min]")
@click.option("--restart", metavar="TIME", help="What every resume and every resize costs.  [default: 1 min]")
@click.option("--elasticity", metavar="A",
              help="A job with n instead of its N slots runs at (n/N)^A of its speed.  [default: 0.9]")
@click.option("--seed", metavar="N", help="Of random placements and replicas.  [default: 0]")
@click.option("--replicas", metavar="N", help="Replay N draws of the trace, and tell confidence intervals.")
@click.option("--fill", is_flag=True, help="Let jobs come in any order and never leave: how full do nodes get?")
@click.option("--out", metavar="FILE", help="Write job_id,start,finish and more: .csv, .csv.gz or .parquet.")
@click.option("--segments", metavar="FILE", help="Write every uninterrupted run of every job, as CSV.")
@click.option("--plot", metavar="FILE", help="Draw slots in use and jobs waiting over time: .png, .svg or .pdf.")
@click.option("--engine", metavar="NAME", help="kernel or world.  [default: kernel where it can]")
@catalog_option
@json_option
def jobs_command(
    trace: str,
    schedulers: Sequence[str],
    placements: Sequence[str],
    catalog: Sequence[str],
    *,
    fill: bool,
    json_wanted: bool,
    **texts: str | None,
) -> None:
    """Replay the jobs of a recorded cluster.

    TRACE is a table (job_id,submit,gpus,duration and more), a log in the Standard Workload Format, the Philly trace, a
    list of openb's pods or a Parquet file of this command; gzipped or not, or - for standard input. Prints a summary.
    Files appear complete or not at all.
    """
    from dcsim.trace.interrupts import interruptible

    with interruptible():
        if fill:
            told, lines = _filled(trace, placements, {**texts, "scheduler": " ".join(schedulers) or None})
        else:
            told, lines = _replayed(trace, schedulers or ("fifo",), placements, catalog, texts)
    if json_wanted:
        click.echo(as_json(told))
        return
    for line in lines:
        click.echo(line)


def _filled(trace: str, placements: Sequence[str], texts: Mapping[str, str | None]) -> tuple[dict[str, Any], list[str]]:
    """Return what came of filling nodes, as data and as lines."""
    from dcsim.cli.job_fill import fill_lines, fill_nodes_with

    told = fill_nodes_with(trace, placements, texts)
    return told, fill_lines(told)


def _replayed(
    trace: str,
    schedulers: Sequence[str],
    placements: Sequence[str],
    catalog: Sequence[str],
    texts: Mapping[str, str | None],
) -> tuple[dict[str, Any], list[str]]:
    """Return what came of a replay, or of several, as data and as lines."""
    from dcsim.cli.job_options import read_options
    from dcsim.cli.job_study import Study
    from dcsim.cli.job_summary import policy_table, summary_lines
    from dcsim.trace.outputs import new_files

    options = read_options(trace, schedulers, placements, catalog=catalog, texts=texts)
    written = {name: path for name in ("out", "segments", "plot") if (path := texts[name]) is not None}
    with new_files(list(written.values()), options.inputs) as files:
        study = Study(options, dict(zip(written, files, strict=True)))
        for warning in study.warnings:
            say(f"warning: {warning}")
        policies = study.run()
        study.draw()
    for warning in study.afterwards:
        say(f"warning: {warning}")
    if len(policies) == 1:
        told, lines = {**study.told, **policies[0]}, [*summary_lines(study.told, policies[0])]
    else:
        told, lines = {**study.told, "policies": policies}, [*policy_table(study.told, policies)]
    return {**told, **written}, [*lines, *(f"{name}: {path}" for name, path in written.items())]
