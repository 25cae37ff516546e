"""Gradient tensors of the shipped models, and the buffers they are fused into."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.compute.buckets import buckets, tensors
from dcsim.compute.layers import gradient_bytes
from dcsim.spec.catalog import Catalog


def load(name):
    return Catalog().load("models", name)


def model(layers, given_bytes=None):
    rows = [
        SimpleNamespace(kind=kind, parameters=count, repeat=repeat, tensors=None) for kind, count, repeat in layers
    ]
    return SimpleNamespace(layers=rows, gradient_bytes=given_bytes)


def test_resnet50_has_the_published_parameters():
    """53 convolutions, a gain and a bias of as many normalisations, a weight and a bias; 25,557,032 parameters."""
    sizes = tensors(load("resnet50"))
    assert sizes.size == 53 + 2 * 53 + 2
    assert sizes.sum() == 4 * 25_557_032
    assert sizes[:2].tolist() == [4 * 1000, 4 * 2048 * 1000]
    assert sizes[-1] == 4 * 7 * 7 * 3 * 64


@pytest.mark.parametrize("name", Catalog().names("models"))
def test_tensors_sum_up_to_the_gradient(name):
    sizes = tensors(load(name))
    assert sizes.sum() == pytest.approx(gradient_bytes(load(name)), rel=1e-12)
    assert (sizes > 0).all()


def test_sparse_models_exchange_touched_rows_after_their_dense_layers():
    """Five dense layers of 64,000 parameters; 16 MB of touched rows, as the entry says."""
    assert tensors(load("mlp_sparse")).tolist() == [*5 * [256_000.0], 16_000_000.0]


def test_embedding_tables_share_by_their_parameters():
    two = model([("embedding", 300, 1), ("gemm", 10, 2), ("embedding", 100, 1)], 480.0)
    assert tensors(two).tolist() == [100.0, 40.0, 40.0, 300.0]


@pytest.mark.parametrize("kind", ["gemm", "embedding"])
def test_a_given_gradient_without_room_for_rows_scales_all(kind):
    assert tensors(model([("gemm", 30, 1), (kind, 10, 1)], 40.0)).tolist() == [10.0, 30.0]


def test_what_is_exchanged_without_parameters_is_one_tensor():
    assert tensors(model([("tree", 0, 6)], 99.0)).tolist() == [99.0]
    assert tensors(model([("tree", 0, 6)])).size == 0


def test_limits_at_both_ends():
    sizes = tensors(load("resnet50"))
    np.testing.assert_array_equal(buckets(sizes, 0.0), sizes)
    assert buckets(sizes, math.inf).tolist() == [102_228_128.0]
    assert buckets(np.array([]), 1.0).size == 0


@given(
    sizes=st.lists(st.integers(1, 10_000_000), min_size=1, max_size=200), limit=st.integers(0, 100_000_000)
)
def test_buckets_lose_nothing_and_are_full(sizes, limit):
    found = buckets(np.array(sizes, dtype=np.float64), float(limit))
    assert found.sum() == sum(sizes)
    assert (found[:-1] >= limit).all()
    assert (found < limit + max(sizes)).all() or limit == 0
    ends = set(np.cumsum(sizes).tolist())
    assert set(np.cumsum(found).tolist()) <= ends


@pytest.mark.parametrize("limit", [-1.0, math.nan])
def test_impossible_limits_are_refused(limit):
    with pytest.raises(ValueError, match="cannot be full"):
        buckets(np.array([1.0]), limit)
