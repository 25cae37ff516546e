"""What a planner reads first: metrics that say how a fleet does, and of each the rows that sum up the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["BETTER", "HEADLINES", "Row", "Summing", "row_label", "row_of"]

HEADLINES = (
    "slo_attainment", "staleness_mean", "quality_loss_mean", "utilisation", "useful_server_hours", "harvest_goodput",
    "training_goodput", "step_time", "energy", "cost",
)  # fmt: skip
"""Metrics that are to be known well where nobody chose any."""

BETTER: dict[str, Literal["higher", "lower", ""]] = {
    "slo_attainment": "higher", "served_share": "higher", "staleness_mean": "lower", "training_goodput": "higher",
    "queue_wait_mean": "lower", "harvest_goodput": "higher", "useful_server_hours": "higher", "harvest_steps": "higher",
    "step_time": "lower", "cost": "lower", "quality_loss_mean": "lower", "energy": "lower", "utilisation": "",
}  # fmt: skip
"""Metrics that are told where nobody chose any, the first first, and which is better of them, if any is.

Utilisation is neither: hosts that wait for the network count as busy.
"""

Row = tuple[str, tuple[tuple[str, str], ...]]
"""Metric and dimensions of a tidy row, the dimensions in their order."""
_NUMBERS = ("metric", "unit", "value")


def row_of(record: Mapping[str, Any]) -> Row:
    """Return what a tidy row is about, apart from its value.

    Examples
    --------
    >>> row_of({"metric": "energy", "unit": "kWh", "value": 2.5, "region": "lulea"})
    ('energy', (('region', 'lulea'),))
    """
    dimensions = [(name, str(value)) for name, value in record.items() if name not in _NUMBERS and value is not None]
    return str(record["metric"]), tuple(dimensions)


def row_label(row: Row) -> str:
    """Return a row's name for people.

    Examples
    --------
    >>> row_label(("energy", (("region", "lulea"), ("role", "serving")))), row_label(("energy", ()))
    ('energy region=lulea role=serving', 'energy')
    """
    metric, dimensions = row
    return " ".join([metric, *(f"{name}={value}" for name, value in dimensions)])


class Summing:
    """Tells the rows that sum up a metric: those with the fewest dimensions of all its rows.

    Parameters
    ----------
    rows : iterable of Row
        Every row.

    Examples
    --------
    >>> total, part = ("energy", ()), ("energy", (("region", "lulea"),))
    >>> each = ("staleness_mean", (("service", "ads"),))
    >>> summing = Summing([part, total, each])
    >>> summing(total), summing(part), summing(each)
    (True, False, True)
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._fewest: dict[str, int] = {}
        for metric, dimensions in rows:
            self._fewest[metric] = min(len(dimensions), self._fewest.get(metric, len(dimensions)))

    def __call__(self, row: Row) -> bool:
        """Whether a row sums up others."""
        return len(row[1]) == self._fewest[row[0]]
