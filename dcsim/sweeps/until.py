"""``--until``: replicas of every setting until the chosen metrics are known as well as wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dcsim.confidence import interval
from dcsim.confidence.precision import GROWTH, is_precise, replicas_wanted
from dcsim.results.headline import HEADLINES, Row, Summing, row_label, row_of
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Reached", "Replicas", "Until", "parse_until"]

_FORM = re.compile(r"\s*ci\s*=\s*(?P<share>[0-9.]+)\s*(?P<percent>%?)\s*(?::(?P<metrics>.*))?\Z")


@dataclass(frozen=True)
class Until:
    """How well metrics are to be known.

    Parameters
    ----------
    share : float
        Error of the mean as a share of the true one, above 0, see :func:`~dcsim.confidence.precision.is_precise`.
    metrics : tuple of str
        Metrics by the names of their rows; those of ``HEADLINES`` that a run has where empty.
    level : float
        Confidence, in (0, 1).
    """

    share: float
    metrics: tuple[str, ...] = ()
    level: float = 0.95

    def __str__(self) -> str:
        """Return the option's text."""
        behind = f":{','.join(self.metrics)}" if self.metrics else ""
        return f"ci={self.share * 100:.15g}%{behind}"


def parse_until(text: str) -> Until:
    """Read ``ci=2%`` or ``ci=2%:staleness_mean,cost``.

    Raises
    ------
    ValueError
        With the reason and the fix.

    Examples
    --------
    >>> parse_until("ci=2%:cost"), str(parse_until("ci=0.005"))
    (Until(share=0.02, metrics=('cost',), level=0.95), 'ci=0.5%')
    """
    match = _FORM.match(text)
    try:
        share = float(match["share"]) / (100.0 if match["percent"] else 1.0) if match else 0.0
    except ValueError:
        share = 0.0
    if match is None or not 0.0 < share < 1.0:
        reason = "needs a half width between 0 and 100 % of the mean" if match else "is not a precision"
        raise ValueError(f"{quoted(text)} {reason}; write ci=2% or ci=2%:staleness_mean")
    if match["metrics"] is None:
        return Until(share)
    names = tuple(dict.fromkeys(name.strip() for name in match["metrics"].split(",")))
    if not all(names):
        raise ValueError(f"{quoted(text)} leaves a metric out; write ci=2%:staleness_mean,cost")
    return Until(share, names)


@dataclass(frozen=True)
class Reached:
    """How well one row of a setting is known.

    Parameters
    ----------
    setting, replicas : int
        Number of the setting, and of its replicas that have the row.
    row : str
        Metric and dimensions.
    mean : float
        Over the replicas.
    half_width : float or None
        Half of the confidence interval; None for one replica.
    reached : bool
        Whether that is as well as wanted.
    """

    setting: int
    replicas: int
    row: str
    mean: float
    half_width: float | None
    reached: bool


@dataclass
class _Setting:
    """The replicas of one setting: what is asked for, and the values of the rows that are judged, by replica."""

    asked: int
    seen: set[int] = field(default_factory=set)
    values: dict[Row, dict[int, float]] = field(default_factory=dict)


class Replicas:
    """How many replicas each setting needs, judged stage by stage; the rule is that of :func:`replicas_wanted`.

    A setting is judged when every replica of its stage is in, whatever the order they came in, so that the same
    replicas are made by every engine and after every restart.

    Parameters
    ----------
    until : Until
        How well the metrics are to be known.
    least, most : int
        Replicas of the first stage, at least 2, and the most that a setting gets.

    Examples
    --------
    >>> replicas = Replicas(parse_until("ci=5%:cost"), least=3)
    >>> for replica, value in enumerate([98.0, 100.0, 110.0]):
    ...     replicas.add(0, replica, [{"metric": "cost", "unit": "USD", "value": value}])
    >>> replicas.wanted_of(0)
    9
    """

    def __init__(self, until: Until, least: int = 5, most: int = 100) -> None:
        self.until = until
        self.least = max(2, min(least, most))
        self.most = most
        self._names = until.metrics or HEADLINES
        self._settings: dict[int, _Setting] = {}
        self._known: set[str] = set()

    def add(self, setting: int, replica: int, rows: Iterable[Mapping[str, Any]] | None) -> None:
        """Take in a finished point.

        Parameters
        ----------
        setting, replica : int
            Which point.
        rows : iterable of mapping or None
            Its metric rows, without the dimensions that do not apply; None for a point that failed.
        """
        held = self._settings.setdefault(setting, _Setting(self.least))
        held.seen.add(replica)
        rows = tuple(rows or ())
        self._known.update(str(row["metric"]) for row in rows)
        chosen = [(row_of(row), float(row["value"])) for row in rows if row["metric"] in self._names]
        summing = Summing(row for row, _ in chosen)
        for row, value in chosen:
            if summing(row):
                held.values.setdefault(row, {})[replica] = value

    def wanted_of(self, setting: int) -> int | None:
        """Return how many replicas a setting needs in all; None where it has enough, or the most."""
        held = self._settings.get(setting)
        if held is None:
            return self.least
        while held.seen.issuperset(range(held.asked)):
            more = self._judged(held)
            if more == held.asked:
                return None
            held.asked = more
        return held.asked

    def unknown(self) -> list[str]:
        """Return a message for each metric of ``until`` that no point had, once all of a first stage are in."""
        if not self._known:
            return []
        hint = Suggester()
        missing = [name for name in self.until.metrics if name not in self._known]
        return [f"no run has the metric {quoted(name)}; {hint(name, sorted(self._known))}" for name in missing]

    def reached(self) -> list[Reached]:
        """Return how well every row that is judged is known, setting by setting."""
        return [each for setting in sorted(self._settings) for each in self._reached(setting)]

    def _reached(self, setting: int) -> Iterator[Reached]:
        held = self._settings[setting]
        for row in sorted(held.values):
            values = _in_order(held.values[row], held.asked)
            mean, half_width, number = interval(values, self.until.level)
            precise = is_precise(values, self.until.share, self.until.level)
            yield Reached(setting, number, row_label(row), mean, half_width, precise)

    def _judged(self, held: _Setting) -> int:
        """Return the replicas of the next stage; those of this one where they are enough."""
        if held.asked >= self.most:
            return held.asked
        share, level = self.until.share, self.until.level
        wanted = [held.asked]
        for by_replica in held.values.values():
            values = _in_order(by_replica, held.asked)
            if len(values) < 2:  # one value is known to no precision
                wanted.append(GROWTH * held.asked)
            else:
                missing = held.asked - len(values)  # as many will lack the row again
                wanted.append(replicas_wanted(values, share, level, self.most) + missing)
        return min(max(wanted), self.most)


def _in_order(by_replica: Mapping[int, float], asked: int) -> list[float]:
    return [by_replica[replica] for replica in sorted(by_replica) if replica < asked]
