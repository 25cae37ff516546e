"""Collisions of exchanges: shares against every combination counted, steps against trainings acted out."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.collisions import EXACT, colliding_steps, expected_shares
from tests.oracles import collisions as oracle


def _steps(computes, exchanges, bursts, capacity=1.0, steady=None):
    """Return the steps of trainings of one flow each on one link."""
    count = len(computes)
    gangs = np.zeros((count, 6))
    gangs[:, 0], gangs[:, 2], gangs[:, 5] = computes, exchanges, 1.0
    steady = np.zeros(count) if steady is None else np.array(steady, float)
    flows = np.ones((2, count))
    start, link, burst = np.arange(count + 1), np.zeros(count, np.int32), np.array(bursts, float)
    return colliding_steps(start, link, burst, steady, flows, np.array([capacity]), gangs)


@pytest.mark.parametrize("seed", range(40))
def test_shares_are_those_of_every_combination(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, EXACT + 1))
    cap, weight = rng.uniform(0.05, 1.0, count), rng.uniform(0.2, 3.0, count)
    on = rng.uniform(0.05, 1.0, count)
    on[rng.random(count) < 0.3] = 1.0
    capacity = float(rng.uniform(0.2, 1.5))
    found = expected_shares(cap, weight, on, capacity)
    np.testing.assert_allclose(found, oracle.expected_shares(cap, weight, on, capacity), rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_many_sources_are_close_to_every_combination(seed):
    rng = np.random.default_rng(seed)
    count = EXACT + 3
    cap, weight = rng.uniform(0.1, 0.5, count), np.ones(count)
    on, capacity = rng.uniform(0.1, 0.9, count), float(rng.uniform(0.8, 1.6))
    found = expected_shares(cap, weight, on, capacity)
    np.testing.assert_allclose(found, oracle.expected_shares(cap, weight, on, capacity), rtol=0.03)


def test_many_sources_that_never_pause_share_evenly():
    found = expected_shares(np.full(20, 1.0), np.ones(20), np.full(20, 1.0 - 1e-15), 4.0)
    np.testing.assert_allclose(found, 0.2, rtol=0.02)


def test_two_trainings_by_hand():
    """Each computes for 0.6 and exchanges for 0.4; on for a share p of its step, it gets 1 - p / 2 of the link.

    The exchange takes x = 0.4 / (1 - p / 2) with p = x / (x + 0.6), so 0.5 x^2 + 0.2 x - 0.24 = 0.
    """
    step, share = _steps([0.6, 0.6], [0.4, 0.4], [1.0, 1.0])
    exchange = (-0.2 + np.sqrt(0.2**2 + 4 * 0.5 * 0.24)) / (2 * 0.5)
    np.testing.assert_allclose(step, 0.6 + exchange, rtol=1e-9)
    np.testing.assert_allclose(share, 0.4 / exchange, rtol=1e-9)


def test_trainings_that_only_exchange_share_the_link():
    step, _ = _steps([0.0] * 3, [1.0] * 3, [1.0] * 3)
    np.testing.assert_allclose(step, 3.0, rtol=1e-9)


def test_bursts_that_fit_together_never_slow():
    step, share = _steps([0.5] * 4, [0.5] * 4, [0.25] * 4)
    np.testing.assert_allclose(step, 1.0, rtol=1e-12)
    np.testing.assert_allclose(share, 1.0, rtol=1e-12)


def test_hidden_exchanges_have_room_to_grow():
    """Both exchanges hide behind a backward pass that is long enough for both of them together."""
    gangs = np.array([[1.0, 0.0, 0.3, 1.0, 0.8, 1.0]] * 2)
    link = np.zeros(2, np.int32)
    step, share = colliding_steps(
        np.arange(3), link, np.ones(2), np.zeros(2), np.ones((2, 2)), np.ones(1), gangs
    )
    np.testing.assert_allclose(step, 1.0, rtol=1e-12)
    assert (share < 0.9).all()


def test_the_slower_of_two_links_decides():
    gangs = np.array([[0.6, 0.0, 0.4, 0.0, 0.0, 1.0]] * 3)
    start, link = np.array([0, 2, 3, 4]), np.array([0, 1, 0, 1], np.int32)
    burst, flows = np.ones(4), np.ones((2, 4))
    step, share = colliding_steps(start, link, burst, np.zeros(4), flows, np.array([1.0, 0.7]), gangs)
    assert share[1] < share[0] < 1.0
    assert step[0] == pytest.approx(0.6 + 0.4 / share[1])


def test_readers_leave_less_to_bursts():
    alone, _ = _steps([0.5], [0.5], [0.8])
    beside, _ = _steps([0.5, 1.0], [0.5, 0.0], [0.8, 0.0], steady=[0.0, 0.4])
    assert alone[0] == 1.0
    # the reader is owed half of the link and asks for 0.4 of it: the burst gets 0.6 instead of 0.8
    assert beside[0] == pytest.approx(0.5 + 0.5 * 0.8 / 0.6)
    assert beside[1] == 1.0


CASES = {
    "two alike": ([0.6, 0.6], [0.4, 0.4], [1.0, 1.0]),
    "one exchanges all the time": ([0.1, 0.7], [0.9, 0.3], [1.0, 1.0]),
    "more than the link has": ([0.4, 0.4], [0.6, 0.6], [1.0, 1.0]),
    "three of other lengths": ([0.6, 0.9, 1.7], [0.4, 0.1, 0.3], [1.0, 1.0, 1.0]),
    "six through narrow doors": ([0.5] * 6, [0.5] * 6, [0.4] * 6),
    "twelve": ([0.5 + 0.03 * i for i in range(12)], [0.5] * 12, [0.2] * 12),
}


@pytest.mark.parametrize("name", CASES)
def test_steps_are_close_to_trainings_acted_out(name):
    computes, exchanges, bursts = CASES[name]
    found, _ = _steps(computes, exchanges, bursts)
    exact = oracle.acted_out(computes, exchanges, bursts, 1.0, 600, np.random.default_rng(1))
    np.testing.assert_allclose(found, exact, rtol=0.06)
    alone = np.add(computes, exchanges)
    assert ((found > alone * 1.001) == (np.array(exact) > alone * 1.02)).all(), "who is slowed at all"
