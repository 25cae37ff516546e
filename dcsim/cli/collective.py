"""``dcsim collective``: how long collectives take, as a table in the style of nccl-tests."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import click

from dcsim.cli.columns import aligned
from dcsim.cli.lists import count, counts, names, sizes
from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.cli.reading import read_option
from dcsim.errors import InputError, Problem
from dcsim.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcsim.world.comparison import CollectiveRow, Comparison

__all__ = ["command"]

T = TypeVar("T")
_HEAD = (
    ("algorithm", ""), ("ranks", ""), ("size", ""), ("fidelity", ""), ("time", "us"), ("algbw", "GB/s"),
    ("busbw", "GB/s"), ("formula", "us"), ("gap", ""), ("loss", ""), ("bottleneck", ""),
)  # fmt: skip
_UNITS = {"EB": 1e18, "PB": 1e15, "TB": 1e12, "GB": 1e9, "MB": 1e6, "kB": 1e3, "B": 1.0}
_MOST_RANKS = 65_536
"""Some seconds for the flows of a ring."""
_FLAGS = {"nbytes": "bytes", "overhead_s": "overhead"}
_LEFT = {"algorithm", "fidelity", "bottleneck"}


@click.command("collective")
@click.option("--algorithm", default="ring,halving_doubling", metavar="A,B", show_default=True,
              help="Collectives to compare; 'all' for every one that suits the ranks.")
@click.option("--ranks", default="8,32", metavar="N,M", show_default=True, help="Numbers of ranks; 8..64 doubles.")
@click.option("--bytes", "nbytes", metavar="SIZE,SIZE",
              help="Sizes with their units, such as 100MB,1GB; 1MB..1GB doubles.  "
              "[default: the gradient of the model in --buffers, or 100MB]")
@click.option("--fabric", metavar="NAME|FILE", help="What joins the hosts.  "
              "[default: f4_100g; with --server, full bandwidth between adapters]")
@click.option("--sled", metavar="NAME", help="What stands in the racks of a fabric of pods; ranks are its hosts.  "
              "[default there: big_basin_p100_sled]  All other fabrics take only the overhead of its adapter.")
@click.option("--server", metavar="NAME", help="Ranks are the GPUs of such servers, instead of hosts.")
@click.option("--hosts-per-nic", metavar="N", help="Hosts of each adapter that synchronise.  [default: all]")
@click.option("--placement", default="contiguous", metavar="NAME", show_default=True,
              help="Ranks fill adapter after adapter (contiguous), or go round them (strided).")
@click.option("--fidelity", default="flow", metavar="F,G", show_default=True,
              help="How closely the network is looked at: closed_form, flow, packet.")
@click.option("--buffers", default="fused", metavar="HOW", show_default=True,
              help="Into what the data are cut: fused, per-tensor:MODEL, SIZE or SIZE:MODEL.")
@click.option("--servers", default="0", metavar="N", show_default=True,
              help="How many of the last ranks only hold parameters (parameter_server).")
@click.option("--transport", default="linux_reno", metavar="NAME", show_default=True,
              help="How hosts answer to losses.")
@click.option("--overhead", "overhead_s", metavar="DURATION",
              help="Software cost of a message between hosts, such as 20us.  "
              "[default: of the sled's adapter with pods, --sled or --server, else 0]")
@catalog_option
@json_option
def command(catalog: Sequence[str], *, json_wanted: bool, **texts: str | None) -> None:
    """Compare collectives on a fabric, or in a server.

    Prints a line for each algorithm, number of ranks, size and fidelity: time, bandwidths as nccl-tests define them,
    the alpha-beta formula and the gap to it, losses, and the link that decides. With --json, a list of objects in SI
    units.
    """  # fmt: skip
    from dcsim.collective_table import prepare
    from dcsim.spec.catalog import Catalog

    asked, problems = _read(texts)
    try:
        prepared = prepare(asked, Catalog(catalog))
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    for note in prepared.notes:
        say(f"note: {note}")
    rows = list(prepared.rows())
    table = "\n".join(aligned(_HEAD, map(_cells, rows), _LEFT))
    click.echo(as_json([asdict(row) for row in rows]) if json_wanted else table)


def _ranks(text: str) -> tuple[int, ...]:
    """Return numbers of ranks, of which more than the largest take minutes to lay out."""
    return counts(text, most=_MOST_RANKS)


def _read(texts: dict[str, str | None]) -> tuple[Comparison, list[Problem]]:
    """Return what is asked for, and what is wrong with how it is written; what is wrong asks for nothing."""
    from dcsim.spec.network import FIDELITIES
    from dcsim.world.comparison import Comparison
    from dcsim.world.placement import PLACEMENTS

    problems: list[Problem] = []
    flags = {_FLAGS.get(option, option): text for option, text in texts.items()}

    def read(option: str, how: Callable[[str], T], otherwise: T) -> T:
        found = read_option(option, flags, how, problems)
        return otherwise if found is None else found

    asked = Comparison(
        algorithms=read("algorithm", names, ()),
        ranks=read("ranks", _ranks, ()),
        nbytes=read("bytes", sizes, ()),
        fabric=texts["fabric"],
        sled=texts["sled"],
        server=texts["server"],
        hosts_per_nic=read("hosts_per_nic", count, None),
        placement=read("placement", lambda text: _one_of(text, PLACEMENTS), PLACEMENTS[0]),
        fidelities=read("fidelity", lambda text: tuple(_one_of(name, FIDELITIES) for name in names(text)), ()),
        buffers=str(texts["buffers"]),
        servers=read("servers", lambda text: count(text, 0), 0),
        transport=str(texts["transport"]),
        overhead_s=read("overhead", _duration, None),
    )
    return asked, problems


def _one_of(text: str, known: Sequence[T]) -> T:
    """Return a word that is known."""
    from dcsim.spec.suggest import Suggester

    for word in known:
        if word == text:
            return word
    raise ValueError(Suggester().unknown("value", text, map(str, known)))


def _duration(text: str) -> float:
    """Return a time that is not negative."""
    seconds = parse_quantity(text, "time")
    if seconds < 0.0:
        raise ValueError("must be zero or more, such as 20us")
    return seconds


def _cells(row: CollectiveRow) -> tuple[str, ...]:
    """Return the texts of one line; where latency and overhead take most of the time, they are the bottleneck."""
    waits = row.waiting_s / row.time_s
    return (
        row.algorithm,
        str(row.ranks),
        _size(row.bytes),
        row.fidelity,
        _number(row.time_s * 1e6, 1),
        _number(row.algbw_bytes_per_s / 1e9, 3),
        _number(row.busbw_bytes_per_s / 1e9, 3),
        _number(row.closed_form_s * 1e6, 1),
        f"{round(row.gap_ratio, 3) + 0.0:+.1%}",
        _percent(row.loss_ratio),
        f"latency ({waits:.0%})" if waits > 0.5 else row.bottleneck or "-",
    )


def _number(value: float, places: int) -> str:
    """Return a number with so many places; with four digits that count where those would not tell it or be too many.

    Examples
    --------
    >>> _number(28014.0, 1), _number(0.04321, 1), _number(2.5e15, 1), _number(2.79e-5, 3)
    ('28014.0', '0.04321', '2.5e+15', '2.79e-05')
    """
    small = abs(value) < 10.0 ** (1 - places)
    return f"{value:.4g}" if value and (small or abs(value) >= 1e12) else f"{value:.{places}f}"


def _percent(share: float) -> str:
    if share == 0.0:
        return "-"
    return f"{share:.2%}" if share >= 5e-5 else "<0.01%"


def _size(nbytes: float) -> str:
    """Return an amount of data with the largest unit that leaves it at least one.

    Examples
    --------
    >>> _size(102228128.0), _size(1e9), _size(8.0), _size(2.5e16)
    ('102.2 MB', '1 GB', '8 B', '25 PB')
    """
    unit, factor = next((unit, factor) for unit, factor in _UNITS.items() if nbytes >= factor or unit == "B")
    return f"{nbytes / factor:.4g} {unit}"
