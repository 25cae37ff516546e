"""How much of each answer's variance every parameter accounts for, where the design of a sweep tells (Sobol' 2001)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dcsim.errors import InputError
from dcsim.report.section import Axis, Chart, Column, Number, Prose, Section, Series, Table
from dcsim.report.sweeps.effects import plus_minus
from dcsim.report.wording import listing, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dcsim.report.section import Block, Cell
    from dcsim.report.sweeps.view import Outcome, SweepView

__all__ = ["shares"]

_DESIGN = "sobol_indices"
_MOST_OUTCOMES = 12
_WHICH = {"first": "alone", "total": "with interactions"}
_NOTE = (
    "Alone: by how much the variance would shrink, on average, if this parameter were fixed. With interactions: what "
    "would be left of it if all the others were fixed. Behind them stands half of the 95 % interval, by resampling; "
    "estimates of small shares may lie below 0, and those of all parameters need not add up to 100 %."
)


class _Shares(NamedTuple):
    """The shares of all parameters in the variance of one answer, one row for each parameter."""

    outcome: Outcome
    rows: pd.DataFrame


def shares(view: SweepView) -> Section | None:
    """Return the shares of the parameters in the variance of the answers that move; None for another design."""
    outcomes = [outcome for totals in view.totals.values() for outcome in totals if outcome.moves][:_MOST_OUTCOMES]
    if view.spec.get("design") != _DESIGN or not outcomes:
        return None
    found, lacking = [], []
    for outcome in outcomes:
        try:
            rows = view.sweep.sobol_indices(outcome.metric, **dict(outcome.dimensions))
        except InputError:
            lacking.append(outcome.name)
            continue
        if rows["total"].isna().any():
            lacking.append(outcome.name)
        else:
            found.append(_Shares(outcome, rows))
    blocks: list[Block] = [_chart(found), _table(found)] if found else []
    if lacking:
        why = "settings have no result, or too few of them differ"
        blocks.append(Prose((f"No shares in the variance of {listing(lacking, 8)}: {why}.",), "warning"))
    return Section("variance-shares", "What makes the answers vary", _lead(found), tuple(blocks))


def _lead(found: Sequence[_Shares]) -> str:
    """Say which parameter accounts for the largest share of any answer."""
    if not found:
        return "There is no telling which parameter accounts for what."
    most = max(found, key=lambda each: float(each.rows["total"].max()))
    row = most.rows.iloc[int(most.rows["total"].to_numpy(float).argmax())]
    return (
        f"{row['parameter']} accounts for {percent(float(row['first']))} of the variance of {most.outcome.name} by "
        f"itself, and for {percent(float(row['total']))} together with the other parameters."
    )


def _chart(found: Sequence[_Shares]) -> Chart:
    series = []
    for outcome, rows in found:
        names = [str(name) for name in rows["parameter"]]
        for which, name in _WHICH.items():
            share, half = rows[which].to_numpy(float), rows[f"{which}_half_width"].to_numpy(float)
            series.append(
                Series(name, names, share, "bar", facets={"metric": outcome.name}, low=share - half, high=share + half)
            )
    return Chart(
        "variance", "The share of each parameter in the variance of an answer", Axis("share in the variance", "ratio"),
        Axis("", kind="category"), tuple(series), filters=("metric",), horizontal=True, note=_NOTE,
    )  # fmt: skip


def _table(found: Sequence[_Shares]) -> Table:
    columns = (Column("Metric", kind="name"), Column("Parameter", kind="code"), Column("Alone"),
               Column("With interactions"))  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (outcome.name, str(row["parameter"]), *(_cell(row[which], row[f"{which}_half_width"]) for which in _WHICH))
        for outcome, table in found
        for row in table.sort_values("total", ascending=False, kind="stable").to_dict("records")
    ]
    return Table("variance-in-numbers", "Shares in the variance in numbers", columns, tuple(rows), shown=12)


def _cell(share: float, half_width: float) -> Number:
    return Number(share, plus_minus(share, half_width, "ratio"))
