"""Where, when and how a sweep was carried out, for ``sweep.json``: all that is kept out of its results."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dcsim.trace.provenance import Meter, environment

if TYPE_CHECKING:
    from dcsim.sweeps.state import State

__all__ = ["Clock", "provenance"]


class Clock:
    """When a sweep began, and what it took since."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._meter = Meter()

    def read(self) -> dict[str, Any]:
        """Return ``began`` and ``ended`` in UTC, and what the driver itself took."""
        began, ended = (time.isoformat(timespec="seconds") for time in (self._began, datetime.now(UTC)))
        return {"began": began, "ended": ended, "driver": self._meter.read()}


def provenance(clock: Clock, engine: str, state: State) -> dict[str, Any]:
    """Return the contents of ``sweep.json``: points, precision where asked for, environment and what was measured."""
    points = {"all": state.total, "carried_out": state.carried_out, "failed": state.failed}
    said: dict[str, Any] = {"points": points}
    if state.replicas is not None:
        said["precision"] = [asdict(each) for each in state.replicas.reached()]
    environs = {"host": os.uname().nodename, **environment()}
    return {**said, "environment": environs, "measured": {"engine": engine, **clock.read()}}
