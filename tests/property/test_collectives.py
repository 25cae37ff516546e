"""Plans of collectives against an oracle that really reduces, and against the formulas of the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, closed_form
from tests.oracles import allreduce

NAMES = ("ring", "recursive_doubling", "halving_doubling")


def messages(plan: Plan, element: float) -> list[list[tuple[int, int, int]]]:
    steps = []
    for phase in plan.phases:
        elements = round(phase.nbytes / element)
        assert phase.nbytes == pytest.approx(elements * element)
        sent = sorted(zip(phase.src.tolist(), phase.dst.tolist(), [elements] * phase.src.size, strict=True))
        steps += [sent] * phase.repeat
    return steps


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ranks", range(1, 34))
def test_plan_moves_what_a_real_reduction_moves(name: str, ranks: int) -> None:
    vectors, steps, elements = getattr(allreduce, name)(ranks)
    everyone = frozenset(range(ranks))
    assert all(entry == everyone for vector in vectors for entry in vector)

    plan = collective.get(name).call(ranks, 1024.0 * elements)

    assert messages(plan, 1024.0) == [sorted(step) for step in steps]


@given(exponent=st.integers(0, 9), nbytes=st.floats(1.0, 1e12))
def test_powers_of_two_follow_the_formulas(exponent: int, nbytes: float) -> None:
    p = 2**exponent
    ring, doubling, halving = (collective.get(name).call(p, nbytes) for name in NAMES)
    assert (ring.steps(), doubling.steps(), halving.steps()) == (2 * (p - 1), exponent, 2 * exponent)
    optimal = 2 * (p - 1) / p * nbytes
    np.testing.assert_allclose(ring.sent(), optimal, rtol=1e-12)
    np.testing.assert_allclose(halving.sent(), optimal, rtol=1e-12)
    np.testing.assert_allclose(doubling.sent(), exponent * nbytes, rtol=1e-12)


@given(name=st.sampled_from(NAMES), ranks=st.integers(2, 300), nbytes=st.floats(1.0, 1e12))
def test_bytes_sent_are_bytes_received_and_enough(name: str, ranks: int, nbytes: float) -> None:
    plan = collective.get(name).call(ranks, nbytes)
    assert math.isclose(plan.sent().sum(), plan.received().sum(), rel_tol=1e-12)
    least = 2 * (ranks - 1) / ranks * nbytes
    assert plan.received().mean() >= least * (1 - 1e-9)
    assert plan.received().min() >= nbytes * (1 - 1 / ranks) * (1 - 1e-9)


@given(
    name=st.sampled_from(NAMES), ranks=st.integers(1, 200), nbytes=st.floats(1.0, 1e10),
    bandwidth=st.floats(1e6, 1e11), latency=st.floats(0.0, 1e-3),
)  # fmt: skip
def test_closed_form_is_monotone(
    name: str, ranks: int, nbytes: float, bandwidth: float, latency: float
) -> None:
    plan = collective.get(name).call(ranks, nbytes)
    time = closed_form(plan, bandwidth, latency)
    assert closed_form(plan, bandwidth / 2, latency) >= time
    assert closed_form(plan, bandwidth, latency + 1e-6) >= time
    assert time >= plan.steps() * latency * (1 - 1e-12)
    assert time >= plan.sent().max() / bandwidth * (1 - 1e-12)
