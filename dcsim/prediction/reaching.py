"""How long, and for how much, a step is repeated until a target is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.learning.target import to_target

if TYPE_CHECKING:
    from dcsim.parallelism.plan import StepPlan
    from dcsim.prediction.prepared import Prepared

__all__ = ["reach"]


def reach(prepared: Prepared, plan: StepPlan, step_s: float, cost_usd_per_million: float) -> dict[str, float | None]:
    """Return steps, time and cost to the target that was asked for, as fields of an ``Answer``."""
    if prepared.learning is None:
        return {"steps_to_target": None, "time_to_target_s": None, "cost_to_target_usd": None}
    found = to_target(prepared.learning, samples=plan.samples, step_s=step_s, age=plan.gradient_age)
    paid_s = found.time_s / step_s * plan.samples / 1e6
    return {
        "steps_to_target": found.steps,
        "time_to_target_s": found.time_s,
        "cost_to_target_usd": paid_s * cost_usd_per_million,
    }
