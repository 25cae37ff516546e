"""The closed forms of the sawtooth against looking at it on a fine clock."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dcsim.kernels import staleness as sawtooth
from tests.oracles import staleness as oracle

KINDS = [("linear", sawtooth.LINEAR), ("log", sawtooth.LOG)]
version = st.tuples(st.integers(-40, 40), st.integers(0, 30)).map(lambda pair: (pair[0] - pair[1], pair[0]))
versions = st.lists(version, max_size=8).map(lambda found: sorted(found, key=lambda pair: pair[1]))
models = st.lists(versions, min_size=1, max_size=4)
spans = st.tuples(st.integers(-45, 45), st.integers(1, 40)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def arrays(found):
    pairs = np.array(found, dtype=float).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def csr(sequences):
    start = np.cumsum([0, *(len(found) for found in sequences)])
    return start, *arrays([pair for found in sequences for pair in found])


@given(versions, spans, st.integers(0, 60))
def test_staleness_is_the_sum_over_seconds(found, span, target):
    integral, above, highest, last = sawtooth.staleness(*arrays(found), *span, float(target))
    assert integral == pytest.approx(math.fsum(oracle.samples(found, *span)), abs=1e-9)
    assert above == oracle.above(found, *span, target)
    assert highest == pytest.approx(oracle.highest(found, *span), nan_ok=True)
    assert last == pytest.approx(oracle.last(found, span[1]), nan_ok=True)


@given(versions, spans, st.integers(0, 60))
def test_staleness_is_never_negative_and_sums_over_spans(found, span, target):
    begin, end = span
    integral, above, highest, last = sawtooth.staleness(*arrays(found), begin, end, float(target))
    assert min(integral, above) >= 0.0
    assert not highest < 0.0
    assert not last < 0.0
    middle = begin + 0.375 * (end - begin)
    halves = (begin, middle), (middle, end)
    parts = [sawtooth.staleness(*arrays(found), *own, float(target)) for own in halves]
    assert parts[0][0] + parts[1][0] == pytest.approx(integral, abs=1e-9)
    assert parts[0][1] + parts[1][1] == pytest.approx(above, abs=1e-9)


@given(versions, version, spans)
def test_another_publication_never_makes_the_served_model_staler(found, extra, span):
    assume(found and found[0][1] <= span[0])  # served all along: the time that counts stays the same
    more = sorted([*found, extra], key=lambda pair: pair[1])
    before = sawtooth.staleness(*arrays(found), *span, 5.0)
    after = sawtooth.staleness(*arrays(more), *span, 5.0)
    assert all(new <= old + 1e-9 for new, old in zip(after, before, strict=True))


@given(versions, spans, st.sampled_from(KINDS), st.integers(1, 50))
def test_loss_is_the_integral_over_a_fine_clock(found, span, kind, per):
    name, code = kind
    expected = oracle.loss(found, *span, name, per, 0.1)
    assert sawtooth.loss_integral(*arrays(found), *span, code, float(per), 0.1) == pytest.approx(
        expected, rel=1e-3, abs=1e-9
    )


@given(models, spans, st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=4, max_size=4),
       st.sampled_from([0.03, 0.25, 0.5, 0.95, 0.997]))  # fmt: skip
def test_percentile_splits_the_weighted_time(sequences, span, weights, share):
    weights = weights[: len(sequences)]
    found = sawtooth.staleness_percentile(*csr(sequences), *span, np.array(weights), np.array([share]))[0]
    expected = oracle.percentile(sequences, weights, *span, share)
    if math.isnan(expected):
        assert math.isnan(found)
        return
    samples = [
        (staleness, weight)
        for own, weight in zip(sequences, weights, strict=True)
        for staleness in oracle.samples(own, *span, 20)
        if weight > 0.0
    ]
    half_step = 0.5 / 20 + 1e-9
    total = math.fsum(weight for _, weight in samples)
    below = math.fsum(weight for staleness, weight in samples if staleness < found)
    split = math.fsum(weight for staleness, weight in samples if abs(staleness - found) <= half_step)
    assert abs(below - share * total) <= split + 1e-9
    assert min(samples)[0] - half_step <= found <= max(samples)[0] + half_step


@given(models, spans)
def test_many_models_are_each_on_their_own(sequences, span):
    start, data, published = csr(sequences)
    many = len(sequences)
    target, per, loss = np.arange(many) + 3.0, np.arange(many) + 7.0, np.full(many, 0.2)
    kind = np.arange(many) % 2
    rows = sawtooth.stalenesses(start, data, published, *span, target)
    losses = sawtooth.loss_integrals(start, data, published, *span, kind, per, loss)
    for k, found in enumerate(sequences):
        alone = sawtooth.staleness(*arrays(found), *span, target[k])
        assert rows[k].tolist() == pytest.approx(list(alone), rel=0, abs=0, nan_ok=True)
        assert losses[k] == sawtooth.loss_integral(*arrays(found), *span, kind[k], per[k], loss[k])
