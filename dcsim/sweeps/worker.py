"""A worker process of a sweep: takes batches over a socket, hands results back, and ends when the driver does."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from dcsim.errors import InputError
from dcsim.sweeps.work import Work, carry_out

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["main"]


def main(descriptor: int) -> None:
    """Serve the driver at the other end of a socket until it hangs up.

    Parameters
    ----------
    descriptor : int
        The socket, inherited from the driver.
    """
    signal.signal(signal.SIGINT, _take_no_notice)  # Ctrl-C is the driver's to answer
    threading.Thread(target=_end_with_the_driver, args=(descriptor,), daemon=True).start()
    driver = Connection(descriptor)
    try:
        work: Work = driver.recv()
        while True:
            batch = driver.recv()
            try:
                driver.send(carry_out(work, batch))
            except InputError as error:
                driver.send(error.problems)
    except (EOFError, ConnectionError):
        return


def _take_no_notice(_number: int, _frame: FrameType | None) -> None:
    """Let a signal pass."""


def _end_with_the_driver(descriptor: int) -> None:
    """Leave at once when the other end is closed, even within a batch: a driver that was killed asks nobody."""
    poll = select.poll()
    poll.register(descriptor, 0)  # hanging up is always reported
    poll.poll()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
