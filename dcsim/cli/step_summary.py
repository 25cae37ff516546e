"""A predicted step as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.prediction.answer import Answer

__all__ = ["summary"]


def summary(answer: Answer) -> str:
    """Return the parts of a step and what follows from it, a line each."""
    devices = f"{answer.devices} devices in {answer.hosts} x {answer.server}"
    batch = f"{answer.samples} samples a step"
    lines = [f"{answer.model}, {answer.precision}, {answer.parallelism}, on {devices}, {batch}", ""]
    parts = [
        ("forward", answer.forward_s),
        ("backward", answer.backward_s),
        ("optimiser", answer.optimiser_s),
        ("framework", answer.overhead_s),
        ("exposed communication", answer.exposed_communication_s),
        ("bubble", answer.bubble_s),
        ("stragglers", answer.straggler_s),
        ("input stall", answer.input_stall_s),
    ]
    lines.append(f"{'step':<28}{answer.step_s * 1e3:>12.4g} ms")
    for what, seconds in parts:
        if seconds:
            lines.append(f"{'  ' + what:<28}{seconds * 1e3:>12.4g} ms  {seconds / answer.step_s:>6.1%}")
    lines.append(f"{'throughput':<28}{answer.throughput_per_s:>12.4g} samples/s")
    if answer.tokens_per_s is not None:
        lines.append(f"{'':<28}{answer.tokens_per_s:>12.4g} tokens/s")
    for what, share in (("one device", answer.efficiency_of_device), ("one box", answer.efficiency_of_box)):
        if share is not None:
            lines.append(f"{'efficiency against ' + what:<28}{share:>12.1%}")
    memory = f"of {answer.memory_limit_bytes / 2**30:.4g} GiB; the largest batch is {answer.largest_batch}"
    lines.append(f"{'memory of a device':<28}{answer.memory_bytes / 2**30:>12.3f} GiB {memory}")
    lines.append(f"{'power':<28}{answer.power_w / 1e3:>12.4g} kW")
    lines.append(f"{'cost of a million samples':<28}{answer.cost_usd_per_million_samples:>12.4g} USD")
    if answer.steps_to_target is not None and answer.time_to_target_s is not None:
        lines.append(f"{'steps to the target':<28}{answer.steps_to_target:>12.6g}")
        lines.append(f"{'time to the target':<28}{answer.time_to_target_s / 3600.0:>12.4g} h")
        lines.append(f"{'cost to the target':<28}{answer.cost_to_target_usd:>12.4g} USD")
    if answer.learning_speedup is not None:
        lines.append(f"{'learning against one box':<28}{answer.learning_speedup:>12.3g} times as fast")
    return "\n".join(lines)
