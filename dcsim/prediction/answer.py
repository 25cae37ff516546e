"""What a prediction of a training step tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.parallelism.plan import Span

if TYPE_CHECKING:
    from dcsim.parallelism.plan import StepPlan

__all__ = ["Answer", "Timeline"]


@dataclass(frozen=True, eq=False)
class Timeline:
    """A step over time, made when it is looked at.

    Parameters
    ----------
    plan : StepPlan
        What the devices do.
    straggler_s, input_stall_s : float
        What the step waits besides (s).
    """

    plan: StepPlan
    straggler_s: float = 0.0
    input_stall_s: float = 0.0

    def spans(self) -> tuple[Span, ...]:
        """Return what every lane does; of plans that do not synchronise every step, over as many steps as they go."""
        found = list(self.plan.spans)
        now = max((span.end_s for span in found), default=0.0)
        for what, seconds in (("input stall", self.input_stall_s), ("stragglers", self.straggler_s)):
            end = now + self.plan.sync_every * seconds
            if seconds:
                found.append(Span(found[0].lane, what, now, end))
            now = end
        return tuple(found)


@dataclass(frozen=True)
class Answer:
    """One step, part by part, and what follows from it.

    Parameters
    ----------
    model, server, parallelism, precision : str
        What was asked.
    devices, hosts : int
        GPUs (or hosts without any) in all, and servers.
    samples : int
        Of one step, on all devices together.
    step_s : float
        One step: the sum of compute, optimiser, overhead, exposed communication, bubble, stragglers and input stall.
    compute_s, forward_s, backward_s : float
        Either pass of one device, and both together.
    optimiser_s : float
        Update of the weights.
    overhead_s : float
        What exchanging takes of the devices' own time: hooks and copies for each tensor, making gradients smaller.
    exposed_communication_s : float
        Communication that the step waits for.
    bubble_s : float
        Idle time of a pipeline's or a split model's devices.
    straggler_s : float
        What the slowest of the hosts takes longer than the mean.
    input_stall_s : float
        What the step waits for samples.
    throughput_per_s : float
        Samples per second of all devices.
    tokens_per_s : float or None
        Tokens per second, for models of language.
    efficiency : float or None
        Throughput over that of as many boxes as one box would give; over that of as many devices inside one box. None
        where the model does not fit the smaller system.
    efficiency_of_device, efficiency_of_box : float or None
        The same against one device, and against one box.
    memory_bytes, memory_limit_bytes : float
        What one device needs and has.
    largest_batch : int
        Samples that still fit one device.
    sent_bytes : float
        Per device and step.
    gradient_age : float
        Steps by which a gradient is out of date when it is applied, on average.
    power_w : float
        All servers at their input, those that serve parameters included.
    cost_usd_per_million_samples : float
        Write-off and energy.
    steps_to_target, time_to_target_s, cost_to_target_usd : float or None
        Of the learning workload that was asked for.
    learning_speedup : float or None
        Steps' time to that target on one host over that here.
    accuracy_loss : float
        Share of the reached quality that smaller gradients lose; the time to a target does not make up for it.
    notes : tuple of str
        What the user should know.
    timeline : Timeline
        The step over time.
    """

    model: str
    server: str
    parallelism: str
    precision: str
    devices: int
    hosts: int
    samples: int
    step_s: float
    compute_s: float
    forward_s: float
    backward_s: float
    optimiser_s: float
    overhead_s: float
    exposed_communication_s: float
    bubble_s: float
    straggler_s: float
    input_stall_s: float
    throughput_per_s: float
    tokens_per_s: float | None
    efficiency: float | None
    efficiency_of_device: float | None
    efficiency_of_box: float | None
    memory_bytes: float
    memory_limit_bytes: float
    largest_batch: int
    sent_bytes: float
    gradient_age: float
    power_w: float
    cost_usd_per_million_samples: float
    steps_to_target: float | None
    time_to_target_s: float | None
    cost_to_target_usd: float | None
    learning_speedup: float | None
    accuracy_loss: float
    notes: tuple[str, ...]
    timeline: Timeline
