"""Old gradients, and replicas that are averaged elastically."""

from __future__ import annotations

import math

import pytest

from dcsim.learning.asynchrony import fresh_progress, replica_speedup


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
