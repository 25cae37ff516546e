"""Time of one data-parallel training step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.compute.layers import gradient_bytes
from dcsim.compute.passes import layer_passes

if TYPE_CHECKING:
    from dcsim.compute.device import Device
    from dcsim.compute.like import ModelLike

__all__ = ["StepTime", "exposed_time", "inside_time", "pass_times", "step_time"]


@dataclass(frozen=True)
class StepTime:
    """One training step and what it consists of (s).

    Parameters
    ----------
    forward_s, backward_s : float
        Compute of either pass.
    inside_s : float
        Reduction among the devices of one host, every step.
    collective_s : float
        Synchronisation among hosts, each time there is one.
    exposed_s : float
        Communication that the step waits for, mean over steps.
    straggler_s : float
        By how much the slowest host's compute is longer than the mean.
    """

    forward_s: float
    backward_s: float
    inside_s: float
    collective_s: float
    exposed_s: float
    straggler_s: float = 0.0

    @property
    def compute_s(self) -> float:
        """Compute of the step."""
        return self.forward_s + self.backward_s

    @property
    def step_s(self) -> float:
        """The whole step."""
        return self.compute_s + self.straggler_s + self.exposed_s


def pass_times(model: ModelLike, device: Device, batch: int) -> tuple[float, float]:
    """Return the time of the forward and of the backward pass of one batch on one device (s).

    Raises
    ------
    ValueError
        When the device has no efficiency for a kind of layer that the model has.
    """
    passes = layer_passes(model, device, batch)
    return float(passes.forward_s.sum()), float(passes.backward_s.sum())


def inside_time(nbytes: float, devices: int, bandwidth: float) -> float:
    """Return the time to reduce a buffer among the devices of one host and give the result to all (s).

    ``2 (g - 1) / g * S / B``, the bandwidth term of a ring all-reduce; the latency inside a box
    (microseconds) is left out.

    Examples
    --------
    >>> inside_time(80.0, 8, 10.0)
    14.0
    """
    return 2.0 * (devices - 1) / devices * nbytes / bandwidth


def exposed_time(communication_s: float, backward_s: float, overlap: float) -> float:
    """Return the part of a communication that the step waits for (s).

    At most the share ``overlap`` of it hides, and never more than the backward pass is long.

    Examples
    --------
    >>> exposed_time(1.0, 10.0, 0.75), exposed_time(10.0, 1.0, 0.75)
    (0.25, 9.0)
    """
    return communication_s - min(overlap * communication_s, backward_s)


def step_time(
    model: ModelLike,
    device: Device,
    *,
    batch: int,
    devices: int = 1,
    bandwidth_inside: float = math.inf,
    collective_s: float = 0.0,
    overlap: float = 0.0,
    sync_every: int = 1,
    slowest: float = 1.0,
) -> StepTime:
    """Return the time of one training step, synchronised every step or every so many.

    Compute of the device's batch by the roofline, plus the exposed part of the reduction inside the host,
    to which every ``sync_every``-th step adds the collective among the hosts.

    Parameters
    ----------
    model : ModelLike
        What is trained.
    device : Device
        What each device is.
    batch : int
        Samples on each device.
    devices : int
        Devices of one host.
    bandwidth_inside : float
        Bytes/s that each of them sends when they reduce among themselves; see
        ``dcsim.compute.device.box_bandwidth``.
    collective_s : float
        Time of one synchronisation among the hosts; see ``dcsim.collectives.plan.closed_form``.
    overlap : float
        Share of the communication that may hide behind the backward pass.
    sync_every : int
        Steps from one synchronisation to the next.
    slowest : float
        Compute of the slowest of the hosts that wait for one another over the mean; see
        ``dcsim.compute.stragglers.slowest``.

    Returns
    -------
    StepTime
        Mean over ``sync_every`` steps.
    """
    forward_s, backward_s = pass_times(model, device, batch)
    inside_s = inside_time(gradient_bytes(model), devices, bandwidth_inside)
    alone = exposed_time(inside_s, backward_s, overlap)
    together = exposed_time(inside_s + collective_s, backward_s, overlap)
    exposed_s = (together + (sync_every - 1) * alone) / sync_every
    straggler_s = (slowest - 1.0) * (forward_s + backward_s)
    return StepTime(forward_s, backward_s, inside_s, collective_s, exposed_s, straggler_s)
