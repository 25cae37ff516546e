"""Ctrl-C and SIGTERM as one exception, so that every ``with`` block on the way out cleans up."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

from dcsim.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["interruptible"]

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raise ``Interrupted`` in the block at the first Ctrl-C or SIGTERM; later ones wait for the clean-up.

    Outside the main thread, where Python delivers no signals, the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in _NAMES:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(f"interrupted by {_NAMES[signal.Signals(number)]}; nothing was written")

    before = {each: signal.signal(each, stop) for each in _NAMES}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
