"""The expected fragment and its growth, against the definition in exact numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.jobs.mix import mix_of
from dcsim.kernels.fragments import fragments, least_growth
from dcsim.kernels.placement_records import Asked, NodeState
from tests.oracles import placements as oracle

ANY = np.zeros(0, np.int64)
SHARES = st.sampled_from([0.05, 0.1, 0.25, 0.46, 0.5, 0.54, 0.9])
CORES = st.sampled_from([0.0, 1.0, 2.5, 4.0, 8.0])
TYPES = st.sampled_from([(), (0,), (1,), (0, 1), (-1,)])
WHOLE = st.tuples(st.integers(0, 4), st.just(1.0), CORES, TYPES)
REQUESTS = st.one_of(WHOLE, st.tuples(st.just(1), SHARES, CORES, TYPES))
MIXES = st.dictionaries(REQUESTS, st.integers(1, 9), min_size=1, max_size=8)
PARTS = st.lists(st.sampled_from([0.0, 0.04, 0.1, 0.46, 0.5, 0.54, 0.95, 1.0]), min_size=4, max_size=4)


def state_of(rows, cpus, kinds):
    gpu_free = np.array(rows, np.float64)
    unlimited = np.full(len(rows), np.inf)
    size, free = np.full(len(rows), gpu_free.shape[1]), (gpu_free == 1.0).sum(axis=1)
    return NodeState(size, free, gpu_free, np.array(cpus), unlimited, np.array(kinds))


def exact(request):
    slots, share, cores, types = request
    return slots, Fraction(share).limit_denominator(10**6), Fraction(cores), types


@given(st.lists(st.tuples(PARTS, CORES, st.integers(0, 1)), min_size=1, max_size=4), MIXES, REQUESTS)
def test_fragment_and_growth_are_those_of_the_definition(nodes, counts, request):
    rows, cpus, kinds = zip(*nodes, strict=True)
    state, mix, room = state_of(rows, cpus, kinds), mix_of(counts, 2, 4), np.zeros(4)
    exact_counts = {exact(each): times for each, times in counts.items()}
    cores = [Fraction(each) for each in cpus]
    expected = [
        oracle.fragment(oracle.parts_of(row), own, kind, exact_counts)
        for row, own, kind in zip(rows, cores, kinds, strict=True)
    ]
    assert fragments(state, mix, room) == pytest.approx(float(sum(expected)), abs=1e-12)
    slots, share, asked_cores, types = request
    asked = Asked(slots, share, asked_cores, 0.0, np.array(types, np.int64))
    count = len(rows)
    growth, gpus, seen = np.empty(count), np.empty(count, np.int64), np.full(count, -1)
    best = least_growth(state, mix, asked, np.zeros(count, np.int64), seen, growth, gpus, room)
    for node, (row, own, kind) in enumerate(zip(rows, cores, kinds, strict=True)):
        parts = oracle.parts_of(row)
        if not oracle.hosts(parts, own, kind, exact(request)):
            assert growth[node] == np.inf
            continue
        least, _ = oracle.growth(parts, own, kind, exact_counts, exact(request))
        assert growth[node] == pytest.approx(float(least), abs=1e-12)
        assert (gpus[node] >= 0) == (share < 1.0)
        assert share == 1.0 or parts[gpus[node]] >= exact(request)[1]
    assert best == (-1 if np.isinf(growth).all() else int(np.argmin(growth)))


def test_by_hand():
    # two GPUs with 0.5 and 0.2 free; three of four requests want 0.4 of a GPU, one wants none
    state = state_of([[0.5, 0.2]], [8.0], [0])
    mix = mix_of({(1, 0.4, 2.0, ()): 3, (0, 1.0, 1.0, ()): 1}, 1, 2)
    # 0.2 is too small for the three, all 0.7 are a fragment for the one
    assert fragments(state, mix, np.zeros(2)) == pytest.approx(0.75 * 0.2 + 0.25 * 0.7)
    growth, gpus, seen = np.empty(1), np.empty(1, np.int64), np.full(1, -1)
    asked = Asked(1, 0.1, 0.0, 0.0, ANY)
    assert least_growth(state, mix, asked, np.zeros(1, np.int64), seen, growth, gpus, np.zeros(2)) == 0
    # 0.1 of the GPU that is a fragment already: 0.1 less of it, for all
    assert (gpus[0], growth[0]) == (1, pytest.approx(-0.1))
    asked = Asked(1, 0.4, 7.0, 0.0, ANY)
    seen[:] = -1
    assert least_growth(state, mix, asked, np.zeros(1, np.int64), seen, growth, gpus, np.zeros(2)) == 0
    # afterwards too few cores are left for the three: 0.3 are a fragment for all
    assert (gpus[0], growth[0]) == (0, pytest.approx(0.3 - 0.325))


def test_only_nodes_that_changed_are_looked_at_again():
    state = state_of([[1.0, 1.0], [1.0, 0.0]], [8.0, 8.0], [0, 0])
    mix, asked = mix_of({(2, 1.0, 1.0, ()): 1}, 1, 2), Asked(1, 1.0, 1.0, 0.0, ANY)
    growth, gpus, seen, version = np.empty(2), np.empty(2, np.int64), np.full(2, -1), np.zeros(2, np.int64)
    assert least_growth(state, mix, asked, version, seen, growth, gpus, np.zeros(2)) == 1
    growth[0] = -9.0
    assert least_growth(state, mix, asked, version, seen, growth, gpus, np.zeros(2)) == 0
    version[0] = 1
    assert least_growth(state, mix, asked, version, seen, growth, gpus, np.zeros(2)) == 1
