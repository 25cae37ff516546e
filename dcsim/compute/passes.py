"""Time of the forward and the backward pass of a model, layer by layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.compute.device import device_arrays
from dcsim.compute.layers import LAYER_KINDS, layer_arrays
from dcsim.kernels.roofline import FORM, Form, layer_times

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.compute.device import Device
    from dcsim.compute.like import ModelLike

__all__ = ["Passes", "check_kinds", "layer_passes"]


@dataclass(frozen=True)
class Passes:
    """Time of one pass in either direction.

    Parameters
    ----------
    forward_s, backward_s : ndarray of float64, shape (rows,)
        By row of the layer table, over all its calls (s), in the order of the table.
    """

    forward_s: NDArray[np.float64]
    backward_s: NDArray[np.float64]


def layer_passes(
    model: ModelLike,
    device: Device,
    batch: float,
    *,
    training: bool = True,
    rate: float = 1.0,
    form: Form = FORM,
) -> Passes:
    """Return the time of each layer of a model on a device.

    Parameters
    ----------
    model : ModelLike
        What is computed.
    device : Device
        Where.
    batch : float
        Samples on this device.
    training : bool
        Whether there is a backward pass.
    rate : float
        Efficiency factor of the framework: all rates of the device times this. What starting a call takes stays.
    form : Form
        Constants of the roofline.

    Raises
    ------
    ValueError
        When the device has no efficiency for a kind of layer that the model has.
    """
    check_kinds(model, device)
    ratio = float(model.backward_ratio) if training else 0.0
    devices = device_arrays([device.at_rate(rate)])
    return Passes(*layer_times(layer_arrays([model]), devices, form, 0, 0, float(batch), ratio))


def check_kinds(model: ModelLike, device: Device) -> None:
    """Refuse a model with a kind of layer that a device has no efficiency for.

    Raises
    ------
    ValueError
        With the kinds.
    """
    known = dict(zip(LAYER_KINDS, device.efficiency, strict=True))
    lacking = sorted({layer.kind for layer in model.layers if math.isnan(known[layer.kind])})
    if lacking:
        raise ValueError(f"has no efficiency for layers of kind {', '.join(lacking)}")
