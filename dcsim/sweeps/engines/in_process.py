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


def _one(argument: str) -> str:
    if argument not in ("", "1"):
        raise ValueError(f"'in_process' has one worker, this process, not '{argument}'; take processes, or dask")
    return ""


@sweep_engine("in_process", argument=_one)
def in_process(work: Work, batches: Batches, _argument: str) -> Iterator[Finished]:
    """Carry batches out one after the other."""
    while (batch := batches.take(1)) is not None:
        finished = carry_out(work, batch)
        batches.took(batch, finished.seconds)
        yield finished
