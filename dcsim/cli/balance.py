"""``dcsim balance``: how unlike servers share the batch of one synchronous step."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from dcsim.cli.columns import aligned
from dcsim.cli.lists import count
from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.prediction.balance import BalancedStep, Member

__all__ = ["command"]

_HEAD = (
    ("server", ""), ("hosts", ""), ("devices", ""), ("samples", ""), ("a device", "samples"), ("computes", "ms"),
    ("evenly", "samples"), ("computes", "ms"),
)  # fmt: skip


@click.command("balance")
@click.option("--model", metavar="NAME", required=True, help="Model of the catalogue.")
@click.option("--group", metavar="SERVER=HOSTS", multiple=True, required=True,
              help="Servers of the catalogue, and how many; one for each kind.")
@click.option("--batch", metavar="N", required=True, help="Samples of a step, of all devices together.")
@click.option("--precision", default="fp32", metavar="NAME", show_default=True,
              help="fp32, tf32, bf16, fp16, mixed or int8.")
@click.option("--framework", default="mxnet", metavar="NAME", show_default=True,
              help="Whose efficiency, buckets and overlap apply.")
@click.option("--optimiser", default="momentum", metavar="NAME", show_default=True, help="Rule of the update.")
@click.option("--collective", default="fastest", metavar="NAME", show_default=True, help="All-reduce among the hosts.")
@click.option("--fabric", metavar="NAME|FILE", help="What joins the hosts.  [default: full bandwidth between adapters]")
@catalog_option
@json_option
def command(
    catalog: Sequence[str], *, group: Sequence[str], batch: str, json_wanted: bool, **texts: str
) -> None:
    """Share a batch over unlike servers that wait for one another.

    Prints the samples of each device with which all are done at the same time, the step, and what the same number of
    samples for each device would lose. With --json, one object in SI units.
    """
    from dcsim.prediction.balance import balance_group
    from dcsim.prediction.question import Question
    from dcsim.spec.catalog import Catalog

    problems: list[Problem] = []
    servers = [member for text in group if (member := _member(text, problems)) is not None]
    samples = _samples(batch, problems)
    plain = Question(server="", **texts)  # type: ignore[arg-type]
    try:
        found = balance_group(plain, servers, samples, Catalog(catalog))
    except InputError as error:
        problems += [each for each in error.problems if samples or each.file != "--batch"]
    if problems:
        raise InputError(problems)
    for note in found.notes:
        say(f"note: {note}")
    click.echo(as_json(asdict(found)) if json_wanted else _summary(found))


def _member(text: str, problems: list[Problem]) -> tuple[str, int] | None:
    """Return a server and how many of it."""
    name, _, number = text.partition("=")
    try:
        if name.strip():
            return name.strip(), count(number.strip())
    except ValueError:
        pass
    problems.append(Problem("--group", 0, 0, "", f"'{text}' is not a server and a number, such as big_basin_v100=4"))
    return None


def _samples(text: str, problems: list[Problem]) -> int:
    """Return the size of the batch; 0 where it is written wrongly."""
    try:
        return count(text)
    except ValueError as error:
        problems.append(Problem("--batch", 0, 0, "", str(error)))
        return 0


def _summary(found: BalancedStep) -> str:
    """Return members as columns of text, and the step below them."""
    text = aligned(_HEAD, map(_cells, found.members), left={_HEAD[0][0]})
    parts = [
        ("compute", found.compute_s),
        ("framework", found.overhead_s),
        ("exposed communication", found.exposed_communication_s),
        ("stragglers", found.straggler_s),
    ]
    text += ["", f"{'step':<28}{found.step_s * 1e3:>12.4g} ms"]
    text += [f"{'  ' + what:<28}{seconds * 1e3:>12.4g} ms" for what, seconds in parts if seconds]
    text.append(f"{'throughput':<28}{found.throughput_per_s:>12.4g} samples/s")
    if found.even_step_s is not None and found.loss is not None:
        text.append(f"{'step with equal shares':<28}{found.even_step_s * 1e3:>12.4g} ms  {found.loss:+.1%}")
    return "\n".join(text)


def _cells(member: Member) -> tuple[str, ...]:
    """Return the texts of one line."""
    return (
        member.server,
        str(member.hosts),
        str(member.devices),
        str(member.samples),
        str(member.batch_per_device),
        f"{member.device_s * 1e3:.4g}",
        str(member.even_batch_per_device),
        "-" if member.even_device_s is None else f"{member.even_device_s * 1e3:.4g}",
    )
