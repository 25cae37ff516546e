"""Events in Chrome's trace-event format, written as they come, for Perfetto and ``chrome://tracing``.

Format: "Trace Event Format", the Chromium project, https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
(complete events ``X``, instants ``i``, counters ``C``, metadata ``M``).
"""

from __future__ import annotations

import heapq
import json
import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import TextIO

    from numpy.typing import ArrayLike, NDArray

__all__ = ["EventStream", "Lanes"]

_US = 1_000_000
_DIGITS = 6  # of counters and amounts; more are not seen, and cost space
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class EventStream:
    """A trace being written; the text is complete when the ``with`` block ends.

    Times are whole microseconds: those are exact in every reader, so spans that touch never overlap. Readers drop what
    lies before 0, so spans are cut there.

    Parameters
    ----------
    file : text file
        Takes the JSON.
    facts : mapping
        What the trace is of; readers show it as metadata.
    begin, end : float
        Only what lies at least partly in this window is written, s.

    Examples
    --------
    >>> import io
    >>> text = io.StringIO()
    >>> with EventStream(text, {"of": "nothing"}) as events:
    ...     lane = events.thread(events.process("cluster"), "jobs 1")
    ...     events.span(lane, "job 7", 1.5, 4.0, "run", slots=8)
    >>> json.loads(text.getvalue())["traceEvents"][-1]["dur"]
    2500000
    """

    def __init__(self, file: TextIO, facts: Mapping[str, Any], begin: float = 0.0, end: float = math.inf) -> None:
        self.begin, self.end = max(begin, 0.0), end
        self.written = 0
        self.lanes = 0
        self._file = file
        self._facts = dict(facts)
        self._processes: dict[str, int] = {}
        self._threads: dict[tuple[int, str], tuple[int, int]] = {}

    def __enter__(self) -> Self:
        """Begin the list of events."""
        self._file.write('{"traceEvents":[')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the list, and say what it is of."""
        self._file.write('\n],"displayTimeUnit":"ms","otherData":')
        self._file.write(f"{_ENCODER.encode(_plain(self._facts))}}}\n")

    def process(self, name: str) -> int:
        """Return the number of a group of lanes; groups are shown in the order in which they were first named."""
        if name not in self._processes:
            number = self._processes[name] = len(self._processes) + 1
            self._meta("process_name", number, 0, name=name)
            self._meta("process_sort_index", number, 0, sort_index=number)
        return self._processes[name]

    def thread(self, process: int, name: str) -> tuple[int, int]:
        """Return a lane of a group; lanes are shown in the order in which they were first named."""
        key = process, name
        if key not in self._threads:
            self.lanes += 1
            lane = self._threads[key] = process, self.lanes
            self._meta("thread_name", *lane, name=name)
            self._meta("thread_sort_index", *lane, sort_index=self.lanes)
        return self._threads[key]

    def shows(self, begin: float, end: float) -> bool:
        """Return whether a span lies at least partly in the window; one that never began or ended does not."""
        return self.begin <= end and begin <= self.end and math.isfinite(begin) and math.isfinite(end)

    def span(self, lane: tuple[int, int], name: str, begin: float, end: float, category: str, /, **args: Any) -> None:
        """Write a thing that began and ended, s; ``args`` are shown beside it, those that are not finite left out."""
        if not self.shows(begin, end):
            return
        first, last = (round(max(time, 0.0) * _US) for time in (begin, end))
        self._write(name=name, cat=category, ph="X", ts=first, dur=last - first, pid=lane[0], tid=lane[1],
                    args=_plain(args))  # fmt: skip

    def instant(self, lane: tuple[int, int], name: str, time: float, category: str, /, **args: Any) -> None:
        """Write a thing that took no time, s."""
        if self.shows(time, time):
            self._write(name=name, cat=category, ph="i", s="t", ts=round(time * _US), pid=lane[0], tid=lane[1],
                        args=_plain(args))  # fmt: skip

    def counter(self, process: int, name: str, times: ArrayLike, levels: Mapping[str, ArrayLike]) -> None:
        """Write levels that hold from each time to the next, wherever one of them changes.

        Parameters
        ----------
        process : int
            The group that the counter belongs to.
        name : str
            Of the counter.
        times : array_like
            Beginnings of the intervals, rising, s.
        levels : mapping of str to array_like
            The level in each interval, by what it is of.
        """
        begins = np.asarray(times, dtype=float)
        table = np.array([_short(np.asarray(level, dtype=float)) for level in levels.values()])
        first = max(int(np.searchsorted(begins, self.begin, side="right")) - 1, 0)
        last = int(np.searchsorted(begins, self.end, side="right"))
        begins, table = np.maximum(begins[first:last], self.begin), table[:, first:last]
        if not len(begins):
            return
        changed = np.flatnonzero(np.append(True, (table[:, 1:] != table[:, :-1]).any(axis=0)))
        stamps = np.rint(begins[changed] * _US).astype(np.int64).tolist()
        for stamp, values in zip(stamps, table[:, changed].T.tolist(), strict=True):
            self._write(name=name, ph="C", ts=stamp, pid=process, args=dict(zip(levels, values, strict=True)))

    def _meta(self, what: str, process: int, thread: int, **args: Any) -> None:
        self._write(name=what, ph="M", pid=process, tid=thread, args=args)

    def _write(self, **event: Any) -> None:
        self._file.write(",\n" if self.written else "\n")
        self._file.write(_ENCODER.encode(event))
        self.written += 1


class Lanes:
    """Lanes for spans that may overlap: each goes to the first lane that is free.

    Spans must come in order of their beginnings.

    Examples
    --------
    >>> lanes = Lanes()
    >>> [lanes.take(begin, end) for begin, end in [(0, 4), (1, 2), (2, 3), (2, 9), (4, 5)]]
    [0, 1, 1, 2, 0]
    """

    def __init__(self) -> None:
        self._busy: list[tuple[float, int]] = []
        self._free: list[int] = []

    def take(self, begin: float, end: float) -> int:
        """Return the lane of the next span."""
        while self._busy and self._busy[0][0] <= begin:
            heapq.heappush(self._free, heapq.heappop(self._busy)[1])
        lane = heapq.heappop(self._free) if self._free else len(self._busy)
        heapq.heappush(self._busy, (end, lane))
        return lane


def _plain(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON can hold, amounts shortened, without what does not apply."""
    kept: dict[str, Any] = {}
    for name, value in args.items():
        if isinstance(value, float):
            if math.isfinite(value):
                kept[name] = float(f"{value:.{_DIGITS}g}") if abs(value) < 1e9 else value
        elif value not in (None, ""):
            kept[name] = value
    return kept


def _short(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return levels rounded to the digits that are seen; what is not finite counts as nothing."""
    level = np.where(np.isfinite(level), level, 0.0)
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.maximum(np.abs(level), 1e-300))))
    rounded: NDArray[np.float64] = np.where(level == 0.0, 0.0, np.rint(level * scale) / scale)
    return rounded
