"""Gradients as they leave the backward pass: tensors, and the buckets that they are fused into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dcsim.compute.layers import gradient_bytes
from dcsim.kernels.overlap import fill_buckets

if TYPE_CHECKING:
    from dcsim.compute.like import ModelLike

__all__ = ["buckets", "tensors"]

Floats = NDArray[np.float64]

_VALUE_BYTES = 4.0


def tensors(model: ModelLike) -> Floats:
    """Return the gradient bytes of each tensor in the order of the backward pass, last layer first.

    Each call of a row of the table has the tensors that the row names, weights before bias, or one for all of its
    parameters; a parameter takes 4 bytes. Where the model says
    what its replicas exchange (``gradient_bytes``), its embedding rows share what the dense tensors leave of that,
    in proportion to their parameters: only touched rows are exchanged. If there are no embedding rows, or nothing
    is left for them, all tensors are scaled to it. A model that exchanges something but trains no
    parameter (the histograms of a tree) has one tensor.

    Parameters
    ----------
    model : ModelLike
        What is trained.

    Returns
    -------
    ndarray of float64, shape (tensors,)
        Sums up to ``gradient_bytes(model)``; empty if that is nothing.

    Examples
    --------
    >>> from dcsim.spec.catalog import Catalog
    >>> sizes = tensors(Catalog().load("models", "mlp_sparse"))
    >>> sizes.tolist()
    [256000.0, 256000.0, 256000.0, 256000.0, 256000.0, 16000000.0]
    """
    total = gradient_bytes(model)
    calls = [layer for layer in reversed(model.layers) for _ in range(layer.repeat) if layer.parameters]
    if not calls:
        return np.full(int(total > 0), total)
    parts = [(values, layer.kind) for layer in calls for values in reversed(layer.tensors or (layer.parameters,))]
    own = _VALUE_BYTES * np.array([values for values, _ in parts], dtype=np.float64)
    if model.gradient_bytes is None:
        return own
    sparse = np.array([kind == "embedding" for _, kind in parts])
    left = total - own[~sparse].sum()
    if not sparse.any() or left <= 0:
        return own * float(total / own.sum())
    return np.where(sparse, own * (left / own[sparse].sum()), own)


def buckets(sizes: Floats, limit: float) -> Floats:
    """Return the sizes of the buffers into which consecutive tensors are fused.

    A bucket is closed by the tensor that fills it up to the limit, and may exceed it by that tensor, as in
    PyTorch's DistributedDataParallel (Li et al. 2020, "PyTorch distributed: experiences on accelerating data
    parallel training"; its limit is 25 MiB unless told otherwise). A limit of 0 sends every tensor by itself,
    an infinite one a single fused buffer.

    Parameters
    ----------
    sizes : ndarray of float64, shape (tensors,)
        As ``tensors`` returns them.
    limit : float
        Bytes from which a bucket is full.

    Returns
    -------
    ndarray of float64, shape (buckets,)
        In the same order.

    Raises
    ------
    ValueError
        When the limit is negative or not a number.

    Examples
    --------
    >>> buckets(np.array([3.0, 4.0, 1.0, 9.0, 2.0]), 5.0).tolist()
    [7.0, 10.0, 2.0]
    """
    if not limit >= 0:
        raise ValueError(f"buckets cannot be full at {limit} bytes")
    return fill_buckets(sizes, np.zeros(sizes.size), limit)[0]
