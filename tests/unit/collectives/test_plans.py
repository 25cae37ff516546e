"""Hand-worked plans and times, and what a plan refuses."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, closed_form, phase
from dcsim.registry import UnknownPluginError


def time(name: str, ranks: int, nbytes: float, bandwidth: float, latency: float) -> float:
    return closed_form(collective.get(name).call(ranks, nbytes), bandwidth, latency)


def test_names_are_the_files() -> None:
    assert collective.names() == ["halving_doubling", "recursive_doubling", "ring"]


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownPluginError, match="did you mean 'ring'"):
        collective.get("rings")


def test_ring_by_hand() -> None:
    assert time("ring", 4, 400.0, 100.0, 0.5) == pytest.approx(6 * (0.5 + 1.0))


def test_halving_doubling_by_hand() -> None:
    assert time("halving_doubling", 4, 400.0, 100.0, 0.5) == pytest.approx(4 * 0.5 + 2 + 1 + 1 + 2)


def test_recursive_doubling_by_hand() -> None:
    assert time("recursive_doubling", 6, 400.0, 100.0, 0.5) == pytest.approx(4 * (0.5 + 4.0))


def test_binary_blocks_of_six_by_hand() -> None:
    plan = collective.get("halving_doubling").call(6, 8.0)
    assert [(p.src.tolist(), p.dst.tolist(), p.nbytes) for p in plan.phases] == [
        ([0, 1, 2, 3, 4, 5], [1, 0, 3, 2, 5, 4], 4.0),
        ([0, 1, 2, 3], [2, 3, 0, 1], 2.0),
        ([4, 5], [0, 1], 2.0),
        ([4, 5], [2, 3], 2.0),
        ([2, 3], [4, 5], 2.0),
        ([0, 1], [4, 5], 2.0),
        ([2, 3, 0, 1], [0, 1, 2, 3], 2.0),
        ([1, 0, 3, 2, 5, 4], [0, 1, 2, 3, 4, 5], 4.0),
    ]


def test_one_fused_buffer_hardly_tells_the_algorithms_apart() -> None:
    """Derived from the alpha-beta form: 100 MB at 32 servers, 6.25 GB/s, 25 us: a ratio of 1.04."""
    ring, halving = (time(name, 32, 100e6, 6.25e9, 25e-6) for name in ("ring", "halving_doubling"))
    assert ring / halving == pytest.approx(1.04, abs=0.005)


def test_megabyte_buffers_tell_them_apart() -> None:
    """(62 a + x) / (10 a + x) = 3 at x = 16 a; 2 (31/32) S / B = 16 a gives S = 1.29 MB."""
    ring, halving = (time(name, 32, 1.29e6, 6.25e9, 25e-6) for name in ("ring", "halving_doubling"))
    assert ring / halving == pytest.approx(3.0, abs=0.01)


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
        (3, (phase([0, 0], [1, 2], 1.0),), "lets a rank send two messages"),
        (3, (phase([0, 1], [2, 2], 1.0),), "lets a rank receive two messages"),
        (3, (phase([0, 1], [2], 1.0),), "equally many senders and receivers"),
        (3, (phase([], [], 1.0),), "at least one"),
        (2, (phase([0], [1], -1.0),), "messages of -1.0 bytes"),
        (2, (phase([0], [1], float("inf")),), "messages of inf bytes"),
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
