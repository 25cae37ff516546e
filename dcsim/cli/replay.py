"""``dcsim replay``: what was recorded, through the simulated machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.cli.replay_jobs import jobs_command

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group("replay")
def command() -> None:
    """Send recorded flows through a fabric, or recorded jobs through a cluster."""


def _seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float:
    """Return the seconds that an option says."""
    from dcsim.units import parse_quantity

    if value is None:
        return 0.0
    try:
        seconds = parse_quantity(value, "time")
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds < 0.0:
        raise click.BadParameter("must be zero or more, such as '20 us'")
    return seconds


def _sled_option(function: F) -> F:
    text = "What stands in the racks of a fabric of pods.  [default: big_basin_p100_sled]"
    return click.option("--sled", metavar="NAME", help=text)(function)


@command.command("flows")
@click.argument("fabric")
@click.argument("flows")
@click.option("--out", metavar="FILE", help="Write id,start,finish of every flow; compressed if the name ends in .gz.")
@click.option("--links", metavar="FILE", help="Write what every link carried and its utilisation.")
@click.option("--changes", metavar="FILE", help="Links that change: time,link,bandwidth, where 0 is a failure.")
@click.option("--reference", metavar="FILE", help="Completions from elsewhere to compare with: id,start,finish.")
@click.option("--overhead", metavar="TIME", callback=_seconds, help="Software time of a message, as '20 us'; else 0.")
@_sled_option
@catalog_option
@json_option
def flows_command(
    fabric: str,
    flows: str,
    out: str | None,
    links: str | None,
    changes: str | None,
    reference: str | None,
    overhead: float,
    sled: str | None,
    catalog: Sequence[str],
    *,
    json_wanted: bool,
) -> None:
    """Send the flows of a file through a fabric that they share max-min fairly.

    FABRIC is a name ('dcsim catalog list fabrics') or a YAML file. FLOWS is a CSV file, gzipped or not, or - for
    standard input: id,src,dst,bytes,start and, if wanted, weight and cap (bytes/s). Prints a summary. Files appear
    complete or not at all.
    """
    from dcsim.cli.flow_summary import comparison_lines, summary_lines
    from dcsim.network.flow_trace import write_columns, write_completions
    from dcsim.trace.interrupts import interruptible
    from dcsim.trace.outputs import new_files
    from dcsim.world.flow_replay import replay_flows

    written = {name: path for name, path in (("completions", out), ("links", links)) if path is not None}
    inputs = [path for path in (fabric, flows, changes, reference) if path is not None]
    with interruptible(), new_files(list(written.values()), inputs) as files:
        replay = replay_flows(fabric, flows, changes=changes, overhead_s=overhead, sled=sled, catalog=catalog)
        compared = None if reference is None else replay.compare(reference)
        for name, file in zip(written, files, strict=True):
            if name == "completions":
                write_completions(file, replay.trace, replay.completions.finish)
            else:
                write_columns(file, replay.links)
    for warning in replay.warnings:
        say(f"warning: {warning}")
    if json_wanted:
        told = {} if compared is None else {"reference": vars(compared)}
        click.echo(as_json({"fabric": fabric, "trace": flows, **replay.summary(), **told, **written}))
        return
    for line in (*summary_lines(replay.summary()), *comparison_lines(compared)):
        click.echo(line)
    for name, path in written.items():
        click.echo(f"{name}: {path}")


@command.command("links")
@click.argument("fabric")
@click.option("--hosts", type=click.IntRange(min=1), help="How many hosts, where a fabric grows with them.")
@_sled_option
@catalog_option
@json_option
def links_command(
    fabric: str, hosts: int | None, sled: str | None, catalog: Sequence[str], *, json_wanted: bool
) -> None:
    """List the links of a fabric: name, level, bandwidth of payload and latency.

    One direction of one cable is one link. The names are those that --changes takes.
    """
    from dcsim.spec.catalog import Catalog
    from dcsim.world.fabric_by_name import build_on, find_fabric, without_effect

    ground = find_fabric(fabric, sled, Catalog(catalog))
    topology = build_on(fabric, ground, hosts)
    for warning in without_effect(fabric, ground, hosts=hosts, sled=sled):
        say(f"warning: {warning}")
    rows = [
        {
            "link": topology.name(link),
            "level": topology.levels[topology.level[link]],
            "bandwidth_bytes_per_s": float(topology.capacity[link]),
            "latency_s": float(topology.latency[link]),
        }
        for link in range(topology.links)
    ]
    if json_wanted:
        click.echo(as_json(rows))
        return
    width = max(len(row["link"]) for row in rows)
    for row in rows:
        bandwidth = f"{row['bandwidth_bytes_per_s'] * 8e-9:.6g} Gbit/s"
        click.echo(f"{row['link']:<{width}}  {row['level']:<6}  {bandwidth:>14}  {row['latency_s'] * 1e6:.6g} us")


command.add_command(jobs_command)
