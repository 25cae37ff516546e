"""Progress of a sweep on stderr: points done, points failed, and how long the rest will take."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["sweep_progress"]

_EVERY_S = {True: 0.2, False: 10.0}


def _span(seconds: float) -> str:
    """Return how long something takes.

    Examples
    --------
    >>> [_span(seconds) for seconds in (42.0, 250.0, 9000.0)]
    ['42 s', '4 min', '2.5 h']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def sweep_progress(name: str) -> Iterator[Callable[[int, int, int], None]]:
    """Yield a callback that tells how far a sweep is: in place on a terminal, a line now and then elsewhere.

    The forecast is from the points that were carried out since the first call; those that were finished before a sweep
    went on tell nothing of its speed.

    Parameters
    ----------
    name : str
        Name of the sweep.
    """
    terminal = sys.stderr.isatty()
    began = last = time.monotonic()
    before: int | None = None

    def progress(done: int, total: int, failed: int) -> None:
        nonlocal last, before
        clock = time.monotonic()
        before = done if before is None else before
        if clock - last < _EVERY_S[terminal]:
            return
        last = clock
        text = f"{name}: {done:,} of {total:,} points"
        text += f", {failed:,} failed" if failed else ""
        if before < done < total:
            text += f", {_span((clock - began) * (total - done) / (done - before))} left"
        sys.stderr.write(f"\r\x1b[K{text}" if terminal else f"{text}\n")
        sys.stderr.flush()

    try:
        yield progress
    finally:
        if terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
