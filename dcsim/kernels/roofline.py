"""Time of the layers of a model on one device: a roofline whose ceiling the shape of the call sets.

A call takes

    (arithmetic^4 + memory^4)^(1/4) + launch

the roofline (Williams, Waterman and Patterson, CACM 52(4), 2009) with a rounded corner, as arithmetic and
memory never overlap perfectly where both take long. The arithmetic of a matrix product is
``products.product_time``; the memory takes the bytes of activations and weights over the bandwidth that
streaming reaches.

The backward pass calls a product twice, once for the gradient of its input and once for that of its weights
(which sums over the batch); the first product of a model needs no gradient of its input. Other layers move
``backward_ratio`` times the traffic of their forward pass. Each call with trained values costs
``gradient_calls`` further launches: its gradient is stored, handed over and applied.

Caches: a device may keep the traffic of a call that is small enough, and the weights of a model that is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.jit import kernel, lean_kernel
from dcsim.kernels.products import fast_gain, product_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DEVICE_COLUMNS", "FORM", "LAYER_COLUMNS", "Devices", "Form", "Layers", "layer_times", "step_times"]

CONV, EMBEDDING, ELEMENTWISE = 1, 3, 4
"""Kinds of layers that need rules of their own; 0 and 2 are further products, 5 is work that is none."""


LAYER_COLUMNS = (
    "flops", "read", "write", "weights", "repeat", "rows", "depth", "columns", "groups", "trained", "fast", "in_place",
    "first",
)  # fmt: skip
"""Columns of ``Layers.table``."""
FLOPS, READ, WRITE, WEIGHTS, REPEAT, ROWS, DEPTH, COLUMNS, GROUPS, TRAINED, FAST, IN_PLACE, FIRST = range(13)
DEVICE_COLUMNS = (
    "peak", "bandwidth", "launch", "units", "matrix", "fused", "gain", "value", "gather", "cache", "cache_bandwidth",
)  # fmt: skip
"""Columns of ``Devices.table``."""
PEAK, BANDWIDTH, LAUNCH, UNITS, MATRIX, FUSED, GAIN, VALUE, GATHER, CACHE, CACHE_BANDWIDTH = range(11)


class Layers(NamedTuple):
    """Layers of M models, one model after the other (L layers in all).

    Attributes
    ----------
    start : int64[M + 1]
        Layers of model m are ``start[m]`` up to ``start[m + 1]``.
    kind : int64[L]
        Column of the efficiency table of ``Devices``.
    table : float64[L, 13]
        By column of ``LAYER_COLUMNS``: forward flops per sample and call; activation bytes read and written per
        sample and call, at 4 bytes a value; bytes of weights read once per call, whatever the batch; calls of
        the layer in one pass; rows, depth and columns of the matrix product of one sample, and how many of them
        stand side by side (of an embedding, rows are the table rows that a sample looks up and columns their
        values); values that one call trains; 1 for convolutions of 3x3 windows that move by one; 1 where the
        output overwrites the input; 1 for the product that needs no gradient of its input.
    held : float64[M]
        Bytes of all weights but embedding tables, at 4 bytes a value.
    backward_ratio : float64[M]
        Traffic of the backward pass over that of the forward pass, for layers that are no products; 0 for
        inference.
    """

    start: NDArray[np.int64]
    kind: NDArray[np.int64]
    table: NDArray[np.float64]
    held: NDArray[np.float64]
    backward_ratio: NDArray[np.float64]


class Devices(NamedTuple):
    """D devices, each at one precision, and K kinds of layer.

    Attributes
    ----------
    table : float64[D, 11]
        By column of ``DEVICE_COLUMNS``: peak rate at the precision, FLOP/s; memory bandwidth that a program
        gets, bytes/s, for layers given at 4 bytes a value; cost of starting one call, s; compute units; 1 where
        matrix units compute, whose tiles are larger; 1 where normalisations read their input once, and
        activations cost no call of their own; gain of fast convolutions, 1 for none; bytes of a value; bytes/s
        of scattered rows, bytes that a cache keeps, and bytes/s from it, all for layers given at 4 bytes a
        value.
    efficiency : float64[D, K]
        Share of the peak that the best tile reaches.
    """

    table: NDArray[np.float64]
    efficiency: NDArray[np.float64]


class Form(NamedTuple):
    """Constants of the form itself, the same for every device; fitted by ``tests/validation/calibrate.py``.

    Attributes
    ----------
    tiles, matrix_tiles : float64[T, 3]
        Tile shapes and their share of the best rate, of ordinary arithmetic and of matrix units.
    split_depth, matrix_split_depth : float
        Least depth of the parts of a split product.
    tail, tile_overhead : float
        As in ``products.product_time``.
    data_gradient, weight_gradient : float
        Rate of the products of the backward pass over that of the forward pass.
    transform : float
        Bytes that the transforms of a fast convolution move for each value and position of the window, at the
        bandwidth that streaming reaches.
    large_window : float
        Window positions over the square of its stride from which a convolution is done by a Fourier transform.
    normalisation : float
        Traffic of a normalisation over a batch, in training, over what it reads twice and writes once.
    pooling : float
        Traffic of a pooling with strides over what it reads and writes once.
    gradient_calls : float
        Launches by which each call with trained values lengthens the backward pass.
    cached_gather : float
        Rate of scattered rows from a cache over that from memory.
    row_waste : float
        Bytes moved in vain with each scattered row: a memory moves whole sectors.
    """

    tiles: NDArray[np.float64]
    matrix_tiles: NDArray[np.float64]
    split_depth: float
    matrix_split_depth: float
    tail: float
    tile_overhead: float
    data_gradient: float
    weight_gradient: float
    transform: float
    large_window: float
    normalisation: float
    pooling: float
    gradient_calls: float
    cached_gather: float
    row_waste: float


FORM = Form(
    tiles=np.array([[128.0, 128.0, 1.0], [128.0, 64.0, 0.9], [64.0, 64.0, 0.77], [32.0, 32.0, 0.367]]),
    matrix_tiles=np.array([[256.0, 128.0, 1.0], [128.0, 64.0, 0.72], [64.0, 32.0, 0.37]]),
    split_depth=422.0,
    matrix_split_depth=915.0,
    tail=0.29,
    tile_overhead=3.29e-6,
    data_gradient=0.81,
    weight_gradient=0.85,
    transform=1.22,
    large_window=16.0,
    normalisation=1.41,
    pooling=1.5,
    gradient_calls=6.9,
    cached_gather=4.0,
    row_waste=32.0,
)
"""The fit of the shipped catalogue; what it is fitted to stands in ``docs/explanation/compute.md``."""


@lean_kernel
def _blend(arithmetic: float, memory: float) -> float:
    """Fourth root of the sum of fourth powers: the larger one, or up to 19 % more where both are near."""
    a, b = arithmetic * arithmetic, memory * memory
    return math.sqrt(math.sqrt(a * a + b * b))


@lean_kernel
def _product_call(
    layers: Layers, i: int, devices: Devices, d: int, form: Form, batch: float, which: int, memory: float
) -> float:
    """Time of a product without its launch; which: 0 forward, 1 gradient of the input, 2 of the weights."""
    kind = layers.kind[i]
    rows, depth = layers.table[i, ROWS], layers.table[i, DEPTH]
    columns, groups = layers.table[i, COLUMNS], layers.table[i, GROUPS]
    inputs = max(1.0, min(depth, layers.table[i, READ] / (4.0 * rows * groups)))
    window = depth / inputs
    rate = devices.table[d, PEAK] * devices.efficiency[d, kind]
    if kind == CONV and devices.table[d, GAIN] > 1.0 and (layers.table[i, FAST] > 0.0 or window >= form.large_window):
        moved = form.transform * rate / (2.0 * devices.table[d, BANDWIDTH])
        rate *= fast_gain(devices.table[d, GAIN], moved, inputs, columns)
    m, n, k, whole = rows * batch, columns, depth, False
    if which == 1:
        n, k = inputs, columns * window
        rate *= form.data_gradient
    elif which == 2:
        m, k, whole = depth, rows * batch, True
        rate *= form.weight_gradient
    matrix = devices.table[d, MATRIX] > 0.0
    arithmetic = product_time(
        m,
        n,
        k,
        groups,
        whole,
        form.matrix_tiles if matrix else form.tiles,
        form.matrix_split_depth if matrix else form.split_depth,
        devices.table[d, UNITS],
        rate,
        form.tail,
        form.tile_overhead,
    )
    return _blend(arithmetic, memory)


@lean_kernel
def _memory_time(layers: Layers, i: int, devices: Devices, d: int, batch: float, held: float, factor: float) -> float:
    """Time to move the activations (times a factor) and the weights of a call."""
    activations = (layers.table[i, READ] + layers.table[i, WRITE]) * batch * factor
    weights, cache = layers.table[i, WEIGHTS], devices.table[d, CACHE]
    slow = devices.table[d, BANDWIDTH]
    fast = max(slow, devices.table[d, CACHE_BANDWIDTH])
    moving = fast if activations + weights <= cache else slow
    return float(activations / moving + weights / (fast if held <= cache else slow))


@lean_kernel
def _gather_time(layers: Layers, i: int, devices: Devices, d: int, form: Form, batch: float) -> float:
    """Time to read scattered rows of an embedding table and to write what comes of them."""
    rows = layers.table[i, READ] * batch
    waste = layers.table[i, ROWS] * batch * form.row_waste * 4.0 / devices.table[d, VALUE]
    streamed = (rows + waste + layers.table[i, WRITE] * batch) / devices.table[d, BANDWIDTH]
    gather = devices.table[d, GATHER]
    if 4.0 * layers.table[i, TRAINED] <= devices.table[d, CACHE]:
        gather *= form.cached_gather
    return float(max(streamed, rows / gather))


@lean_kernel
def _plain_factor(layers: Layers, i: int, devices: Devices, d: int, form: Form, training: bool) -> float:
    """Traffic of a layer that is no product over what its table says; below 0 where it costs nothing."""
    if layers.kind[i] != ELEMENTWISE:
        return 1.0
    read, write = layers.table[i, READ], layers.table[i, WRITE]
    fused = devices.table[d, FUSED] > 0.0
    if layers.table[i, TRAINED] > 0.0 and 1.9 * write <= read <= 2.1 * write:
        return 2.0 * write / (read + write) if fused or not training else form.normalisation
    if fused and layers.table[i, IN_PLACE] > 0.0 and read <= write and 4.0 * layers.table[i, FLOPS] <= write:
        return -1.0
    return form.pooling if layers.table[i, TRAINED] == 0.0 and 0.0 < 2.5 * write <= read else 1.0


@lean_kernel
def _plain_call(
    layers: Layers, i: int, devices: Devices, d: int, form: Form, batch: float, held: float, training: bool
) -> float:
    """Time of a layer that is no product, without its launch; below 0 where it costs nothing."""
    kind = layers.kind[i]
    if kind == EMBEDDING:
        return _gather_time(layers, i, devices, d, form, batch)
    factor = _plain_factor(layers, i, devices, d, form, training)
    if factor < 0.0:
        return -1.0
    arithmetic = layers.table[i, FLOPS] * batch / (devices.table[d, PEAK] * devices.efficiency[d, kind])
    return _blend(arithmetic, _memory_time(layers, i, devices, d, batch, held, factor))


@lean_kernel
def _layer(
    layers: Layers, i: int, devices: Devices, d: int, form: Form, batch: float, held: float, ratio: float
) -> tuple[float, float]:
    """Forward and backward time of one layer over all its calls."""
    launch, repeat = devices.table[d, LAUNCH], layers.table[i, REPEAT]
    after = launch * form.gradient_calls if layers.table[i, TRAINED] > 0.0 and layers.kind[i] != EMBEDDING else 0.0
    if layers.kind[i] <= 2:
        memory = _memory_time(layers, i, devices, d, batch, held, 1.0)
        forward = repeat * (_product_call(layers, i, devices, d, form, batch, 0, memory) + launch)
        if ratio <= 0.0:
            return forward, 0.0
        data = _product_call(layers, i, devices, d, form, batch, 1, memory) + launch
        weight = _product_call(layers, i, devices, d, form, batch, 2, memory) + launch
        return forward, (repeat - layers.table[i, FIRST]) * data + repeat * (weight + after)
    once = _plain_call(layers, i, devices, d, form, batch, held, ratio > 0.0)
    if once < 0.0:
        return 0.0, 0.0
    return repeat * (once + launch), repeat * (ratio * once + launch + after) if ratio > 0.0 else 0.0


@kernel
def layer_times(
    layers: Layers, devices: Devices, form: Form, model: int, device: int, batch: float, ratio: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time of each layer of one model on one device, over all its calls.

    Parameters
    ----------
    layers : Layers
        Layers of all models.
    devices : Devices
        All devices.
    form : Form
        Constants of the form.
    model, device : int
        Which model on which device.
    batch : float
        Samples on the device in one step.
    ratio : float
        As ``backward_ratio`` of ``Layers``; 0 for inference.

    Returns
    -------
    forward, backward : float64[layers of the model]
        Seconds.
    """
    first, end = layers.start[model], layers.start[model + 1]
    forward, backward = np.zeros(end - first), np.zeros(end - first)
    for i in range(first, end):
        found = _layer(layers, i, devices, device, form, batch, layers.held[model], ratio)
        forward[i - first], backward[i - first] = found
    return forward, backward


@kernel
def step_times(
    layers: Layers,
    devices: Devices,
    form: Form,
    model: NDArray[np.int64],
    device: NDArray[np.int64],
    batch: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute time of one step at many points (model, device, batch).

    Parameters
    ----------
    layers, devices, form
        As for ``layer_times``.
    model, device : ndarray, int64[n]
        Which model on which device.
    batch : ndarray, float64[n]
        Samples on the device in one step.

    Returns
    -------
    forward, backward : ndarray, float64[n]
        Seconds of either pass; the sum over the layers of ``layer_times``.
    """
    forward, backward = np.zeros(model.size), np.zeros(model.size)
    for point in range(model.size):
        m, d = model[point], device[point]
        for i in range(layers.start[m], layers.start[m + 1]):
            found = _layer(layers, i, devices, d, form, batch[point], layers.held[m], layers.backward_ratio[m])
            forward[point] += found[0]
            backward[point] += found[1]
    return forward, backward
