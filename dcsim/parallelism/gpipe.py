"""GPipe: micro-batches pass through the stages of a model, all forward before all backward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, StepPlan, Work, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["gpipe"]


@parallelism("gpipe", options=("stages", "microbatches", "overlap", "accumulate"))
def gpipe(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a pipeline with a flush (Huang et al. 2019, "GPipe").

    Of m micro-batches in s equal stages, each stage idles ``(s - 1) / (m + s - 1)`` of the time. Stages of unequal
    time, messages between them and the reduction among replicas follow from the exact schedule. A device keeps the
    activations of all m micro-batches; nothing is computed a second time to save memory.
    """
    return pipeline(
        work, exchange, batch, options, micro=options.microbatches, alternate=False, overlap=options.overlap
    )
