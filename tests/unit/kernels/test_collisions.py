"""Collisions of exchanges: shares against every combination counted, steps against the exact flow level."""

from __future__ import annotations

import numpy as np
import pytest
from numba import config

from dcsim.kernels.collisions import EXACT, colliding_steps, expected_shares
from tests.oracles import collisions as oracle
from tests.oracles.periodic_jobs import periodic_steps


def _steps(computes, exchanges, bursts, capacity=1.0, steady=None, flows=1.0):
    """Return the steps of trainings on one link."""
    count = len(computes)
    gangs = np.zeros((count, 6))
    gangs[:, 0], gangs[:, 2], gangs[:, 5] = computes, exchanges, 1.0
    steady = np.zeros(count) if steady is None else np.array(steady, float)
    flows = np.stack([np.broadcast_to(np.array(flows, float), count), np.ones(count)])
    start, link, burst = np.arange(count + 1), np.zeros(count, np.int32), np.array(bursts, float)
    return colliding_steps(start, link, burst, steady, flows, np.array([capacity]), gangs, gangs[:, [0, 2]].sum(axis=1))


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
    np.testing.assert_allclose(step, 0.6 + exchange, rtol=1e-6)
    np.testing.assert_allclose(share, 0.4 / exchange, rtol=1e-6)


def test_trainings_that_only_exchange_share_the_link():
    step, _ = _steps([0.0] * 3, [1.0] * 3, [1.0] * 3)
    np.testing.assert_allclose(step, 3.0, rtol=1e-6)


def test_bursts_that_fit_together_never_slow():
    step, share = _steps([0.5] * 4, [0.5] * 4, [0.25] * 4)
    np.testing.assert_allclose(step, 1.0, rtol=1e-12)
    np.testing.assert_allclose(share, 1.0, rtol=1e-12)


def test_hidden_exchanges_have_room_to_grow():
    """Both exchanges hide behind a backward pass that is long enough for both of them together."""
    gangs = np.array([[1.0, 0.0, 0.3, 1.0, 0.8, 1.0]] * 2)
    link = np.zeros(2, np.int32)
    step, share = colliding_steps(
        np.arange(3), link, np.ones(2), np.zeros(2), np.ones((2, 2)), np.ones(1), gangs, np.ones(2)
    )
    np.testing.assert_allclose(step, 1.0, rtol=1e-12)
    assert (share < 0.9).all()


def test_the_slower_of_two_links_decides():
    gangs = np.array([[0.6, 0.0, 0.4, 0.0, 0.0, 1.0]] * 3)
    start, link = np.array([0, 2, 3, 4]), np.array([0, 1, 0, 1], np.int32)
    burst, flows = np.ones(4), np.ones((2, 4))
    step, share = colliding_steps(start, link, burst, np.zeros(4), flows, np.array([1.0, 0.7]), gangs, np.ones(3))
    assert share[1] < share[0] < 1.0
    assert step[0] == pytest.approx(0.6 + 0.4 / share[1])


def test_readers_leave_less_to_bursts():
    alone, _ = _steps([0.5], [0.5], [0.8])
    beside, _ = _steps([0.5, 1.0], [0.5, 0.0], [0.8, 0.0], steady=[0.0, 0.4])
    assert alone[0] == 1.0
    # the reader is owed half of the link and asks for 0.4 of it: the burst gets 0.6 instead of 0.8
    assert beside[0] == pytest.approx(0.5 + 0.5 * 0.8 / 0.6)
    assert beside[1] == 1.0


# What is printed in docs/explanation/shared_fabric.md: (compute, bytes of one flow, its cap, flows) of each training on
# a link of 1 byte/s, and how much longer its step is when phases are unrelated, and when all begin at once.
CASES = {
    "2 x 20 %": ([(0.8, 0.2, 1.0, 1)] * 2, [1.04] * 2, [1.2] * 2),
    "2 x 40 %": ([(0.6, 0.4, 1.0, 1)] * 2, [1.17] * 2, [1.4] * 2),
    "2 x 60 %": ([(0.4, 0.6, 1.0, 1)] * 2, [1.36] * 2, [1.6] * 2),
    "90 % and 30 %": ([(0.1, 0.9, 1.0, 1), (0.7, 0.3, 1.0, 1)], [1.26] * 2, [1.3] * 2),
    "3 x 30 %": ([(0.7, 0.3, 1.0, 1)] * 3, [1.23] * 3, [1.6] * 3),
    "4 x 30 % at 0.6 of the link": ([(0.5, 0.3, 0.6, 1)] * 4, [1.33] * 4, [1.7] * 4),
    "3, with 10, 5 and 2 flows": (
        [(0.6, 0.04, 0.1, 10), (0.83, 0.03, 0.1, 5), (0.5, 0.035, 0.1, 2)], [1.088, 1.061, 1.06], None,
    ),
}  # fmt: skip
WITHIN = 0.07


@pytest.mark.skipif(config.DISABLE_JIT, reason="too many steps for kernels that are not compiled")
@pytest.mark.parametrize("name", CASES)
def test_steps_are_close_to_those_on_the_exact_flow_level(name):
    trainings, unrelated, at_once = CASES[name]
    jobs = [(compute, nbytes, cap, [0], flows) for compute, nbytes, cap, flows in trainings]
    alone = np.array([compute + nbytes / cap for compute, nbytes, cap, _ in trainings])
    rng = np.random.default_rng(0)
    exact = np.array(periodic_steps([1.0], jobs, 2000, rng=rng, spread=0.15)) / alone
    np.testing.assert_allclose(exact, unrelated, rtol=0.03)
    if at_once is not None:
        worst = np.array(periodic_steps([1.0], jobs, 60, offsets=[0.0] * len(jobs))) / alone
        np.testing.assert_allclose(worst, at_once, rtol=0.01)
    computes, exchanges = [job[0] for job in trainings], [job[1] / job[2] for job in trainings]
    flows = [job[3] for job in trainings]
    found, _ = _steps(computes, exchanges, [job[2] * job[3] for job in trainings], flows=flows)
    np.testing.assert_allclose(found / alone, exact, rtol=WITHIN)
    assert (found / alone <= exact * 1.005).all(), "the model is on the kind side"
