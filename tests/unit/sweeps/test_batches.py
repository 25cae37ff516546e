"""Batches: every point once, whatever dies, and sizes that follow the time that points take."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.sweeps.batches import MOST_DEATHS, Batches


def test_first_batches_are_single_points_until_a_time_is_known():
    batches = Batches(range(50), 50)
    assert [len(batches.take(2).points) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(("seconds", "size"), [(0.1, 50), (1.0, 5), (10.0, 1), (0.0, 2500)])
def test_a_batch_takes_about_as_long_as_is_aimed_at(seconds, size):
    batches = Batches(range(10_001), 10_001, target_s=5.0)
    batches.took(batches.take(2), seconds)
    assert len(batches.take(2).points) == size  # 2500 = a fair share: 10,000 points, two batches for each worker


def test_the_last_batches_are_small():
    batches = Batches(range(1001), 1001, target_s=5.0)
    batches.took(batches.take(4), 1e-3)
    sizes = []
    while (batch := batches.take(4)) is not None:
        sizes.append(len(batch.points))
    assert sum(sizes) == 1000
    assert sizes[0] == 125
    assert sizes[-4:] == [1, 1, 1, 1]


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(1, 60),
    poison=st.sets(st.integers(0, 59), max_size=3),
    luck=st.randoms(use_true_random=False),
    workers=st.integers(1, 5),
)
def test_every_point_comes_out_once_and_only_those_that_kill_are_given_up(number, poison, luck, workers):
    batches, done, given_up, held = Batches(range(number), number), Counter(), [], []
    while batches.left or held:
        while len(held) < workers and (batch := batches.take(workers)) is not None:
            held.append(batch)
        batch = held.pop(luck.randrange(len(held)))
        if poison & set(batch.points):
            found = batches.died(batch)
            given_up += [] if found is None else [found]
        else:
            batches.took(batch, luck.choice([0.0, 0.1, 3.0]))
            done.update(batch.points)
    assert sorted(given_up) == sorted(poison & set(range(number)))
    assert done == Counter(set(range(number)) - poison)


def test_a_point_is_given_up_after_so_many_deaths_and_not_before():
    batches = Batches(["heavy"], 1)
    for _ in range(MOST_DEATHS - 1):
        assert batches.died(batches.take(1)) is None
    assert batches.died(batches.take(1)) == "heavy"
    assert batches.take(1) is None


def test_points_that_turn_out_to_be_needed_are_cut_like_the_others():
    batches = Batches(range(2), 2, target_s=5.0)
    first = batches.take(1)
    batches.took(first, 0.01)
    batches.add(range(2, 150))
    batches.add(range(150, 202))
    assert batches.left == 201
    assert batches.take(2).points == tuple(range(1, 52))  # a fair share: two batches for each worker
    assert [len(batches.take(1).points) for _ in range(3)] == [75, 38, 19]
    batches.took(first, 50.0)
    assert len(batches.take(1).points) == 1
    assert batches.left == 17
