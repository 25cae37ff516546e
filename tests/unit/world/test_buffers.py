"""Into what data are cut."""

from __future__ import annotations

import math

import pytest

from dcsim.compute.buckets import tensors
from dcsim.spec.catalog import Catalog
from dcsim.world.buffers import FUSED, read_buffers


@pytest.fixture(scope="module")
def resnet50():
    return Catalog().load("models", "resnet50")


def total(sizes):
    return math.fsum(size * count for size, count in sizes.items())


def test_fused_is_one():
    assert FUSED.sizes(3e6) == {3e6: 1}
    assert read_buffers("fused") == FUSED


def test_even_buckets_and_a_rest():
    assert read_buffers("1 MB").sizes(2.5e6) == {1e6: 2, 0.5e6: 1}
    assert read_buffers("1MB").sizes(2e6) == {1e6: 2}
    assert read_buffers("1 GB").sizes(2e6) == {2e6: 1}


def test_tensors_of_a_model_are_scaled_to_what_is_sent(resnet50):
    buffers = read_buffers("per-tensor:resnet50")
    own = tensors(resnet50)
    sizes = buffers.sizes(2 * own.sum(), resnet50)
    assert total(sizes) == pytest.approx(2 * own.sum())
    assert sum(sizes.values()) == own.size
    assert max(sizes) == pytest.approx(2 * own.max())


def test_buckets_of_a_model(resnet50):
    sizes = read_buffers("25 MiB:resnet50").sizes(102e6, resnet50)
    assert total(sizes) == pytest.approx(102e6)
    assert 3 <= sum(sizes.values()) <= 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("per-tensor", "needs the model whose tensors are sent, such as 'per-tensor:resnet50'"),
        ("per-tensor:", "needs the model"),
        ("25", "'25' is none of fused, per-tensor:MODEL, SIZE and SIZE:MODEL; a size needs a number and a unit"),
        ("fuse", "'fuse' is none of fused"),
        ("0 MB", "needs a size above zero"),
        ("-1 MB:resnet50", "needs a size above zero"),
    ],
)
def test_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        read_buffers(text)
