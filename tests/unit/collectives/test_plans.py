"""Hand-worked plans and times, and what a plan refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.collectives import bus_factor, collective, operation_of, plan_of
from dcsim.collectives.plan import LazyPhases, Phase, Plan, closed_form, phase
from dcsim.registry import UnknownPluginError


def time(name: str, ranks: int, nbytes: float, bandwidth: float, latency: float) -> float:
    return closed_form(collective.get(name).call(ranks, nbytes), bandwidth, latency)


def test_names_are_the_files() -> None:
    assert collective.names() == [
        "all_gather", "all_to_all", "binomial_tree", "broadcast", "double_binary_tree", "gather",
        "halving_doubling", "halving_doubling_far", "hierarchical", "parameter_server", "recursive_doubling",
        "reduce_scatter", "ring", "scatter",
    ]  # fmt: skip


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownPluginError, match="did you mean 'ring'"):
        collective.get("rings")


def test_ring_by_hand() -> None:
    assert time("ring", 4, 400.0, 100.0, 0.5) == pytest.approx(6 * (0.5 + 1.0))


def test_halving_doubling_by_hand() -> None:
    assert time("halving_doubling", 4, 400.0, 100.0, 0.5) == pytest.approx(4 * 0.5 + 2 + 1 + 1 + 2)


def test_recursive_doubling_by_hand() -> None:
    assert time("recursive_doubling", 6, 400.0, 100.0, 0.5) == pytest.approx(4 * (0.5 + 4.0))


def test_binomial_tree_by_hand() -> None:
    assert time("binomial_tree", 6, 400.0, 100.0, 0.5) == pytest.approx(2 * 3 * (0.5 + 4.0))


def test_gather_by_hand() -> None:
    """Seven messages of 50 bytes share the port of rank 0."""
    assert time("gather", 8, 400.0, 100.0, 0.5) == pytest.approx(0.5 + 3.5)
    assert time("scatter", 8, 400.0, 100.0, 0.5) == pytest.approx(0.5 + 3.5)


def test_one_way_rings_by_hand() -> None:
    for name in ("reduce_scatter", "all_gather", "all_to_all"):
        assert time(name, 4, 400.0, 100.0, 0.5) == pytest.approx(3 * (0.5 + 1.0))


def test_several_rings_share_the_buffer() -> None:
    """Two rings, one the other way round: the same bytes from each rank, in messages of half the size."""
    rings = ((0, 1, 2, 3), (3, 2, 1, 0))
    for name, turns in (("ring", 6), ("reduce_scatter", 3), ("all_gather", 3)):
        plan = plan_of(name, 4, 800.0, rings=rings)
        (step,) = plan.phases
        assert (step.nbytes, step.repeat, step.chained) == (100.0, turns, True)
        assert list(zip(step.src.tolist(), step.dst.tolist(), strict=True)) == [
            (0, 1), (1, 2), (2, 3), (3, 0), (3, 2), (2, 1), (1, 0), (0, 3),
        ]  # fmt: skip
        assert plan.sent().tolist() == plan_of(name, 4, 800.0).sent().tolist()


def test_a_ring_holds_every_rank_once() -> None:
    for rings in ([[0, 1, 2]], [[0, 1, 1, 3]], [[0, 1, 2, 4]]):
        with pytest.raises(ValueError, match="a ring must hold each of the 4 ranks once"):
            plan_of("ring", 4, 80.0, rings=rings)


def test_rings_inside_the_boxes_of_a_hierarchical_all_reduce() -> None:
    plan = plan_of("hierarchical", 6, 60.0, local=3, inside=((0, 1, 2), (2, 1, 0)))
    first, across, last = plan.phases
    assert (first.nbytes, first.repeat, across.nbytes, across.repeat) == (10.0, 2, 10.0, 2)
    assert set(zip(first.src.tolist(), first.dst.tolist(), strict=True)) == {
        (0, 1), (1, 2), (2, 0), (2, 1), (1, 0), (0, 2), (3, 4), (4, 5), (5, 3), (5, 4), (4, 3), (3, 5),
    }  # fmt: skip
    assert last is first
    assert plan.sent().tolist() == plan_of("hierarchical", 6, 60.0, local=3).sent().tolist()


def test_broadcast_by_hand() -> None:
    assert time("broadcast", 7, 1e6, 1e6, 0.5) == pytest.approx(3 * (0.5 + 1.0))
    assert time("broadcast", 8, 1e6, 1e6, 0.5) == pytest.approx(10 * 0.5 + 2 * 7 / 8)


def test_double_binary_tree_by_hand() -> None:
    """Chains 1-2-0 and 2-0-1, each with half of the buffer: four steps, never two messages to one rank."""
    plan = collective.get("double_binary_tree").call(3, 1000.0)
    assert [sorted(zip(p.src.tolist(), p.dst.tolist(), strict=True)) for p in plan.phases] == [
        [(1, 2), (2, 0)], [(0, 1), (2, 0)], [(0, 2), (1, 0)], [(0, 2), (2, 1)]
    ]  # fmt: skip
    assert closed_form(plan, 100.0, 0.5) == pytest.approx(4 * (0.5 + 5.0))


@pytest.mark.parametrize(
    ("nbytes", "chunks"),
    [
        (100e6, 96),  # 50 MB a tree are 96 chunks of 512 KiB, more than 8 for each of 5 levels
        (10e6, 39),  # 128 KiB
        (1e6, 8),  # 64 KiB: 7.6 chunks are more than one for each level, fewer than four
        (10e3, 1),  # less than one chunk of 32 KiB
    ],
)
def test_chunks_of_the_double_binary_tree_by_hand(nbytes: float, chunks: int) -> None:
    plan = collective.get("double_binary_tree").call(32, nbytes)
    assert plan.steps() == 2 * 5 + chunks - 1
    assert plan.phases[0].nbytes == math.ceil(nbytes / 2 / chunks)


def test_hierarchical_by_hand() -> None:
    plan = plan_of("hierarchical", 8, 800.0, local=4)
    assert closed_form(plan, 100.0, 0.5) == pytest.approx(2 * 3 * (0.5 + 2.0) + 2 * (0.5 + 1.0))


def test_parameter_server_by_hand() -> None:
    """Six workers push 400 bytes to each of two servers, whose ports take six of them."""
    plan = plan_of("parameter_server", 8, 800.0, servers=2)
    assert closed_form(plan, 100.0, 0.5) == pytest.approx(2 * (0.5 + 24.0))
    assert time("parameter_server", 8, 800.0, 100.0, 0.5) == pytest.approx(2 * (0.5 + 7.0))


def test_farthest_first_by_hand() -> None:
    """Four ranks: the distance of the first step is 2, that of the second 1."""
    plan = collective.get("halving_doubling_far").call(4, 8.0)
    assert [(p.src.tolist(), p.dst.tolist(), p.nbytes) for p in plan.phases] == [
        ([0, 1, 2, 3], [2, 3, 0, 1], 4.0),
        ([0, 1, 2, 3], [1, 0, 3, 2], 2.0),
        ([1, 0, 3, 2], [0, 1, 2, 3], 2.0),
        ([2, 3, 0, 1], [0, 1, 2, 3], 4.0),
    ]


@pytest.mark.parametrize(("ranks", "near"), [(3, "2 or 4"), (6, "4 or 8"), (7, "4 or 8"), (24, "16 or 32")])
def test_farthest_first_needs_a_power_of_two(ranks: int, near: str) -> None:
    with pytest.raises(ValueError, match=f"needs a power of two of ranks, such as {near}, not {ranks}"):
        plan_of("halving_doubling_far", ranks, 8.0)


def test_binary_blocks_of_six_by_hand() -> None:
    plan = collective.get("halving_doubling").call(6, 8.0)
    assert [(p.src.tolist(), p.dst.tolist(), p.nbytes) for p in plan.phases] == [
        ([0, 1, 2, 3, 4, 5], [1, 0, 3, 2, 5, 4], 4.0),
        ([0, 1, 2, 3], [2, 3, 0, 1], 2.0),
        ([4, 5, 4, 5], [0, 1, 2, 3], 2.0),
        ([0, 1, 2, 3], [4, 5, 4, 5], 2.0),
        ([2, 3, 0, 1], [0, 1, 2, 3], 2.0),
        ([1, 0, 3, 2, 5, 4], [0, 1, 2, 3, 4, 5], 4.0),
    ]


def test_one_rank_has_nothing_to_do() -> None:
    for name in collective.names():
        assert time(name, 1, 1e9, 1.0, 1.0) == 0.0


@pytest.mark.parametrize(
    ("ranks", "phases", "reason"),
    [
        (0, (), "at least one rank, not 0"),
        (2, (phase([0], [2], 1.0),), "phase 0 names a rank outside 0..1"),
        (2, (phase([-1], [0], 1.0),), "phase 0 names a rank outside 0..1"),
        (2, (phase([0], [1], 1.0), phase([1], [1], 1.0)), "phase 1 lets a rank send to itself"),
        (3, (phase([0, 1], [2], 1.0),), "equally many senders and receivers"),
        (3, (phase([], [], 1.0),), "at least one"),
        (2, (phase([0], [1], -1.0),), "messages of -1.0 bytes"),
        (2, (phase([0], [1], float("inf")),), "messages of inf bytes"),
        (2, (phase([0], [1], float("nan")),), "messages of nan bytes"),
        (2, (Phase(np.array([0]), np.array([1]), 0.5),), "messages of 0.5 bytes"),
        (2, (phase([0], [1], 1.0, 0),), "is repeated 0 times"),
    ],
)
def test_refused(ranks: int, phases: tuple, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Plan(ranks, phases)


def test_traffic_is_counted_by_rank() -> None:
    plan = Plan(3, (phase([0, 1], [1, 2], 5.0, 2), phase([2], [0], 7.0)))
    np.testing.assert_array_equal(plan.sent(), [10.0, 10.0, 7.0])
    np.testing.assert_array_equal(plan.received(), [7.0, 10.0, 10.0])
    assert plan.steps() == 3


def test_a_rank_may_send_and_receive_several_messages_at_once() -> None:
    plan = Plan(4, (phase([0, 0, 1, 2], [1, 2, 3, 3], 5.0),))
    np.testing.assert_array_equal(plan.sent(), [10.0, 5.0, 5.0, 0.0])
    np.testing.assert_array_equal(plan.received(), [0.0, 5.0, 5.0, 10.0])
    assert closed_form(plan, bandwidth=2.0, latency=1.0) == 1.0 + 5.0


def test_sizes_are_whole_bytes() -> None:
    assert phase([0], [1], 1.25).nbytes == 2.0
    assert [step.nbytes for step in collective.get("halving_doubling").call(8, 9.0).phases[:3]] == [5.0, 3.0, 2.0]
    assert collective.get("ring").call(3, 10.0).phases[0].nbytes == 4.0


def test_lazy_phases_are_checked_when_made() -> None:
    with pytest.raises(ValueError, match="phase 0 names a rank outside"):
        Plan(2, LazyPhases(2, 3, lambda turn: phase([0], [turn + 2], 1.0)))
    plan = Plan(2, LazyPhases(2, 3, lambda turn: phase([0], [turn + 1], 1.0)))
    with pytest.raises(ValueError, match="phase 1 names a rank outside"):
        plan.steps()


def test_lazy_phases_are_a_sequence() -> None:
    turns = LazyPhases(4, 3, lambda turn: phase([0], [turn + 1], 1.0))
    assert [step.dst[0] for step in turns] == [1, 2, 3]
    assert [step.dst[0] for step in turns[1:]] == [2, 3]
    assert turns[-1].dst[0] == 3
    with pytest.raises(IndexError):
        turns[3]


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("hierarchical", {"local": 5}, "32 ranks do not fill boxes of 5"),
        ("hierarchical", {"local": 0}, "32 ranks do not fill boxes of 0"),
        ("parameter_server", {"servers": 32}, "32 of 32 ranks cannot be servers"),
        ("parameter_server", {"servers": -1}, "-1 of 32 ranks cannot be servers"),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        plan_of(name, 32, 1e6, **options)


def test_options_go_where_they_are_declared() -> None:
    assert plan_of("ring", 32, 1e6, local=5, servers=40).steps() == 62
    assert plan_of("hierarchical", 32, 1e6, local=8, servers=40).steps() == 2 * 7 + 2 * 3


@pytest.mark.parametrize("ranks", [0, -1])
def test_no_ranks_are_refused(ranks: int) -> None:
    with pytest.raises(ValueError, match=f"at least one rank, not {ranks}"):
        plan_of("ring", ranks, 1e6)


def test_operations_and_bus_factors_of_nccl_tests() -> None:
    """8 ranks: an all-reduce moves each byte 2 x 7/8 times over a port, one-way operations 7/8 times."""
    factors = {name: bus_factor(operation_of(name), 8) for name in collective.names()}
    reduces = {name for name, factor in factors.items() if factor == 1.75}
    assert reduces == {
        "ring", "recursive_doubling", "halving_doubling", "halving_doubling_far", "binomial_tree",
        "double_binary_tree", "hierarchical", "parameter_server",
    }  # fmt: skip
    assert {name for name, factor in factors.items() if factor == 1.0} == {"broadcast"}
    assert set(factors.values()) == {1.75, 1.0, 0.875}
    assert bus_factor("all_reduce", 1) == 0.0
    with pytest.raises(ValueError, match="unknown operation 'sort'; known: all_gather"):
        bus_factor("sort", 8)


def test_shards_beyond_those_in_flight_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcsim.collectives.parameter_server.IN_FLIGHT", 3)
    plan = plan_of("parameter_server", 12, 500.0, servers=5)
    assert plan.steps() == 4
    assert [step.src.size for step in plan.phases] == [21, 14, 21, 14]
    pushed = {pair for step in plan.phases[:2] for pair in zip(step.src.tolist(), step.dst.tolist(), strict=True)}
    assert pushed == {(worker, server) for worker in range(7) for server in range(7, 12)}
    np.testing.assert_array_equal(plan.sent(), 7 * [500.0] + 5 * [700.0])
    assert plan.phases[0].busiest() <= 5


@pytest.mark.parametrize("name", collective.names())
def test_plans_of_4096_ranks_stay_small(name: str) -> None:
    plan = plan_of(name, 4096, 1e9)
    if isinstance(plan.phases, LazyPhases):
        assert max(plan.phases[0].src.size, plan.phases[-1].src.size) <= 2**20
    else:
        assert sum(step.src.nbytes + step.dst.nbytes for step in plan.phases) < 10e6
    assert plan.phases[0].src.dtype == np.int64
