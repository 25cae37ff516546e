"""Plans of collectives against oracles that really move the data, and against the formulas of the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.collectives import collective, operation_of, plan_of
from dcsim.collectives.plan import Plan, closed_form
from tests.oracles import allreduce, moved_parts
from tests.oracles.double_tree import double_binary_tree

ELEMENT = 1024
SMALL = range(1, 34)
REDUCED = ("ring", "recursive_doubling", "halving_doubling", "halving_doubling_far", "binomial_tree")
FAR = "halving_doubling_far"
"""The one that exists for powers of two only."""
MOVED = {"all_gather": 1, "all_to_all": 1, "gather": 1, "scatter": 1}
NAMES = tuple(collective.names())
ALL_REDUCE = tuple(name for name in NAMES if operation_of(name) == "all_reduce")
LEAST = {
    "all_reduce": lambda p: 2 * (p - 1),
    "broadcast": lambda p: p - 1,
    "gather": lambda p: (p - 1) / p,
    "scatter": lambda p: (p - 1) / p,
}
"""Copies of S that must move in all; the others move ``p - 1``."""


def power_of_two(ranks: int) -> int:
    return 1 << (ranks.bit_length() - 1)


def messages(plan: Plan, element: float = ELEMENT) -> list[list[tuple[int, int, int]]]:
    steps = []
    for phase in plan.phases:
        elements = round(phase.nbytes / element)
        assert phase.nbytes == elements * element
        sent = sorted(zip(phase.src.tolist(), phase.dst.tolist(), [elements] * phase.src.size, strict=True))
        steps += [sent] * phase.repeat
    return steps


def assert_same(plan: Plan, vectors: list, steps: list, ranks: int) -> None:
    assert all(entry == frozenset(range(ranks)) for vector in vectors for entry in vector)
    assert messages(plan) == [sorted(step) for step in steps]


@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.parametrize("ranks", SMALL)
def test_plan_moves_what_a_real_reduction_moves(name: str, ranks: int) -> None:
    if name == FAR:
        ranks = power_of_two(ranks)
    vectors, steps, elements = getattr(allreduce, name)(ranks)
    assert_same(plan_of(name, ranks, ELEMENT * elements), vectors, steps, ranks)


@pytest.mark.parametrize("ranks", SMALL)
def test_hierarchical_with_every_size_of_box(ranks: int) -> None:
    for local in (g for g in range(1, ranks + 1) if ranks % g == 0):
        vectors, steps, elements = allreduce.hierarchical(ranks, local)
        plan = plan_of("hierarchical", ranks, ELEMENT * elements, local=local)
        assert_same(plan, vectors, steps, ranks)


@pytest.mark.parametrize("ranks", SMALL)
def test_parameter_server_with_every_number_of_servers(ranks: int) -> None:
    for servers in range(ranks):
        vectors, steps, elements = allreduce.parameter_server(ranks, servers)
        plan = plan_of("parameter_server", ranks, ELEMENT * elements, servers=servers)
        assert_same(plan, vectors, steps, ranks - servers)


@pytest.mark.parametrize("nbytes", [1.0, 200e3, 3e6])
@pytest.mark.parametrize("ranks", range(2, 34))
def test_double_binary_tree(ranks: int, nbytes: float) -> None:
    plan = plan_of("double_binary_tree", ranks, nbytes)
    sent = messages(plan, plan.phases[0].nbytes)
    chunks = sum(len(step) for step in sent) // (4 * (ranks - 1))
    assert [[(src, dst) for src, dst, _ in step] for step in sent] == double_binary_tree(ranks, chunks)
    assert {phase.nbytes for phase in plan.phases} == {math.ceil(nbytes / 2 / chunks)}
    assert nbytes / 2 / chunks <= 524288


def test_reduce_scatter_is_the_first_half_of_a_ring() -> None:
    for ranks in SMALL:
        _, steps, elements = allreduce.ring(ranks)
        assert messages(plan_of("reduce_scatter", ranks, ELEMENT * elements)) == [
            sorted(step) for step in steps[: ranks - 1]
        ]


@pytest.mark.parametrize("name", MOVED)
@pytest.mark.parametrize("ranks", SMALL)
def test_plan_moves_every_part_where_it_belongs(name: str, ranks: int) -> None:
    held, steps = getattr(moved_parts, name)(ranks)
    wanted = {
        "all_gather": [set(range(ranks))] * ranks,
        "all_to_all": [{(src, rank) for src in range(ranks)} for rank in range(ranks)],
        "gather": [set(range(ranks))] + [set()] * (ranks - 1),
        "scatter": [{rank} for rank in range(ranks)],
    }[name]
    assert all(need <= have for need, have in zip(wanted, held, strict=True))
    assert messages(plan_of(name, ranks, ELEMENT * ranks)) == [sorted(step) for step in steps]


@pytest.mark.parametrize("ranks", SMALL)
def test_broadcast_short_and_long(ranks: int) -> None:
    held, steps = moved_parts.broadcast_down_a_tree(ranks)
    assert all("whole" in have for have in held)
    assert messages(plan_of("broadcast", ranks, ELEMENT)) == steps
    if ranks >= 8:
        held, steps = moved_parts.broadcast_in_parts(ranks)
        assert all(have == set(range(ranks)) for have in held)
        largest = [max(parts for _, _, parts in step) for step in steps]
        level = [[(src, dst, most) for src, dst, _ in step] for step, most in zip(steps, largest, strict=True)]
        assert messages(plan_of("broadcast", ranks, 12 * ELEMENT * ranks), 12 * ELEMENT) == [
            sorted(step) for step in level
        ]


def heard(plan: Plan) -> np.ndarray:
    """Return whose contribution can have reached whom: ``[rank, contributor]``."""
    knows = np.eye(plan.ranks, dtype=bool)
    for phase in plan.phases:
        for _ in range(phase.repeat):
            told = knows[phase.src]
            before = knows.sum()
            np.logical_or.at(knows, phase.dst, told)
            if knows.sum() == before:
                break
    return knows


@settings(max_examples=25)
@given(name=st.sampled_from(ALL_REDUCE), ranks=st.integers(2, 130), nbytes=st.integers(1, 10**9))
def test_every_contribution_can_reach_every_rank(name: str, ranks: int, nbytes: int) -> None:
    assert heard(plan_of(name, power_of_two(ranks) if name == FAR else ranks, nbytes)).all()


@given(
    ranks=st.integers(2, 130), nbytes=st.integers(1, 10**9), local=st.sampled_from([1, 2, 4, 8]),
    share=st.floats(0.0, 0.99),
)  # fmt: skip
@settings(max_examples=25)
def test_every_contribution_can_reach_every_worker(
    ranks: int, nbytes: int, local: int, share: float
) -> None:
    assert heard(plan_of("hierarchical", ranks * local, nbytes, local=local)).all()
    servers = int(share * ranks)
    assert heard(plan_of("parameter_server", ranks, nbytes, servers=servers))[:, : ranks - servers].all()


@given(exponent=st.integers(0, 9), nbytes=st.floats(1.0, 1e12))
def test_powers_of_two_follow_the_formulas(exponent: int, nbytes: float) -> None:
    p = 2**exponent
    plans = [plan_of(name, p, nbytes) for name in REDUCED]
    assert [plan.steps() for plan in plans] == [2 * (p - 1), exponent, 2 * exponent, 2 * exponent, 2 * exponent]
    optimal = 2 * (p - 1) / p * nbytes
    ring, doubling, halving, far, tree = (plan.sent() for plan in plans)
    np.testing.assert_allclose(ring, optimal, rtol=1e-12, atol=2 * p)
    np.testing.assert_allclose(halving, optimal, rtol=1e-12, atol=2 * p)
    np.testing.assert_array_equal(far, halving)
    np.testing.assert_allclose(doubling, exponent * nbytes, rtol=1e-12, atol=p)
    assert math.isclose(tree.max(), exponent * nbytes, rel_tol=1e-12, abs_tol=p)


@given(name=st.sampled_from(NAMES), ranks=st.integers(2, 300), nbytes=st.floats(1.0, 1e12))
def test_bytes_sent_are_bytes_received_and_enough(name: str, ranks: int, nbytes: float) -> None:
    ranks = power_of_two(ranks) if name == FAR else ranks
    plan = plan_of(name, ranks, nbytes)
    sent, received = plan.sent(), plan.received()
    assert sent.sum() == received.sum()
    assert all(phase.nbytes.is_integer() for phase in plan.phases)
    least = LEAST.get(operation_of(name), lambda p: p - 1)(ranks) * nbytes
    assert received.sum() >= least * (1 - 1e-9)
    if name in ("ring", "parameter_server", "hierarchical", "all_gather", "reduce_scatter", "all_to_all", "gather"):
        assert received.sum() <= least * (1 + 1e-9) + 2.0 * ranks * ranks  # a byte a message at most


@given(ranks=st.integers(2, 300), nbytes=st.floats(1e6, 1e12))
def test_double_binary_tree_is_bandwidth_optimal_for_long_buffers(ranks: int, nbytes: float) -> None:
    """A rank of both trees passes on at most 2 S each way, whatever the number of ranks."""
    plan = plan_of("double_binary_tree", ranks, nbytes)
    assert plan.sent().max() <= 2 * nbytes + 4 * plan.steps()
    assert max(phase.busiest() for phase in plan.phases) <= 4
    height = (ranks - 1).bit_length()
    assert plan.steps() <= 2 * height + nbytes / 2 / 32768
    assert len(plan.phases) < 4 * height or len(plan.phases) == 1


@given(
    name=st.sampled_from(NAMES), ranks=st.integers(1, 200), nbytes=st.floats(1.0, 1e10),
    bandwidth=st.floats(1e6, 1e11), latency=st.floats(0.0, 1e-3),
)  # fmt: skip
def test_closed_form_is_monotone(
    name: str, ranks: int, nbytes: float, bandwidth: float, latency: float
) -> None:
    plan = plan_of(name, power_of_two(ranks) if name == FAR else ranks, nbytes)
    time = closed_form(plan, bandwidth, latency)
    assert closed_form(plan, bandwidth / 2, latency) >= time
    assert closed_form(plan, bandwidth, latency + 1e-6) >= time
    assert time >= plan.steps() * latency * (1 - 1e-12)
    assert time >= plan.sent().max() / bandwidth * (1 - 1e-12)
    assert time >= plan.received().max() / bandwidth * (1 - 1e-12)
