"""Progress of a sweep on stderr: points done, points failed, and how long the rest will take."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from dcsim.cli.progress import Line, span_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["sweep_progress"]


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
    line = Line()
    before: int | None = None

    def progress(done: int, total: int, failed: int) -> None:
        nonlocal before
        before = done if before is None else before
        if not line.is_due():
            return
        text = f"{name}: {done:,} of {total:,} points"
        text += f", {failed:,} failed" if failed else ""
        if before < done < total:
            text += f", {span_text(line.elapsed_s * (total - done) / (done - before))} left"
        line.write(text)

    try:
        yield progress
    finally:
        line.clear()
