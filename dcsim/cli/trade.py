"""``dcsim trade``: many models on many machines, one by one or in groups: throughput against latency."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from dcsim.cli.columns import aligned
from dcsim.cli.lists import count, counts, names
from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.cli.reading import read_option
from dcsim.errors import InputError, Problem
from dcsim.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.learning.groups import Trade
    from dcsim.prediction.groups import GroupSpeed

__all__ = ["command"]

T = TypeVar("T")
_DAY = 86400.0
_HEAD = (
    ("size", ""), ("groups", ""), ("idle", ""), ("speed-up", ""), ("a model", "h"), ("models", "a day"),
    ("the last", "h"), ("", ""),
)  # fmt: skip
_NUMBERS = {"batch_per_device": 1, "tau": 1, "prefetch": 0}
_STEP = (*_NUMBERS, "precision", "parallelism", "collective", "framework", "optimiser", "target")


@click.command("trade")
@click.option("--machines", required=True, metavar="N", help="Machines that there are.")
@click.option("--models", metavar="N", help="Models to train.  [default: one for each machine]")
@click.option("--work", metavar="DURATION", help="Time of one model on one machine, such as '4 days'.  "
              "[default: to the --target]")
@click.option("--sizes", metavar="N,M", help="Machines of a group; 1..16 doubles.  [default: 1 to all, doubling]")
@click.option("--speedup", metavar="N=S,M=T", help="Of a group of N machines over one, learning included; "
              "a power of the size between them and beyond.")
@click.option("--model", metavar="NAME", help="Model of the catalogue whose steps are predicted instead.")
@click.option("--server", metavar="NAME", help="Server of the catalogue that a machine is.")
@click.option("--batch-per-device", metavar="N", help="As all below, for --model.  [default: 32]")
@click.option("--precision", metavar="NAME", help="[default: fp32]")
@click.option("--parallelism", metavar="NAME", help="[default: data_parallel]")
@click.option("--collective", metavar="NAME", help="[default: fastest]")
@click.option("--framework", metavar="NAME", help="[default: mxnet]")
@click.option("--optimiser", metavar="NAME", help="[default: momentum]")
@click.option("--tau", metavar="N", help="Steps from one exchange to the next.  [default: 1]")
@click.option("--prefetch", metavar="N", help="Steps that an exchange begins early.  [default: 0]")
@click.option("--target", metavar="NAME", help="Learning workload; a speed-up is then that of the time to its target.")
@catalog_option
@json_option
def command(catalog: Sequence[str], *, json_wanted: bool, **texts: str | None) -> None:
    """Compare training models one by one with training them in groups.

    Prints for each size of a group how long a model takes, how many the machines train in a day, and which sizes no
    other size beats in both. With --json, one object in SI units.
    """
    from dcsim.learning.groups import trade

    problems: list[Problem] = []
    machines = read_option("machines", texts, count, problems) or 0
    models = read_option("models", texts, count, problems) or machines
    work_s = read_option("work", texts, _duration, problems)
    sizes = read_option("sizes", texts, counts, problems) or counts(f"1..{machines or 1}")
    problems += _too_large(sizes, machines) + _unsaid(texts)
    speed = _speed(texts, sizes, catalog, problems)
    if problems or speed is None:
        raise InputError(problems)
    work_s = speed.work_s or 0.0 if work_s is None else work_s
    rows = _rows(trade(machines, models, work_s, sizes, speed.speedup), speed, machines)
    for note in speed.notes:
        say(f"note: {note}")
    head = {"machines": machines, "models": models, "work_s": work_s}
    click.echo(as_json(head | {"sizes": rows}) if json_wanted else "\n".join(aligned(_HEAD, map(_cells, rows))))


def _too_large(sizes: Sequence[int], machines: int) -> list[Problem]:
    """Tell which groups need more machines than there are."""
    many = [size for size in sizes if 0 < machines < size]
    return [Problem.of_option("sizes", f"{size} machines are more than there are: {machines}") for size in many]


def _unsaid(texts: dict[str, str | None]) -> list[Problem]:
    """Tell what is missing, and what does not go together."""
    found = []
    predicted = texts["model"] is not None or texts["server"] is not None
    if predicted:
        needed = [name for name in ("model", "server") if texts[name] is None]
        found += [Problem.of_option(name, "is needed to predict steps") for name in needed]
    else:
        without = "has no effect without --model and --server"
        found += [Problem.of_option(name, without) for name in _STEP if texts[name] is not None]
    if predicted and texts["speedup"] is not None:
        found.append(Problem.of_option("speedup", "is what --model and --server predict; give either"))
    if not predicted and texts["speedup"] is None:
        found.append(Problem.of_option("speedup", "is needed, such as 5=4, or --model and --server that predict it"))
    if texts["work"] is None and texts["target"] is None:
        message = "is needed, such as '4 days', unless --model, --server and --target predict it"
        found.append(Problem.of_option("work", message))
    return found


def _speed(
    texts: dict[str, str | None], sizes: Sequence[int], catalog: Sequence[str], problems: list[Problem]
) -> GroupSpeed | None:
    """Return the speed-up of each size: drawn through the points that are known, or predicted."""
    from dcsim.learning.speedup import speedups
    from dcsim.prediction.groups import GroupSpeed, group_speed
    from dcsim.prediction.question import Question
    from dcsim.spec.catalog import Catalog

    known = read_option("speedup", texts, _points, problems)
    if known is not None:
        try:
            return GroupSpeed(tuple(speedups(known, sizes).tolist()), None, ())
        except ValueError as error:
            problems.append(Problem.of_option("speedup", str(error)))
            return None
    if texts["model"] is None or texts["server"] is None:
        return None
    numbers = {
        name: read_option(name, texts, partial(count, least=least), problems) for name, least in _NUMBERS.items()
    }
    words = {name: texts[name] for name in ("model", "server", *_STEP) if name not in _NUMBERS}
    given = {name: value for name, value in {**words, **numbers}.items() if value is not None}
    try:
        return group_speed(Question(**given), sizes, Catalog(catalog))  # type: ignore[arg-type]
    except InputError as error:
        problems += error.problems
        return None


def _duration(text: str) -> float:
    """Return a time above zero (s)."""
    seconds = parse_quantity(text, "time")
    if seconds <= 0.0:
        raise ValueError("must be above zero, such as '4 days'")
    return seconds


def _points(text: str) -> dict[int, float]:
    """Return speed-ups by size."""
    found: dict[int, float] = {}
    for part in names(text):
        size, _, gain = part.partition("=")
        try:
            found[count(size.strip())] = float(gain)
        except ValueError:
            raise ValueError(f"'{part}' is not a number of machines and a speed-up, such as 5=4") from None
    return found


def _rows(found: Trade, speed: GroupSpeed, machines: int) -> list[dict[str, float]]:
    """Return what a line tells of each size."""
    columns = (found.sizes, found.groups, found.wait_s, found.rate, found.last_s, found.efficient)
    return [
        {
            "size": size,
            "groups": groups,
            "idle_machines": machines - size * groups,
            "speedup": gain,
            "wait_s": wait,
            "models_per_day": rate * _DAY,
            "last_s": last,
            "efficient": best,
        }
        for gain, (size, groups, wait, rate, last, best) in zip(
            speed.speedup, zip(*(column.tolist() for column in columns), strict=True), strict=True
        )
    ]


def _cells(row: dict[str, float]) -> tuple[str, ...]:
    """Return the texts of one line."""
    whole = (str(row[name]) for name in ("size", "groups", "idle_machines"))
    wait, last = (f"{row[name] / 3600.0:.4g}" for name in ("wait_s", "last_s"))
    mark = "efficient" if row["efficient"] else ""
    return (*whole, f"{row['speedup']:.4g}", wait, f"{row['models_per_day']:.4g}", last, mark)
