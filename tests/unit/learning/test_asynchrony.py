"""Old gradients, and replicas that are averaged elastically."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from dcsim.learning.asynchrony import averaged_examples, fresh_progress, replica_speedup


def test_gradients_may_be_as_old_as_momentum_remembers():
    """Momentum 0.9 is that of ten workers; momentum 0 bears no age."""
    assert fresh_progress(9.0, 0.9) == 1.0
    assert fresh_progress(19.0, 0.9) == pytest.approx(0.5)
    assert fresh_progress(1.0, 0.0) == 0.5
    assert fresh_progress(0.0, 0.0) == fresh_progress(0.0, 0.99) == 1.0


@pytest.mark.parametrize(("age", "momentum"), [(-1.0, 0.9), (1.0, 1.0), (1.0, -0.1)])
def test_impossible_ages_are_refused(age, momentum):
    with pytest.raises(ValueError, match="age of 0 or more"):
        fresh_progress(age, momentum)


def test_replicas_learn_by_the_root_of_their_number():
    assert [replica_speedup(n) for n in (1, 4, 9, 16)] == [1.0, 2.0, 3.0, 4.0]
    assert replica_speedup(32) == pytest.approx(math.sqrt(32.0))
    assert replica_speedup(32, 1.0) == 32.0
    assert replica_speedup(32, 0.0) == 1.0
    with pytest.raises(ValueError, match="at least one"):
        replica_speedup(0)
    with pytest.raises(ValueError, match="age of 0 or more"):
        replica_speedup(4, age=-1.0)


def test_replicas_that_hardly_meet_gain_nothing():
    """Known to an age of 9.5: beyond, what 32 replicas gain falls with the age, and one million steps leave nothing."""
    told = replica_speedup(32, age=9.5, known_age=9.5)
    assert told == replica_speedup(32, age=0.0, known_age=9.5) == pytest.approx(math.sqrt(32.0))
    assert replica_speedup(32, age=20.0, known_age=9.5) == pytest.approx(1.0 + (told - 1.0) / 2.0)
    assert 1.0 < replica_speedup(32, age=5e5, known_age=9.5) < 1.001


def learning(**changes):
    return SimpleNamespace(**{"examples_min": 1000.0, "critical_batch": 100.0, "budget": None, **changes})


def test_averages_are_as_good_as_the_better_of_what_bounds_them():
    """Batch 10 alone: 1100 samples. Four replicas, a mean every step: batch 40, 1400; every fifth: batch 200, 3000.

    Every tenth: batch 400 takes 5000, and one of four alone 1100 of 4400.
    """
    found = [averaged_examples(learning(), 10.0, 4, every) for every in (1, 5, 10, 10**6)]
    assert found == pytest.approx([1400.0, 3000.0, 4400.0, 4400.0])
    assert averaged_examples(learning(budget=2000.0), 10.0, 4, 1) == 2000.0


@pytest.mark.parametrize(("replicas", "every"), [(0, 1), (1, 0)])
def test_averages_of_nothing_are_refused(replicas, every):
    with pytest.raises(ValueError, match="at least one of each"):
        averaged_examples(learning(), 10.0, replicas, every)
