"""A sketch tells percentiles within its stated error, and the rest exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.jobs.sketch import RELATIVE_ERROR, Sketch

VALUES = st.one_of(st.just(0.0), st.floats(1e-6, 1e12))


@given(st.lists(st.lists(VALUES, max_size=20), min_size=1, max_size=5), st.floats(0.0, 1.0))
def test_percentiles_are_those_of_the_values(parts, share):
    sketch = Sketch()
    for part in parts:
        sketch.add(np.array(part))
    values = np.array([value for part in parts for value in part])
    assert sketch.count == len(values)
    if not len(values):
        assert math.isnan(sketch.quantile(share))
        assert math.isnan(sketch.mean)
        return
    exact = np.sort(values)[max(math.ceil(share * len(values)), 1) - 1]
    assert sketch.quantile(share) == pytest.approx(exact, rel=RELATIVE_ERROR * 1.001, abs=1.1e-6)
    assert (sketch.least, sketch.most) == (values.min(), values.max())
    assert sketch.mean == pytest.approx(values.mean(), rel=1e-12)


def test_all_equal_is_told_exactly():
    sketch = Sketch()
    sketch.add(np.ones(7))
    assert [sketch.quantile(share) for share in (0.0, 0.5, 1.0)] == [1.0, 1.0, 1.0]


def test_cumulative_shares_rise_to_one():
    sketch = Sketch()
    sketch.add(np.array([0.0, 0.0, 10.0, 1000.0]))
    values, shares = sketch.cumulative()
    assert values == pytest.approx([0.0, 10.0, 1000.0], rel=RELATIVE_ERROR)
    assert shares.tolist() == [0.5, 0.75, 1.0]


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_refuses_what_has_no_place(value):
    with pytest.raises(ValueError, match="finite and at least 0"):
        Sketch().add(np.array([1.0, value]))
