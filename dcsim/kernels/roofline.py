"""Time of the layers of a model on one device: the roofline, with an efficiency that grows with the work.

A call of a layer with ``work`` flops and ``traffic`` bytes takes

    max(work / (peak * eff(work)), traffic / bandwidth) + launch
    eff(work) = max * work / (work + half_work)

(Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
architectures", CACM 52(4), 2009; the saturating efficiency stands for how many lanes a small call can fill).
The first term is (work + half_work) / (peak * max), so a tiny call costs at least half_work / (peak * max).

The backward pass does ``backward_ratio`` times the flops and the traffic of the forward pass, in one call a
layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Devices", "Layers", "call_time", "layer_times", "step_times"]


class Layers(NamedTuple):
    """Layers of M models, one model after the other (L layers in all).

    Attributes
    ----------
    start : int64[M + 1]
        Layers of model m are ``start[m]`` up to ``start[m + 1]``.
    kind : int64[L]
        Column of the efficiency tables of ``Devices``.
    flops : float64[L]
        Forward flops per sample and call.
    read, write : float64[L]
        Activation bytes per sample and call.
    weights : float64[L]
        Bytes read once per call, whatever the batch.
    repeat : float64[L]
        Calls of the layer in one pass.
    backward_ratio : float64[M]
        Work of the backward pass over that of the forward pass; 0 for inference.
    """

    start: NDArray[np.int64]
    kind: NDArray[np.int64]
    flops: NDArray[np.float64]
    read: NDArray[np.float64]
    write: NDArray[np.float64]
    weights: NDArray[np.float64]
    repeat: NDArray[np.float64]
    backward_ratio: NDArray[np.float64]


class Devices(NamedTuple):
    """D devices, each at one precision, and K kinds of layer.

    Attributes
    ----------
    peak : float64[D]
        Peak rate at the precision, FLOP/s.
    bandwidth : float64[D]
        Memory bandwidth that a program gets, bytes/s.
    launch : float64[D]
        Cost of starting one call, s.
    efficiency, half_work : float64[D, K]
        Highest share of the peak, and the flops of a call that reaches half of it.
    """

    peak: NDArray[np.float64]
    bandwidth: NDArray[np.float64]
    launch: NDArray[np.float64]
    efficiency: NDArray[np.float64]
    half_work: NDArray[np.float64]


@kernel
def call_time(
    work: float,
    traffic: float,
    peak: float,
    efficiency: float,
    half_work: float,
    bandwidth: float,
    launch: float,
) -> float:
    """Time of one call of a layer.

    Parameters
    ----------
    work : float
        Flops of the call; 0 for a layer that only moves data.
    traffic : float
        Bytes that the call reads and writes.
    peak, efficiency, half_work : float
        FLOP/s, highest share of it, and the flops of a call that reaches half that share.
    bandwidth, launch : float
        Bytes/s, and s per call.

    Returns
    -------
    float
        Seconds.

    Examples
    --------
    >>> call_time(1e9, 1e6, 1e12, 0.5, 1e9, 1e11, 0.0)
    0.004
    """
    compute = (work + half_work) / (peak * efficiency) if work > 0.0 else 0.0
    return max(compute, traffic / bandwidth) + launch


@kernel
def layer_times(
    flops: NDArray[np.float64],
    read: NDArray[np.float64],
    write: NDArray[np.float64],
    weights: NDArray[np.float64],
    repeat: NDArray[np.float64],
    efficiency: NDArray[np.float64],
    half_work: NDArray[np.float64],
    batch: float,
    peak: float,
    bandwidth: float,
    launch: float,
    work_ratio: float,
) -> NDArray[np.float64]:
    """Time of each layer of one model on one device, over all its calls in one pass.

    Parameters
    ----------
    flops, read, write, weights, repeat : ndarray, float64[L]
        As in ``Layers``.
    efficiency, half_work : ndarray, float64[L]
        Of the device, for the kind of each layer.
    batch : float
        Samples on this device in one step.
    peak, bandwidth, launch : float
        As in ``Devices``.
    work_ratio : float
        1 for the forward pass, the model's ``backward_ratio`` for the backward pass; 0 takes no time.

    Returns
    -------
    ndarray, float64[L]
        Seconds.
    """
    seconds = np.zeros(flops.size)
    if work_ratio <= 0.0:
        return seconds
    for i in range(flops.size):
        work = flops[i] * batch * work_ratio
        traffic = ((read[i] + write[i]) * batch + weights[i]) * work_ratio
        once = call_time(work, traffic, peak, efficiency[i], half_work[i], bandwidth, launch)
        seconds[i] = repeat[i] * once
    return seconds


@kernel
def step_times(
    layers: Layers,
    devices: Devices,
    model: NDArray[np.int64],
    device: NDArray[np.int64],
    batch: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute time of one training step at many points (model, device, batch).

    Parameters
    ----------
    layers : Layers
        Layers of all models.
    devices : Devices
        All devices.
    model, device : ndarray, int64[n]
        Which model on which device.
    batch : ndarray, float64[n]
        Samples on the device in one step.

    Returns
    -------
    forward, backward : ndarray, float64[n]
        Seconds of either pass; the sum over the layers of ``layer_times``.
    """
    forward = np.zeros(model.size)
    backward = np.zeros(model.size)
    for point in range(model.size):
        m = model[point]
        d = device[point]
        ratio = layers.backward_ratio[m]
        for i in range(layers.start[m], layers.start[m + 1]):
            k = layers.kind[i]
            work = layers.flops[i] * batch[point]
            traffic = (layers.read[i] + layers.write[i]) * batch[point] + layers.weights[i]
            rest = (
                devices.peak[d],
                devices.efficiency[d, k],
                devices.half_work[d, k],
                devices.bandwidth[d],
                devices.launch[d],
            )
            forward[point] += layers.repeat[i] * call_time(work, traffic, *rest)
            if ratio > 0.0:
                backward[point] += layers.repeat[i] * call_time(work * ratio, traffic * ratio, *rest)
    return forward, backward
