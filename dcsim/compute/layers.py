"""Models as arrays of layers, and the bytes that training them moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.roofline import LAYER_COLUMNS, Layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.compute.like import ModelLike

__all__ = ["LAYER_KINDS", "PRODUCT_KINDS", "checkpoint_bytes", "gradient_bytes", "layer_arrays", "parameter_count"]

LAYER_KINDS = ("gemm", "conv", "recurrent", "embedding", "elementwise", "tree", "scan")
"""Kinds of layers in the order of the efficiency tables."""
PRODUCT_KINDS = LAYER_KINDS[:3]
"""Those that are matrix products."""

_VALUE_BYTES = 4.0
_NAMED = {"trained": "parameters", "fast": "winograd"}
_FIELDS = tuple(_NAMED.get(name, name) for name in LAYER_COLUMNS if name != "first")


def layer_arrays(models: Sequence[ModelLike]) -> Layers:
    """Return the layers of several models as arrays, one model after the other.

    Parameters
    ----------
    models : sequence of ModelLike
        At least one.

    Returns
    -------
    Layers
        For ``dcsim.kernels.roofline.step_times``.
    """
    layers = [layer for model in models for layer in model.layers]
    counts = [len(model.layers) for model in models]

    table = np.array([[getattr(layer, name) for name in _FIELDS] for layer in layers], dtype=np.float64)
    return Layers(
        start=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        kind=np.array([LAYER_KINDS.index(layer.kind) for layer in layers], dtype=np.int64),
        table=np.column_stack([table, np.concatenate([_first_product(model) for model in models])]),
        held=np.array([_held_bytes(model) for model in models], dtype=np.float64),
        backward_ratio=np.array([model.backward_ratio for model in models], dtype=np.float64),
    )


def _first_product(model: ModelLike) -> NDArray[np.float64]:
    """Mark the product that needs no gradient of its input: the first one, if nothing is trained before it."""
    marks = np.zeros(len(model.layers))
    for place, layer in enumerate(model.layers):
        if layer.kind in PRODUCT_KINDS:
            marks[place] = 1.0
        if marks[place] or layer.parameters:
            break
    return marks


def _held_bytes(model: ModelLike) -> float:
    """Return the bytes of all weights but tables, which a cache may keep from one batch to the next."""
    return _VALUE_BYTES * sum(layer.parameters * layer.repeat for layer in model.layers if layer.kind != "embedding")


def parameter_count(model: ModelLike) -> int:
    """Return how many values training sets."""
    return sum(layer.parameters * layer.repeat for layer in model.layers)


def gradient_bytes(model: ModelLike) -> float:
    """Return what one replica contributes to a synchronisation: as given, else 4 bytes a parameter."""
    return _VALUE_BYTES * parameter_count(model) if model.gradient_bytes is None else model.gradient_bytes


def checkpoint_bytes(model: ModelLike) -> float:
    """Return the size of one checkpoint: the parameters at 4 bytes, times the model's training state."""
    return _VALUE_BYTES * parameter_count(model) * model.training_state
