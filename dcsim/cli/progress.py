"""Progress on stderr: simulated time and how long the rest will take."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.engine.clock import Progress

__all__ = ["progress_line", "span_text"]

_EVERY_S = {True: 0.2, False: 10.0}


def span_text(seconds: float) -> str:
    """Return a span of time for people.

    Examples
    --------
    >>> [span_text(seconds) for seconds in (42.0, 5400.0, 864000.0)]
    ['42 s', '1.5 h', '10.0 days']
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
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
    terminal = sys.stderr.isatty()
    began = last = time.monotonic()

    def progress(now: float, events: int) -> None:
        nonlocal last
        clock = time.monotonic()
        if clock - last < _EVERY_S[terminal]:
            return
        last = clock
        behind = now > duration or not duration > 0
        text = f"{name}: {span_text(now)}{'' if behind else f' of {span_text(duration)}'} simulated, {events:,} events"
        if now > 0 and not behind:
            text += f", {span_text((clock - began) * (duration - now) / now)} left"
        sys.stderr.write(f"\r\x1b[K{text}" if terminal else f"{text}\n")
        sys.stderr.flush()

    try:
        yield progress
    finally:
        if terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
