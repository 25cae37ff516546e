"""Frameworks: the software that runs a model on a device and synchronises its replicas."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcsim.spec.base import NonNegativeBytes, NonNegativeSeconds, PositiveInt, Sourced

__all__ = ["Framework"]


class Framework(Sourced):
    """One framework: how well it uses a device, and how it lets gradients go.

    Parameters
    ----------
    efficiency : float
        All rates of every device times this: one stated factor for the framework, whatever the model, the device
        and the number of devices.
    bucket : NonNegativeBytes
        Gradients that one exchange fuses; 0 where every tensor is exchanged by itself.
    overlap : bool
        Whether exchanges run beside the backward pass.
    lanes : int
        Exchanges that are under way at once.
    fused : bool
        Whether, for narrow values on matrix units, normalisations, additions and activations are one kernel.
    tensor_overhead : NonNegativeSeconds
        Time of the devices that each gradient tensor of a synchronised step takes: hooks, copies, negotiation, s.
    exchange_overhead : NonNegativeSeconds
        Time of the devices that each exchange takes: starting its kernel, waiting for events, s.
    interference : float
        Share by which devices compute more slowly while they themselves move gradients; 0 where processors or adapters
        move them.
    lookup_cores : int, optional
        Cores of a host that look up the rows of one embedding operator; all where not given.
    """

    efficiency: Annotated[float, Field(gt=0, le=2)]
    bucket: NonNegativeBytes
    overlap: bool
    fused: bool = False
    lanes: PositiveInt = 1
    tensor_overhead: NonNegativeSeconds
    exchange_overhead: NonNegativeSeconds = 0.0
    interference: Annotated[float, Field(ge=0)] = 0.0
    lookup_cores: PositiveInt | None = None
