"""Mean-value analysis against the probabilities of the states."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.kernels.closed_queue import cycle_time


def from_states(customers: int, think: float, demand: float) -> float:
    """Of n at the server and the others away, the probability goes like ``demand^n think^(k-n) / (k-n)!``."""
    weights = [
        demand**n * think ** (customers - n) / math.factorial(customers - n) for n in range(customers + 1)
    ]
    busy = sum(weights[1:]) / sum(weights)
    return customers * demand / busy


@given(customers=st.integers(1, 40), think=st.floats(0.01, 10.0), demand=st.floats(0.01, 10.0))
def test_cycle_is_that_of_the_states(customers: int, think: float, demand: float) -> None:
    found = cycle_time(customers, think, demand)
    assert found == pytest.approx(from_states(customers, think, demand), rel=1e-9)
    assert found >= max(think + demand, customers * demand) * (1 - 1e-12)


def test_nobody_waits_for_nothing() -> None:
    assert cycle_time(5, 0.0, 0.0) == 0.0
    assert cycle_time(5, 2.0, 0.0) == 2.0
