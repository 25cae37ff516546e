"""The options of ``dcsim replay jobs``: read, checked against one another, and told all at once where wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.cli.lists import count
from dcsim.cli.pictures import undrawable
from dcsim.cli.reading import read_option
from dcsim.errors import InputError, Problem
from dcsim.job_replay import open_trace, replay_jobs
from dcsim.jobs.reading import JobTrace
from dcsim.jobs.rows import MOST_SLOTS
from dcsim.trace.source import STDIN
from dcsim.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcsim.job_replay import JobReplay

__all__ = ["JobOptions", "read_count", "read_options"]

_MOST_REPLICAS = 10_000
_WRITTEN = ("out", "segments", "plot")
_ENDINGS = {"out": (".csv", ".csv.gz", ".parquet"), "segments": (".csv", ".csv.gz")}
_FILES = ("nodes", "tenants", "capacity", "scenario")


@dataclass(frozen=True, eq=False)
class JobOptions:
    """What is to be replayed, and where to.

    Parameters
    ----------
    trace : JobTrace
        The jobs.
    replays : tuple of JobReplay
        One for each policy.
    inputs : tuple of str
        Files that are read.
    replicas : int
        Draws of the trace; 0 for the trace itself.
    texts : mapping
        What was written for each option.
    """

    trace: JobTrace
    replays: tuple[JobReplay, ...]
    inputs: tuple[str, ...]
    replicas: int
    texts: Mapping[str, str | None]


def read_options(
    place: str,
    schedulers: Sequence[str],
    placements: Sequence[str],
    *,
    catalog: Sequence[str],
    texts: Mapping[str, str | None],
) -> JobOptions:
    """Read what was written, and look the trace through.

    Parameters
    ----------
    place : str
        The trace.
    schedulers, placements : sequence of str
        Names; every scheduler goes with every placement.
    catalog : sequence of str
        Folders of entries.
    texts : mapping
        The other options by name, None where left out.

    Raises
    ------
    InputError
        With every problem of options and files.
    """
    problems = [*undrawable(texts["plot"]), *_unwritable(texts)]
    slots = read_count("slots", texts, 1, problems)
    times = {name: read_option(name, texts, _seconds, problems) for name in ("checkpoint_every", "restart")}
    if times["checkpoint_every"] == 0.0:
        message = "must be longer than nothing; leave checkpoints out of a job's account with '1000 years'"
        problems.append(Problem.of_option("checkpoint_every", message))
    elasticity = read_option("elasticity", texts, _number(0.0, 1.0), problems)
    seed = read_count("seed", texts, 0, problems) or 0
    replicas = read_count("replicas", texts, 2, problems) or 0
    policies = [(plan, where) for plan in dict.fromkeys(schedulers) for where in dict.fromkeys(placements) or (None,)]
    problems += _files_of_many(len(policies), replicas, {name: texts[name] for name in _WRITTEN})
    trace = _trace(place, texts, problems)
    if slots is None and texts["slots"] is not None:
        slots = 1  # that its text is wrong is told; what else is wrong shall be told too
    replays = []
    for plan, where in policies:
        try:
            replays.append(
                replay_jobs(
                    trace, slots=slots, nodes=texts["nodes"], scenario=texts["scenario"], scheduler=plan,
                    placement=where, tenants=texts["tenants"], capacity=texts["capacity"],
                    checkpoint_every=times["checkpoint_every"], restart=times["restart"], elasticity=elasticity,
                    engine=texts["engine"], seed=seed, catalog=catalog,
                )
            )  # fmt: skip
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    inputs = (place, *(text for name in _FILES if (text := texts[name])))
    return JobOptions(trace, tuple(replays), inputs, replicas, texts)


def _trace(place: str, texts: Mapping[str, str | None], problems: list[Problem]) -> JobTrace:
    """Return the part of the trace that is meant; one without jobs where it cannot be read."""
    begin, end = (read_option(name, texts, _seconds, problems) for name in ("begin", "end"))
    begin, end = -math.inf if begin is None else begin, math.inf if end is None else end
    load = read_option("load", texts, _number(1e-6, 1e6), problems)
    if begin >= end:
        problems.append(Problem.of_option("end", "comes not after --begin; leave something between them"))
    try:
        return open_trace(place, format=texts["format"], begin=begin, end=end, load=load or 1.0)
    except InputError as error:
        problems += error.problems
        return JobTrace(place, lambda: iter(()))


def read_count(option: str, texts: Mapping[str, str | None], least: int, problems: list[Problem]) -> int | None:
    """Return the whole number that an option says; nothing where it is left out, or written wrongly."""
    most = _MOST_REPLICAS if option == "replicas" else MOST_SLOTS
    return read_option(option, texts, lambda text: count(text, least, most), problems)


def _files_of_many(policies: int, replicas: int, files: Mapping[str, str | None]) -> list[Problem]:
    """Refuse files that one replay fills where there are more."""
    named = [name for name, path in files.items() if path is not None]
    if replicas:
        return [Problem.of_option(name, "shows one replay; leave it or --replicas out") for name in named]
    if policies > 1:
        message = "shows one schedule; name one --scheduler and one --placement"
        return [Problem.of_option(name, message) for name in named if name != "plot"]
    return []


def _unwritable(texts: Mapping[str, str | None]) -> list[Problem]:
    """Refuse names of files that do not say in which form they are to be written."""
    return [
        Problem.of_option(name, f"'{path}' must end in {', '.join(endings[:-1])} or {endings[-1]}")
        for name, endings in _ENDINGS.items()
        if (path := texts[name]) is not None and path != STDIN and not path.endswith(endings)
    ]


def _number(least: float, most: float) -> Callable[[str], float]:
    """Return a reader of numbers."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"'{text}' is not a number between {least:g} and {most:g}")
        return value

    return read


def _seconds(text: str) -> float:
    seconds = parse_quantity(text, "time")
    if seconds < 0.0:
        raise ValueError(f"'{text}' must be zero or more, such as '10 min'")
    return seconds
