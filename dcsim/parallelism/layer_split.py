"""Model parallelism by layers: consecutive layers on each device, one batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, StepPlan, Work, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["layer_split"]


@parallelism("layer_split", options=("stages", "accumulate"))
def layer_split(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step that passes from device to device and back: one computes while the others wait.

    The layers are cut where the slowest part is fastest. A step is the computation of all parts, and the time of
    all activations and their gradients between them; it takes ``stages x batch`` samples, so that a device's share
    of them is ``batch`` as in other plans. Devices beyond ``stages`` hold replicas, whose gradients are reduced
    after the last part has ended.
    """
    return pipeline(work, exchange, batch, options, micro=1, alternate=False, overlap=False)
