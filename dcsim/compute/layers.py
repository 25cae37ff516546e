"""Models as arrays of layers, and the bytes that training them moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.roofline import Layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.compute.like import ModelLike

__all__ = ["LAYER_KINDS", "checkpoint_bytes", "gradient_bytes", "layer_arrays", "parameter_count"]

LAYER_KINDS = ("gemm", "conv", "recurrent", "embedding", "elementwise", "tree")
"""Kinds of layers in the order of the efficiency tables."""

_VALUE_BYTES = 4.0


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

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(layer, name) for layer in layers], dtype=np.float64)

    return Layers(
        start=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        kind=np.array([LAYER_KINDS.index(layer.kind) for layer in layers], dtype=np.int64),
        flops=column("flops"),
        read=column("read"),
        write=column("write"),
        weights=column("weights"),
        repeat=column("repeat"),
        backward_ratio=np.array([model.backward_ratio for model in models], dtype=np.float64),
    )


def parameter_count(model: ModelLike) -> int:
    """Return how many values training sets."""
    return sum(layer.parameters * layer.repeat for layer in model.layers)


def gradient_bytes(model: ModelLike) -> float:
    """Return what one replica contributes to a synchronisation: as given, else 4 bytes a parameter."""
    return _VALUE_BYTES * parameter_count(model) if model.gradient_bytes is None else model.gradient_bytes


def checkpoint_bytes(model: ModelLike) -> float:
    """Return the size of one checkpoint: the parameters at 4 bytes, times the model's training state."""
    return _VALUE_BYTES * parameter_count(model) * model.training_state
