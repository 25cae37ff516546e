"""What a sweep says in words and tables: the headline, every setting, what failed, and how it was made."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

import numpy as np

from dcsim.confidence.paired import paired
from dcsim.report.section import Column, Number, Prose, Section, Table, Tile, Tiles
from dcsim.report.sweeps.effects import difference_cell, plus_minus
from dcsim.report.sweeps.view import title_of
from dcsim.report.wording import amount, count, listing, percent, plural
from dcsim.results.choice import one_arrangement, same_work
from dcsim.results.headline import BETTER
from dcsim.results.sweep_warnings import warnings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.report.section import Block, Cell
    from dcsim.report.sweeps.effects import Effect
    from dcsim.report.sweeps.view import Outcome, SweepView

__all__ = ["failures", "headline", "making", "settings"]

_SPACE = "\N{NO-BREAK SPACE}"
_MOST_SETTINGS = 500
_ENOUGH_COLUMNS, _MOST_COLUMNS = 6, 8
"""How many answers a table has with those that are the same in every setting, and without them."""
_MOST_FAILURES = 200
_MOST_WARNINGS = 20
_READ = "↑ more is better, ↓ less is better."
_ARROWS = {"higher": "↑", "lower": "↓", "": ""}


def headline(view: SweepView, found: Sequence[Effect]) -> Section:
    """Return the first section: what moves most, between which settings, and how sure that is."""
    outcomes = [outcome for totals in view.totals.values() for outcome in totals]
    moving = [each for each in outcomes if each.moves]
    moved = {each.metric for each in moving}
    still = [*dict.fromkeys(title_of(each.metric) for each in outcomes if each.metric not in moved)]
    if same_work(view.sweep):
        still = [f"{each} (the work that the harvest does)" if each == title_of("harvest_steps") else each
                 for each in still]  # fmt: skip
    blocks: list[Block] = [_tiles(view, outcomes)]
    if moving and len(view.numbers) > 1:
        blocks.append(_extremes(view, moving))
    if still and view.varied:
        blocks.append(Prose((f"The same in every setting: {listing(still, 8)}.",)))
    return Section("headline", "Headline", _lead(view, found), tuple(blocks))


def settings(view: SweepView) -> Section:
    """Return every setting with its answers."""
    totals = sorted((each for found in view.totals.values() for each in found), key=lambda each: not each.moves)
    shown = totals[: min(max(_ENOUGH_COLUMNS, sum(each.moves for each in totals)), _MOST_COLUMNS)]
    columns = [Column("Setting")]
    columns += [Column(each.name, each.unit if each.numbers is not None else "",
                       "number" if each.numbers is not None else "name") for each in view.varied]  # fmt: skip
    columns += [Column(_directed(each)) for each in shown]
    rows: list[tuple[Cell, ...]] = []
    for place, number in enumerate(view.numbers[:_MOST_SETTINGS]):
        values: list[Cell] = [Number(number, str(number))]
        for each in view.varied:
            text = each.texts[place]
            values.append(text if each.numbers is None else Number(each.numbers[place], f"{each.numbers[place]:g}"))
        rows.append((*values, *(_answer(outcome, place) for outcome in shown)))
    notes = [_READ]
    if view.replicas > 1:
        notes.append("Means over the replicas of a setting; behind them stands half of the 95 % interval.")
    notes += dict.fromkeys(f"{title_of(each.metric)}: {each.rest}." for each in shown if each.rest)
    if len(view.numbers) > _MOST_SETTINGS:
        notes.append(f"The first {_MOST_SETTINGS} of {count(len(view.numbers))} settings are shown.")
    if len(totals) > len(shown):
        notes.append(f"Of {len(totals)} answers {len(shown)} are shown.")
    notes.append("All settings, replicas and metrics are in results.parquet.")
    table = Table("settings-table", "Every setting", tuple(columns), tuple(rows), shown=20, note=" ".join(notes))
    return Section("settings", "Settings", "", (table,))


def failures(view: SweepView) -> Section | None:
    """Return what failed and what was warned of; None where nothing was."""
    failed, points = view.sweep.failures, view.sweep.points
    warned = list(dict.fromkeys(points["warning"])) if "warning" in points else []
    texts = [line for each in warned for line in str(each).splitlines()]
    texts = list(dict.fromkeys([*texts, *warnings_of(view.sweep)]))
    if not len(failed) and not texts:
        return None
    blocks: list[Block] = []
    if len(failed):
        names = [each.name for each in view.varied]
        columns = (Column("Setting"), *(Column(name, kind="name") for name in names), Column("Seed"),
                   Column("Problem", kind="text"))  # fmt: skip
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (Number(int(row["setting"]), str(row["setting"])), *(str(row[name]) for name in names),
             Number(int(row["seed"]), str(row["seed"])), str(row["problem"]))
            for row in failed.head(_MOST_FAILURES).to_dict("records")
        )  # fmt: skip
        note = f"The first {_MOST_FAILURES} are shown; failures.csv has all." if len(failed) > _MOST_FAILURES else ""
        blocks.append(Table("failed-points", "Points that failed", columns, rows, note=note))
    if texts:
        more = [f"... and {plural(len(texts) - _MOST_WARNINGS, 'more')}"] if len(texts) > _MOST_WARNINGS else []
        blocks.append(Prose((*texts[:_MOST_WARNINGS], *more), "warning", "Warnings"))
    lead = f"{plural(len(failed), 'point')} of {count(len(points))} failed and are left out of all averages." if len(
        failed) else "Every point was carried out; these warnings were given."  # fmt: skip
    return Section("failures", "Failures and warnings", lead, tuple(blocks))


def making(view: SweepView) -> Section:
    """Return how the sweep was made: what its file says, and what it varied."""
    told = {name: value for name, value in view.spec.items() if value not in (None, "", [], {}) and name != "set"}
    told["scenario"] = PurePath(str(told.get("scenario", ""))).name
    said = tuple((name, _plain(value)) for name, value in told.items())
    axes = tuple((str(path), _plain(value)) for path, value in (view.spec.get("set") or {}).items())
    fields = (Column("Field", kind="code"), Column("Value", kind="text"))
    tables = [Table("sweep-file", "What was asked", fields, said, 30)]
    if axes:
        columns = (Column("Path", kind="code"), Column("Values", kind="text"))
        tables.append(Table("varied", "What was set and varied", columns, axes, 30))
    rest = f" Not told here: {listing(view.left_out, 6)}." if view.left_out else ""
    lead = (
        "Replica k of every setting has the seed of the scenario plus k, so settings share their random numbers and "
        f"their differences are surer than each of them.{rest}"
    )
    return Section("making", "How it was made", lead, tuple(tables))


def _lead(view: SweepView, found: Sequence[Effect]) -> str:
    if not view.varied:
        return f"One setting with {plural(view.replicas, 'replica')}: how sure the answers of this scenario are."
    if "step_time" in view.metrics and not one_arrangement(view.sweep):
        found = [each for each in found if each.outcome.metric != "step_time"]
    sure = (each for each in found if (each.difference.half_width or 0.0) < abs(each.difference.mean))
    strongest = next(sure, next(iter(found), None))
    if strongest is None:
        return f"Nothing that is told here moves with {listing([each.name for each in view.varied])}."
    unit, name = strongest.outcome.unit, strongest.outcome.name
    low, high = (amount(value, unit) for value in (strongest.low, strongest.high))
    path = strongest.parameter.name
    better = _better(strongest.outcome)
    judged = f" {better.capitalize()} is better." if better else ""
    verb = "go" if strongest.outcome.metric.endswith(("hours", "steps")) else "goes"
    goes = f"{name} {verb} from {low} at {strongest.lowest} to {high} at {strongest.highest}."
    return f"{path} moves most: {goes}{judged}"


def _directed(outcome: Outcome) -> str:
    """Return what it is, with an arrow to where better lies."""
    return f"{outcome.name}{_SPACE}{_ARROWS[_better(outcome)]}".rstrip()


def _better(outcome: Outcome) -> Literal["higher", "lower", ""]:
    """Return where better lies."""
    return BETTER.get(outcome.metric, "")


def _tiles(view: SweepView, outcomes: Sequence[Outcome]) -> Tiles:
    points, failed = len(view.sweep.points), len(view.sweep.failures)
    names = listing([each.name for each in view.varied]) or "nothing is varied"
    tiles = [
        Tile("Settings", count(len(view.numbers)), "", names),
        Tile("Replicas of each", count(view.replicas), "", "the same seeds for every setting"),
        Tile("Points", count(points), "", f"{count(failed) if failed else 'none'} failed", "bad" if failed else "good"),
    ]
    least = _least_sure(view, [each for each in outcomes if each.moves] or outcomes)
    return Tiles((*tiles, least) if least else tuple(tiles))


def _least_sure(view: SweepView, outcomes: Sequence[Outcome]) -> Tile | None:
    """Return the answer with the widest interval for its size, and where; None where none has a width."""
    widths: list[tuple[float, Outcome, list[str]]] = []
    for outcome in outcomes:
        shares = [each.half_width / abs(each.mean) if each and each.half_width and each.mean else 0.0
                  for each in outcome.intervals]  # fmt: skip
        widths.append((max(shares), outcome, [percent(each) for each in shares]))
    widest = max(widths, key=lambda each: each[0], default=None)
    if widest is None or widest[0] == 0.0:
        return None
    share, outcome, texts = widest
    at = [place for place, text in enumerate(texts) if text == percent(share)]
    where = f", in {len(at)} of {len(texts)} settings" if len(at) > 1 else f", at {view.setting_name(at[0])}"
    if len(at) == len(texts):
        where = ", in every setting" if view.varied else ""
    number, _, sign = percent(share).rpartition(" ")
    return Tile("Least sure answer", f"± {number}", sign, f"{outcome.name}{where}")


def _extremes(view: SweepView, outcomes: Sequence[Outcome]) -> Table:
    """Return, for each answer, the settings where it is lowest and highest."""
    columns = (Column("Metric", kind="name"), Column("Lowest"), Column("lowest at", kind="name"), Column("Highest"),
               Column("highest at", kind="name"), Column("Difference"))  # fmt: skip
    rows = []
    for outcome in outcomes:
        low, high = int(np.nanargmin(outcome.means)), int(np.nanargmax(outcome.means))
        both = ~np.isnan(outcome.values[low]) & ~np.isnan(outcome.values[high])
        difference = None
        if both.any():
            pair = paired(outcome.values[low][both].tolist(), outcome.values[high][both].tolist())
            difference = difference_cell(pair, outcome.unit)
        at = view.setting_name(low), view.setting_name(high)
        rows.append((_directed(outcome), _answer(outcome, low), at[0], _answer(outcome, high), at[1], difference))
    return Table(
        "extremes", "Where each answer is lowest and highest", columns, tuple(rows), shown=12,
        note=f"{_READ} Differences are taken replica by replica; behind them stands half of the 95 % interval."
        if view.replicas > 1 else _READ,
    )  # fmt: skip


def _answer(outcome: Outcome, place: int) -> Cell:
    found = outcome.intervals[place]
    return None if found is None else Number(found.mean, plus_minus(found.mean, found.half_width, outcome.unit))


def _plain(value: object) -> str:
    """Return a value of a sweep file in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list | tuple) else str(value)
