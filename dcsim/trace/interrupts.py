"""Ctrl-C and SIGTERM as one exception, so that every ``with`` block on the way out cleans up."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING

from dcsim.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["interruptible"]

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
_AGAIN_S = 0.01


@contextlib.contextmanager
def interruptible(left: str = "nothing was written") -> Iterator[None]:
    """Raise ``Interrupted`` in the block at the first Ctrl-C or SIGTERM; later ones wait for the clean-up.

    Where C code that called back into Python swallows the exception (a compiler does), it is raised again outside.
    Outside the main thread, where Python delivers no signals, the block runs as it is.

    Parameters
    ----------
    left : str
        What an interrupted block leaves behind, for the message.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ear = _Ear(sys.unraisablehook, left)
    before = {each: signal.signal(each, ear.stop) for each in _NAMES}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, ear.again)
    sys.unraisablehook = ear.swallowed
    try:
        yield
    except Exception as error:
        if ear.told is None or error is ear.told:
            raise
        raise ear.told from error
    finally:
        if ear.told is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        sys.unraisablehook = ear.hook
        for each, handler in before.items():
            signal.signal(each, handler)


class _Ear:
    """What was heard of signals within one block."""

    def __init__(self, hook: Callable[[sys.UnraisableHookArgs], object], left: str) -> None:
        self.hook = hook
        self.left = left
        self.told: Interrupted | None = None

    def stop(self, number: int, _frame: FrameType | None) -> None:
        """Take the first signal."""
        for each in _NAMES:
            signal.signal(each, _take_no_notice)
        self.told = Interrupted(f"interrupted by {_NAMES[signal.Signals(number)]}; {self.left}")
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S, _AGAIN_S)
        raise self.told

    def swallowed(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Say nothing of the exception that got lost: it comes again."""
        if self.told is None or unraisable.exc_value is not self.told:
            self.hook(unraisable)

    def again(self, _number: int, _frame: FrameType | None) -> None:
        """Raise what got lost, unless another exception is on its way out and cleaning up."""
        if self.told is not None and sys.exc_info()[1] is None:
            raise self.told


def _take_no_notice(_number: int, _frame: FrameType | None) -> None:
    """Let a later signal pass; ignoring it altogether makes Python complain of those already on their way."""
