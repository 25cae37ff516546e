"""Signals become one exception, once."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from dcsim.errors import Interrupted
from dcsim.trace.interrupts import interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_second_signal_waits_for_the_clean_up(number):
    before = signal.getsignal(number)
    cleaned = []

    def interrupted_twice():
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)
            cleaned.append(True)

    with pytest.raises(Interrupted, match="nothing was written"), interruptible():
        interrupted_twice()
    assert cleaned
    assert signal.getsignal(number) is before


def test_runs_as_it_is_outside_the_main_thread():
    done = []

    def work():
        with interruptible():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
