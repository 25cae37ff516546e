"""Waiting against Erlang's sums in exact fractions, quadrature and a simulated queue."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from dcsim.kernels.queueing import delay_probability, wait_tail
from tests.oracles import queueing as oracle


@pytest.mark.parametrize("servers", [1, 2, 3, 7, 20, 64, 200])
@pytest.mark.parametrize("utilisation", [0.125, 0.5, 0.75, 0.9375, 0.9990234375])
def test_whole_servers_are_exact(servers, utilisation):
    exact = float(oracle.erlang_c(servers, Fraction(utilisation) * servers))
    assert delay_probability(float(servers), utilisation) == pytest.approx(exact, rel=1e-12, abs=1e-29)
    budget = 0.02
    assert wait_tail(float(servers), utilisation, 0.1, budget) == pytest.approx(
        oracle.tail(servers, utilisation, 0.1, budget), rel=1e-12, abs=1e-17
    )


@pytest.mark.parametrize("servers", [201, 256, 700])
@pytest.mark.parametrize("utilisation", [0.75, 0.875, 0.96875, 0.998046875])
def test_many_servers_are_within_the_stated_error(servers, utilisation):
    exact = float(oracle.erlang_c(servers, Fraction(utilisation) * servers))
    assert delay_probability(float(servers), utilisation) == pytest.approx(exact, rel=2e-7, abs=1e-17)


@pytest.mark.parametrize("servers", [0.3, 0.9, 1.5, 2.25, 4.7, 33.3, 199.5])
@pytest.mark.parametrize("utilisation", [0.1, 0.6, 0.97])
def test_fractional_servers_against_quadrature(servers, utilisation):
    expected = oracle.erlang_c_any(servers, utilisation)
    assert delay_probability(servers, utilisation) == pytest.approx(expected, rel=1e-10, abs=1e-25)


def test_quadrature_agrees_with_the_sum():
    exact = float(oracle.erlang_c(5, Fraction(15, 4)))
    assert oracle.erlang_c_any(5.0, 0.75) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize(
    ("servers", "utilisation", "budget"), [(1, 0.5, 1.0), (4, 0.7, 0.25), (16, 0.8, 0.05)]
)
def test_simulated_queue(servers, utilisation, budget):
    waits = oracle.simulated_waits(servers, utilisation, 1.0, 60_000, seed=servers)
    expected = wait_tail(servers, utilisation, 1.0, budget)
    assert expected > 0.1
    assert float((waits > budget).mean()) == pytest.approx(expected, abs=0.02)


def test_one_server_by_hand():
    assert wait_tail(1.0, 0.5, 2.0, 4.0) == pytest.approx(0.5 * math.exp(-1.0), rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((8.0, 1.0, 0.1, 5.0), 1.0),
        ((8.0, 3.0, 0.1, 5.0), 1.0),
        ((0.0, 0.5, 0.1, 5.0), 1.0),
        ((0.0, 0.0, 0.1, 5.0), 1.0),
        ((8.0, 0.5, 0.1, -1e-9), 1.0),
        ((8.0, 0.0, 0.1, 0.0), 0.0),
        ((8.0, 0.9, 0.1, 1e3), 0.0),
        ((8.0, 0.9, 0.0, 1e-9), 0.0),
        ((1e9, 0.5, 0.1, 0.0), 0.0),
        ((200.0, 1e-300, 0.1, 0.0), pytest.approx(0.0, abs=1e-29)),
        ((1e7, 1e-300, 0.1, 0.0), 0.0),
        ((1e7, 1.0 - 1e-16, 0.1, 0.0), pytest.approx(1.0, rel=1e-6)),
    ],
)
def test_limits(arguments, expected):
    assert wait_tail(*arguments) == expected


def test_the_two_methods_meet():
    below, beyond = delay_probability(200.0, 0.95), delay_probability(math.nextafter(200.0, 300.0), 0.95)
    assert below == pytest.approx(beyond, rel=2e-7)
