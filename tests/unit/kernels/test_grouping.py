"""Counting sort against numpy's stable sort."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.grouping import group_order


@pytest.mark.parametrize(("rows", "size"), [(0, 3), (1, 1), (500, 7), (2000, 5000)])
def test_equals_a_stable_sort(rows, size):
    keys = np.random.default_rng(rows).integers(0, size, rows)
    np.testing.assert_array_equal(group_order(keys, size), np.argsort(keys, kind="stable"))
