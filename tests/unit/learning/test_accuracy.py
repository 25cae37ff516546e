"""The large-batch edge of a training of fixed length."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dcsim.learning.accuracy import error_after, largest_batch

EDGE = SimpleNamespace(error=20.0, slope=2.0, batch=1000.0, sharpness=2.0)


def test_by_hand():
    """A hyperbola: sqrt(1 + (4 / 3)**2) = 5 / 3."""
    assert error_after(EDGE, 4000.0 / 3.0) == pytest.approx(20.0 + 2.0 * 2.0 / 3.0)


def test_flat_before_the_edge_and_in_proportion_beyond():
    assert error_after(EDGE, 10.0) == pytest.approx(20.0, abs=1e-3)
    assert error_after(EDGE, 2e6) - error_after(EDGE, 1e6) == pytest.approx(2.0 * 1000.0, rel=1e-3)


def test_the_largest_batch_has_the_rise_that_it_may_have():
    for rise in (0.01, 0.15, 3.0):
        assert error_after(EDGE, largest_batch(EDGE, rise)) == pytest.approx(20.0 + rise)


def test_nothing_is_refused():
    with pytest.raises(ValueError, match="batch above zero"):
        error_after(EDGE, 0.0)
    with pytest.raises(ValueError, match="rise above zero"):
        largest_batch(EDGE, 0.0)
