"""One forward, one backward: a pipeline whose stages alternate, so that few micro-batches are in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, StepPlan, Work, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["one_forward_one_backward"]


@parallelism("one_forward_one_backward", options=("stages", "microbatches", "overlap", "accumulate"))
def one_forward_one_backward(
    work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options
) -> StepPlan:
    """Plan a pipeline with a flush in the order of PipeDream (Narayanan et al. 2021, PipeDream-Flush).

    As long as ``gpipe`` where stages are equal and messages free, but the first stage keeps the activations of ``s``
    micro-batches at most, not of all m.
    """
    return pipeline(
        work, exchange, batch, options, micro=options.microbatches, alternate=True, overlap=options.overlap
    )
