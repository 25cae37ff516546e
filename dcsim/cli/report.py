"""``dcsim report``: a run, a sweep or a replay, retold in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, json_option

if TYPE_CHECKING:
    from dcsim.errors import Problem

__all__ = ["command"]


@click.command("report")
@click.argument("path")
@click.option("-o", "--output", metavar="FILE", help="Write a page for any browser, in one file; .gz packs it.")
@click.option(
    "--trace-events", metavar="FILE", help="Write a timeline for Perfetto or chrome://tracing; .gz packs it."
)
@click.option("--segments", metavar="FILE", help="Of a replay: where and when the jobs ran.")
@click.option("--begin", metavar="TIME", help="Leave out of the timeline what was over by then, as '6 h'.")
@click.option("--end", metavar="TIME", help="Leave out of the timeline what began later, as '2 days'.")
@json_option
def command(
    path: str,
    output: str | None,
    trace_events: str | None,
    segments: str | None,
    begin: str | None,
    end: str | None,
    *,
    json_wanted: bool,
) -> None:
    """Retell what happened in a file to look at.

    PATH is the directory of a run or of a sweep; for a timeline, that of a run, or what 'dcsim replay jobs' wrote with
    --out (or --segments). The page has the answers, charts to zoom into and what they rest on, and needs no network.
    The timeline has jobs with their waits and runs, drills, publications and the loads of the pools.
    """
    from dcsim.errors import InputError
    from dcsim.report.subject import page_of, what_is
    from dcsim.report.trace_events import write_trace_events
    from dcsim.trace.interrupts import interruptible
    from dcsim.trace.outputs import new_files

    problems: list[Problem] = []
    first, last = _window(begin, end, problems)
    problems += _asked(path, output, trace_events, segments, begin, end)
    if problems:
        raise InputError(problems)
    inputs = [name for name in (path, segments) if name is not None]
    answer: dict[str, object] = {"path": path}
    lines: list[str] = []
    with interruptible(), new_files([name for name in (output, trace_events) if name], inputs) as files:
        if trace_events is not None:
            written = write_trace_events(path, files[-1], segments=segments, begin=first, end=last)
            for warning in written.warnings:
                say(f"warning: {warning}")
            answer |= {"events": written.events, "lanes": written.lanes, "trace_events": trace_events}
            lines += [f"{written.events:,} events in {written.lanes:,} lanes", f"trace events: {trace_events}"]
        if output is not None:
            from dcsim.report.frame import render

            page = page_of(path)
            files[0].write(render(page))
            answer |= {"of": what_is(path), "sections": [section.id for section in page.sections], "report": output}
            lines.append(f"report: {output}")
    click.echo(as_json(answer) if json_wanted else "\n".join(lines))


def _window(begin: str | None, end: str | None, problems: list[Problem]) -> tuple[float, float]:
    """Return the window of the timeline, s."""
    import math

    from dcsim.cli.reading import read_option
    from dcsim.errors import Problem
    from dcsim.units import parse_quantity

    texts = {"begin": begin, "end": end}
    times = [read_option(name, texts, lambda text: parse_quantity(text, "time"), problems) for name in texts]
    first, last = 0.0 if times[0] is None else times[0], math.inf if times[1] is None else times[1]
    if last <= first:
        problems.append(Problem.of_option("end", "must come after the beginning of the window"))
    return first, last


def _asked(
    path: str,
    output: str | None,
    trace_events: str | None,
    segments: str | None,
    begin: str | None,
    end: str | None,
) -> list[Problem]:
    """Return what is wrong with what is asked for, taken together."""
    import importlib.util
    from pathlib import Path

    from dcsim.errors import Problem
    from dcsim.report.subject import what_is

    problems: list[Problem] = []
    if output is None and trace_events is None:
        message = "is missing; name the page to be written (-o report.html), or a timeline with --trace-events"
        problems.append(Problem.of_option("output", message))
    if trace_events is None:
        named = {"segments": segments, "begin": begin, "end": end}
        message = "is of the timeline; it needs --trace-events"
        problems += [Problem.of_option(name, message) for name, text in named.items() if text is not None]
    if output is not None and importlib.util.find_spec("plotly") is None:
        problems.append(Problem.of_option("output", "needs plotly; install it with: pip install 'dcsim[report]'"))
    subject = what_is(path)
    if not Path(path).exists():
        return [*problems, Problem(path, 0, 0, "", "there is no such directory or file")]
    if output is not None and subject == "replay":
        message = f"shows a run or a sweep, and '{path}' is no directory of one; a replay has --trace-events"
        problems.append(Problem.of_option("output", message))
    if trace_events is not None and subject == "sweep":
        message = "shows a run; name one of the sweep's, which --keep-runs saves"
        problems.append(Problem.of_option("trace-events", message))
    return problems
