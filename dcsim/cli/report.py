"""``dcsim report``: a run or a replay, retold in one file."""

from __future__ import annotations

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, json_option

__all__ = ["command"]


@click.command("report")
@click.argument("path")
@click.option(
    "--trace-events", metavar="FILE", help="Write a timeline for Perfetto or chrome://tracing; .gz packs it."
)
@click.option("--segments", metavar="FILE", help="Where and when the jobs ran, beside the jobs of a replay.")
@click.option("--begin", metavar="TIME", help="Leave out what was over by then, as '6 h'.")
@click.option("--end", metavar="TIME", help="Leave out what began later, as '2 days'.")
@json_option
def command(
    path: str,
    trace_events: str | None,
    segments: str | None,
    begin: str | None,
    end: str | None,
    *,
    json_wanted: bool,
) -> None:
    """Retell what happened in a file to look at.

    PATH is a run directory, or what 'dcsim replay jobs' wrote with --out (or --segments). The timeline has jobs with
    their waits and runs, drills, publications and the loads of the pools.
    """
    import math

    from dcsim.cli.reading import read_option
    from dcsim.errors import InputError, Problem
    from dcsim.report.trace_events import write_trace_events
    from dcsim.trace.interrupts import interruptible
    from dcsim.trace.outputs import new_files
    from dcsim.units import parse_quantity

    problems: list[Problem] = []
    texts = {"begin": begin, "end": end}
    times = [read_option(name, texts, lambda text: parse_quantity(text, "time"), problems) for name in texts]
    first, last = 0.0 if times[0] is None else times[0], math.inf if times[1] is None else times[1]
    if trace_events is None:
        problems.append(Problem.of_option("trace-events", "is missing; name the file to be written"))
    if last <= first:
        problems.append(Problem.of_option("end", "must come after the beginning of the window"))
    if problems or trace_events is None:
        raise InputError(problems)
    inputs = [name for name in (path, segments) if name is not None]
    with interruptible(), new_files([trace_events], inputs) as (file,):
        written = write_trace_events(path, file, segments=segments, begin=first, end=last)
    for warning in written.warnings:
        say(f"warning: {warning}")
    if json_wanted:
        answer = {"path": path, "events": written.events, "lanes": written.lanes, "trace_events": trace_events}
        click.echo(as_json(answer))
    else:
        click.echo(f"{written.events:,} events in {written.lanes:,} lanes")
        click.echo(f"trace events: {trace_events}")
