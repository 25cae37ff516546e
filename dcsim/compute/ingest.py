"""The input pipeline: reading, preparing and copying samples while the devices compute."""

# ruff: noqa: D102 - every property of a protocol means what the field of that name in dcsim.spec means

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

__all__ = ["REFERENCE_FREQUENCY", "IngestTime", "InputLike", "input_stall"]

REFERENCE_FREQUENCY = 2.5e9
"""Clock of the core that a model's ``core_time`` is given for (Hz)."""


class InputLike(Protocol):
    """One sample on its way to the device."""

    @property
    def stored(self) -> float: ...
    @property
    def decoded(self) -> float: ...
    @property
    def core_time(self) -> float: ...


@dataclass(frozen=True)
class IngestTime:
    """Time of each stage for the samples of one step of a host (s).

    Parameters
    ----------
    read_s : float
        From storage or the network into the host.
    prepare_s : float
        On all cores of the host together.
    transfer_s : float
        From the host into each device.
    stall_s : float
        What the step waits for the slowest of them.
    """

    read_s: float
    prepare_s: float
    transfer_s: float
    stall_s: float


def input_stall(
    sample: InputLike | None,
    cores: float,
    frequency: float,
    devices: int,
    batch: float,
    step_s: float,
    device_bandwidth: float = math.inf,
    source_bandwidth: float = math.inf,
) -> IngestTime:
    """Return what feeding the devices of one host takes, stage by stage.

    The stages work on different samples at the same time, ahead of the devices, so that a step waits only where the
    slowest stage takes longer than the step: ``max(0, max(read, prepare, transfer) - step)``. Cores share the samples
    evenly and slow down with their clock.

    Parameters
    ----------
    sample : InputLike, optional
        One sample; none costs nothing.
    cores : float
        Of the host that prepares.
    frequency : float
        Their clock (Hz).
    devices : int
        That the host feeds.
    batch : float
        Samples of each device and step.
    step_s : float
        The step without waiting for samples (s).
    device_bandwidth : float
        From the host to each device, while all of them are fed (bytes/s).
    source_bandwidth : float
        At which the host reads (bytes/s).

    Examples
    --------
    >>> class Photo:
    ...     stored, decoded, core_time = 100e3, 600e3, 5e-3
    >>> round(input_stall(Photo(), 20, 2.5e9, 8, 32, 0.05).stall_s, 6)
    0.014
    """
    if sample is None:
        return IngestTime(0.0, 0.0, 0.0, 0.0)
    samples = devices * batch
    read_s = samples * sample.stored / source_bandwidth
    prepare_s = samples * sample.core_time * REFERENCE_FREQUENCY / frequency / cores
    transfer_s = batch * sample.decoded / device_bandwidth
    stall_s = max(0.0, max(read_s, prepare_s, transfer_s) - step_s)
    return IngestTime(read_s, prepare_s, transfer_s, stall_s)
