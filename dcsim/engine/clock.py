"""Drive an environment to a horizon: count events, report progress, stop cleanly."""

from __future__ import annotations

import gc
from collections.abc import Callable

import simpy

__all__ = ["Progress", "run_until"]

Progress = Callable[[float, int], None]
"""Called with (simulated seconds, events so far) every few thousand events and at the end."""

_EVENTS_PER_REPORT = 4096


def run_until(env: simpy.Environment, horizon: float, progress: Progress | None = None) -> int:
    """Process every event before the horizon, then set the clock to it.

    Events at the horizon itself are not processed: a span that would begin there has no length.

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
    >>> env = simpy.Environment()
    >>> _ = [env.timeout(t) for t in (1, 2, 3)]
    >>> run_until(env, 3.0), env.now
    (2, 3.0)
    """
    events = 0
    step, peek = env.step, env.peek
    collecting = gc.isenabled()
    gc.disable()  # what the world lets go dies by its reference count; the collector would walk all that lives
    try:
        while peek() < horizon:
            step()
            events += 1
            if progress is not None and events % _EVENTS_PER_REPORT == 0:
                progress(env.now, events)
    finally:
        if collecting:
            gc.enable()
    env.run(until=horizon)
    if progress is not None:
        progress(horizon, events)
    return events
