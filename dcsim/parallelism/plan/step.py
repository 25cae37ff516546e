"""What a plan of a step returns: how long it is, of what it consists, and its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Span", "StepPlan", "no_spans"]


@dataclass(frozen=True)
class Span:
    """Something that takes a while on one lane.

    Parameters
    ----------
    lane : str
        ``compute``, ``network``, ``stage 2``; the spans of a lane never overlap.
    what : str
        Such as ``forward conv1``, ``backward conv1``, ``all-reduce 3``, ``optimiser``, ``bubble``.
    begin_s, end_s : float
        From the start of the step (s).
    """

    lane: str
    what: str
    begin_s: float
    end_s: float


def no_spans() -> tuple[Span, ...]:
    """Return the timeline of a step that nobody draws."""
    return ()


@dataclass(frozen=True)
class StepPlan:
    """One step, planned.

    Parameters
    ----------
    forward_s, backward_s : float
        Either pass of the busiest device (s).
    optimiser_s : float
        What the update of the weights adds to the step (s).
    overhead_s : float
        Device time that exchanging takes: for each tensor, and for making gradients smaller (s).
    exposed_s : float
        Communication that the step waits for (s).
    bubble_s : float
        What the busiest device waits for other stages (s).
    samples : int
        Of all devices together.
    sent_bytes : float
        That each device sends in a step, on the mean, by an algorithm that sends no more than it must.
    host_sent_bytes : float
        That each host sends to other hosts in a step; it receives as much.
    waits_for : int
        Hosts for the slowest of which a step waits; 1: each goes at its own pace.
    sync_every : int
        Steps from one such wait to the next.
    abreast : bool
        Whether the devices of a host wait for one another.
    gradient_age : float
        Updates by which the weights are newer, on the mean, that a gradient is applied to than those it was taken at.
    age_bound : float
        The same at most; infinite where nothing bounds it.
    in_flight : int
        Micro-batches whose activations a device keeps at once.
    micro_batch : int
        Samples of one of them.
    share, table_share : float
        Part of the weights, and of the embedding tables, on the device that holds most.
    activation_share : float
        Part of the activations of a micro-batch, times ``in_flight``, that the device keeps which keeps most.
    updates : int
        Updates of shared weights within one step: more than one where workers go at their own pace.
    replicas, averaged : int
        Copies of the weights that are only drawn towards one another, and that take the mean of all every
        ``sync_every`` steps.
    draw : callable
        Makes the timeline of ``sync_every`` steps.
    """

    forward_s: float
    backward_s: float
    optimiser_s: float
    exposed_s: float
    samples: int
    micro_batch: int
    overhead_s: float = 0.0
    bubble_s: float = 0.0
    sent_bytes: float = 0.0
    host_sent_bytes: float = 0.0
    waits_for: int = 1
    sync_every: int = 1
    abreast: bool = True
    gradient_age: float = 0.0
    age_bound: float = 0.0
    in_flight: int = 1
    share: float = 1.0
    table_share: float = 1.0
    activation_share: float = 1.0
    updates: int = 1
    replicas: int = 1
    averaged: int = 1
    draw: Callable[[], tuple[Span, ...]] = no_spans

    @property
    def compute_s(self) -> float:
        """Both passes and the update of the busiest device (s)."""
        return self.forward_s + self.backward_s + self.optimiser_s

    @property
    def step_s(self) -> float:
        """The step, on the mean: computation, overhead, exposed communication and bubbles (s)."""
        return self.compute_s + self.overhead_s + self.exposed_s + self.bubble_s

    @property
    def period_s(self) -> float:
        """What the timeline covers: ``sync_every`` steps (s)."""
        return self.sync_every * self.step_s

    @property
    def spans(self) -> tuple[Span, ...]:
        """The timeline, made whenever it is looked at: lanes in order, each in the order of time."""
        return self.draw()
