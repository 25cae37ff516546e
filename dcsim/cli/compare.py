"""``dcsim compare``: what changed between two results, in the input and in the output, and what of it is real."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option, set_option
from dcsim.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.results.compare import Comparison

__all__ = ["command"]


@click.command("compare")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--replicas", metavar="N", default="5", show_default=True,
              help="Pairs of runs with equal seeds; missing ones are simulated. 1 takes the first pair there is.")
@click.option("--level", metavar="SHARE", default="95%", show_default=True, help="Confidence of the intervals.")
@click.option("--metric", "metrics", metavar="NAME", multiple=True,
              help="Compare these metrics only, such as staleness or cost; may be given more than once.")
@click.option("--all", "all_wanted", is_flag=True, help="Tell every row and every change, not just the first.")
@click.option("--engine", metavar="NAME", default="auto",
              help="Who simulates: in_process, processes[:N], dask.  [default: processes where that pays]")
@click.option("--out", metavar="FILE.csv", help="Write every row to a file too.")
@set_option
@catalog_option
@json_option
def command(
    a: str,
    b: str,
    replicas: str,
    level: str,
    metrics: Sequence[str],
    engine: str,
    out: str | None,
    sets: Sequence[str],
    catalog: Sequence[str],
    *,
    all_wanted: bool,
    json_wanted: bool,
) -> None:
    """Compare two results: what changed in the input, in the output, and which differences are more than luck.

    A and B are directories of runs or sweeps (one setting of a sweep: DIR@path=value or DIR@3), or scenarios by name
    or file (with variants and values: minimal@save_on_notice,duration=6 h), which are simulated in memory. Runs with
    equal seeds are pairs.
    """  # fmt: skip
    from dcsim.cli.compare_summary import comparison_lines
    from dcsim.cli.sweep_progress import sweep_progress
    from dcsim.sweeps.comparing import compare, open_sides, problems_of
    from dcsim.trace.interrupts import interruptible
    from dcsim.trace.outputs import new_files

    number, share, problems = _asked(replicas, level, out)
    if problems:
        open_sides((a, b), sets=sets, catalog=catalog, problems=[*problems, *problems_of(number, share, engine)])
    compared = [side.partition("@")[0] for side in (a, b)]
    inputs = [side for side in compared if Path(side).is_file()]
    with interruptible(), new_files([] if out is None else [out], inputs) as files:
        with sweep_progress("comparison") as progress:
            found = compare(
                a, b, replicas=number, level=share, metrics=metrics, sets=sets, catalog=catalog, engine=engine,
                progress=lambda done, total: progress(done, total, 0),
            )  # fmt: skip
        for file in files:
            _write(file, found)
    for warning in found.warnings:
        say(f"warning: {warning}")
    if json_wanted:
        click.echo(as_json(_told(found)))
    else:
        click.echo("\n".join(comparison_lines(found, every=all_wanted)))
    if out is not None:
        say(f"every row: {out}")


def _asked(replicas: str, level: str, out: str | None) -> tuple[int, float, list[Problem]]:
    """Return the numbers of options, and every problem of them; a default stands in for a wrong one."""
    from dcsim.cli.lists import count

    problems = []
    number = 5
    try:
        number = count(replicas)
    except ValueError as error:
        problems.append(Problem.of_option("replicas", str(error)))
    share = _share(level)
    if not 0.0 < share < 1.0:
        share = 0.95
        problems.append(Problem.of_option("level", f"'{level}' is no share between 0 and 100 %; write such as 95%"))
    if out is not None and (Path(out).is_dir() or not Path(out).absolute().parent.is_dir()):
        reason = "is a directory" if Path(out).is_dir() else "lies in no directory that exists"
        problems.append(Problem.of_option("out", f"'{out}' {reason}; name a file"))
    return number, share, problems


def _share(text: str) -> float:
    """Return a share or percentage as a number, 0 where it is neither."""
    try:
        return float(text.strip().removesuffix("%")) / (100.0 if text.strip().endswith("%") else 1.0)
    except ValueError:
        return 0.0


def _told(found: Comparison) -> dict[str, object]:
    """Return a comparison as plain data."""
    from dcsim.results.compare import VERDICTS

    inputs = [
        {"path": each.path, "kind": each.kind, "a": each.a, "b": each.b, "from_a": each.from_a, "from_b": each.from_b}
        for each in found.inputs
    ]
    return {
        "a": found.a,
        "b": found.b,
        "seeds": list(found.seeds),
        "simulated": found.simulated,
        "level": found.level,
        "inputs": inputs,
        "verdicts": {verdict: found.count(verdict) for verdict in VERDICTS},
        "metrics": found.records(found.differences),
        "levels": found.records(found.levels),
        "warnings": list(found.warnings),
    }


def _write(file: TextIO, found: Comparison) -> None:
    """Write every row as CSV."""
    rows = found.records()
    writer = csv.DictWriter(file, list(rows[0]) if rows else ["metric"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
