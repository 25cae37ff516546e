"""Hands batches to an engine, having found out which one pays where none is named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.sweeps.engines import AUTO, sweep_engine
from dcsim.sweeps.engines.plan import cores
from dcsim.sweeps.work import Finished, Work, carry_out

if TYPE_CHECKING:
    from collections.abc import Generator

    from dcsim.sweeps.batches import Batches

__all__ = ["carried_out"]

_TRIED = 3
_TRIED_S = 3.0
"""Points, or seconds, after which it is known how long points take; the first of them also imports and compiles."""
_WORTH_WORKERS_S = 10.0
"""Seconds that the other points would take in this process, from which on workers pay for being started."""


def carried_out(name: str, argument: str, work: Work, batches: Batches) -> Generator[Finished]:
    """Hand the batches to an engine; where none is named, first see how long points take."""
    if name == AUTO:
        each, spent = math.inf, 0.0
        for _ in range(_TRIED):
            if spent < _TRIED_S and (batch := batches.take(1)) is not None:
                finished = carry_out(work, batch)
                batches.took(batch, finished.seconds)
                each, spent = min(each, finished.seconds / len(batch.points)), spent + finished.seconds
                yield finished
        name = "processes" if cores() > 1 and batches.left and each * batches.left > _WORTH_WORKERS_S else "in_process"
    yield from sweep_engine.get(name).call(work, batches, argument)
