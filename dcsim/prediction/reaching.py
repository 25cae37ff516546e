"""How long, and for how much, a step is repeated until a target is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.learning.target import to_target

if TYPE_CHECKING:
    from dcsim.parallelism.plan import StepPlan
    from dcsim.prediction.prepared import Prepared

__all__ = ["reach", "told_of_target"]


def reach(
    prepared: Prepared, plan: StepPlan, step_s: float, cost_usd_per_million: float, box: tuple[int, float] | None
) -> dict[str, float | None]:
    """Return steps, time and cost to the target that was asked for, as fields of an ``Answer``.

    Parameters
    ----------
    prepared, plan : Prepared, StepPlan
        What is asked, and its step.
    step_s, cost_usd_per_million : float
        One step, all waiting included (s), and the cost of a million samples (USD).
    box : (int, float), optional
        Samples and time of a step of one host, whose learning is compared with.
    """
    learning = prepared.learning
    if learning is None:
        return dict.fromkeys(("steps_to_target", "time_to_target_s", "cost_to_target_usd", "learning_speedup"))
    found = to_target(
        learning,
        samples=plan.samples,
        step_s=step_s,
        updates=plan.updates,
        age=plan.gradient_age,
        replicas=plan.replicas,
        averaged=plan.averaged,
        every=plan.sync_every,
    )
    alone = None if box is None else to_target(learning, samples=box[0], step_s=box[1])
    return {
        "steps_to_target": float(found.steps),
        "time_to_target_s": found.time_s,
        "cost_to_target_usd": found.time_s / step_s * plan.samples / 1e6 * cost_usd_per_million,
        "learning_speedup": None if alone is None else alone.training_s / found.training_s,
    }


def told_of_target(prepared: Prepared, plan: StepPlan) -> tuple[str, ...]:
    """Return what the time to a target leaves out or assumes; nothing where none was asked for."""
    learning, compression = prepared.learning, prepared.compression
    if learning is None:
        return ()
    told = []
    if plan.replicas > 1 and plan.gradient_age > learning.replica_age:
        told.append(
            f"what replicas gain is known to an age of {learning.replica_age:g} steps of the centre; at "
            f"{plan.gradient_age:g} it is assumed to have fallen in proportion"
        )
    if compression is not None and compression.accuracy_loss:
        lost = f"{compression.accuracy_loss:.2%}"
        told.append(f"--compression loses {lost} of the quality; the time to the target does not make up for it")
    return tuple(told)
