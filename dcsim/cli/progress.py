"""Progress on stderr: simulated time and how long the rest will take."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.engine.clock import Progress

__all__ = ["Line", "progress_line", "span_text"]

_EVERY_S = {True: 0.2, False: 10.0}


class Line:
    """A line on stderr that is written again and again: in place on a terminal, now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = self._last = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Return how long after the line was begun it was last due, s."""
        return self._last - self._began

    def is_due(self) -> bool:
        """Return whether it is time to write it again, and if so take note that it is written."""
        clock = time.monotonic()
        if clock - self._last < _EVERY_S[self._terminal]:
            return False
        self._last = clock
        return True

    def write(self, text: str) -> None:
        """Write it."""
        sys.stderr.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take it off a terminal."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def span_text(seconds: float) -> str:
    """Return a span of time for people.

    Examples
    --------
    >>> [span_text(seconds) for seconds in (42.0, 250.0, 5400.0, 864000.0)]
    ['42 s', '4 min', '1.5 h', '10.0 days']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 172800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


@contextmanager
def progress_line(name: str, duration: float) -> Iterator[Progress]:
    """Yield a callback that tells how far a run is: in place on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    name : str
        Name of the scenario.
    duration : float
        Simulated span (s); what lies beyond, where jobs of a trace run on behind their last arrival, has no forecast.
    """
    line = Line()

    def progress(now: float, events: int) -> None:
        if not line.is_due():
            return
        behind = now > duration or not duration > 0
        text = f"{name}: {span_text(now)}{'' if behind else f' of {span_text(duration)}'} simulated, {events:,} events"
        if now > 0 and not behind:
            text += f", {span_text(line.elapsed_s * (duration - now) / now)} left"
        line.write(text)

    try:
        yield progress
    finally:
        line.clear()
