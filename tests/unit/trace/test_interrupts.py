"""Signals become one exception, once."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time

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


def _swallowing(number):
    """Return a call through C that raises a signal in a callback, where no exception can pass."""
    return ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_swallowed_interrupt_is_raised_again(number, capfd):
    def work():
        _swallowing(number)()
        time.sleep(30.0)

    start = time.monotonic()
    with pytest.raises(Interrupted, match="nothing was written"), interruptible():
        work()
    assert time.monotonic() - start < 10.0
    assert capfd.readouterr().err == ""


def test_what_an_interrupt_breaks_is_told_as_the_interrupt():
    def work():
        _swallowing(signal.SIGTERM)()
        raise RuntimeError("no compiled object yet")

    with pytest.raises(Interrupted) as caught, interruptible():
        work()
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_two_signals_at_once_are_one_interrupt(capfd):
    def work():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:  # another thread may take a signal at once
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(os.getpid(), number)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        time.sleep(30.0)

    with pytest.raises(Interrupted), interruptible():
        work()
    assert capfd.readouterr().err == ""
