"""Drive an environment to a horizon: count events, report progress, stop cleanly."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import simpy

__all__ = ["Progress", "run_until"]

Progress = Callable[[float, int], None]
"""Called with (simulated seconds, events so far) every few thousand events and at the end."""

_EVENTS_PER_REPORT = 4096


def run_until(env: simpy.Environment, horizon: float, progress: Progress | None = None) -> int:
    """Process every event before the horizon, and set the clock to it.

    A span that would begin at the horizon has no length: whatever is scheduled for that instant while the clock runs
    is not processed.

    Parameters
    ----------
    env : simpy.Environment
        The environment.
    horizon : float
        Simulated time to stop at, s.
    progress : callable, optional
        Told of simulated time and event count; it may raise to stop the run.

    Returns
    -------
    int
        Number of events processed.

    Examples
    --------
    >>> import simpy
    >>> env = simpy.Environment()
    >>> def ticks():
    ...     while True:
    ...         yield env.timeout(1.0)
    >>> _ = env.process(ticks())
    >>> run_until(env, 3.0), env.now
    (3, 3.0)
    """
    env.timeout(horizon - env.now).callbacks.append(_stop)
    events, step = 0, env.step
    collecting = gc.isenabled()
    gc.disable()  # what the world lets go dies by its reference count; the collector would walk all that lives
    try:
        while True:
            for done in range(_EVENTS_PER_REPORT):  # noqa: B007  # counts the events of the last, partial round
                step()
            events += _EVENTS_PER_REPORT
            if progress is not None:
                progress(env.now, events)
    except _HorizonReached:
        events += done
    finally:
        if collecting:
            gc.enable()
    if progress is not None:
        progress(horizon, events)
    return events


class _HorizonReached(Exception):  # noqa: N818  # not an error
    """The clock has come to the end of the run."""


def _stop(_event: simpy.Event) -> None:
    raise _HorizonReached
