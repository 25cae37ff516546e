"""The driver's own process: no workers to start, nothing to hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.sweeps.engines import sweep_engine
from dcsim.sweeps.work import carry_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.sweeps.batches import Batches
    from dcsim.sweeps.work import Finished, Work

__all__ = ["in_process"]


def _none(argument: str) -> str:
    if argument:
        raise ValueError(f"'in_process' takes no argument, not '{argument}'")
    return ""


@sweep_engine("in_process", argument=_none)
def in_process(work: Work, batches: Batches, _argument: str) -> Iterator[Finished]:
    """Carry batches out one after the other."""
    while (batch := batches.take(1)) is not None:
        finished = carry_out(work, batch)
        batches.took(batch, finished.seconds)
        yield finished
