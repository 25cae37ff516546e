"""Max-min rates worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.fairshare import fair_rates

NONE = math.inf


def rates(routes, capacity, *, weight=None, cap=None, use=None):
    """Return the rates of flows whose routes are lists of links."""
    count = len(routes)
    link = np.array([one for route in routes for one in route], np.int32)
    return fair_rates(
        np.cumsum([0, *map(len, routes)]).astype(np.int64),
        link,
        np.ones(link.size) if use is None else np.array(use, float),
        np.array(capacity, float),
        np.ones(count) if weight is None else np.array(weight, float),
        np.full(count, NONE) if cap is None else np.array(cap, float),
    ).tolist()


@pytest.mark.parametrize(
    ("routes", "capacity", "options", "expected"),
    [
        ([[0], [0], [0], [0]], [10], {}, [2.5] * 4),
        # Bertsekas and Gallager's kind of example: one long flow over links that others share
        ([[0, 1], [0], [1], [1]], [1, 2], {}, [0.5, 0.5, 0.75, 0.75]),
        ([[0, 1, 2], [0], [1], [2]], [1, 1, 1], {}, [0.5] * 4),
        # the long flow is held by link 1, so that link 0 has more for the others
        ([[0, 1], [0], [0], [1], [1]], [12, 6], {}, [2, 5, 5, 2, 2]),
        ([[0], [0]], [9], {"weight": [1, 2]}, [3, 6]),
        ([[0, 1], [0], [1]], [9, 10], {"weight": [2, 1, 1]}, [6, 3, 4]),
        ([[0], [0], [0]], [9], {"cap": [1, NONE, NONE]}, [1, 4, 4]),
        ([[0], [0]], [9], {"cap": [1, 1]}, [1, 1]),
        ([[0], [0]], [9], {"weight": [1, 2], "cap": [NONE, 4]}, [5, 4]),
        ([[0], [0]], [9], {"cap": [0, NONE]}, [0, 9]),
        ([[0], [0]], [9], {"use": [1, 2]}, [3, 3]),
        ([[0], [0]], [9], {"use": [0, 3]}, [NONE, 3]),
        ([[0, 0], [0]], [9], {}, [3, 3]),  # a link that is crossed twice
    ],
)
def test_by_hand(routes, capacity, options, expected):
    assert rates(routes, capacity, **options) == pytest.approx(expected, rel=1e-15)


def test_a_failed_link_holds_back_none_but_its_own():
    assert rates([[0, 1], [0], [1]], [6, 0]) == [0.0, 6.0, 0.0]


def test_without_a_link_or_a_cap_nothing_holds():
    assert rates([[], [], [0]], [NONE], cap=[NONE, 5.0, NONE]) == [NONE, 5.0, NONE]


def test_no_flows_and_no_links():
    assert rates([], [1.0]) == []
    assert rates([[]], [], cap=[2.0]) == [2.0]


def test_weights_of_very_different_size_keep_their_digits():
    """What is left for the light flow must not be found by subtraction."""
    weight = [1e9, 1e-9, 1e-9]
    found = rates([[0, 1], [1], [1]], [1.0, 3.0], weight=weight)
    assert found == pytest.approx([1.0, 1.0, 1.0], rel=1e-12)


def test_equal_links_give_bit_equal_rates():
    pairs = [(a, b) for a in range(9) for b in range(9) if a != b]
    found = rates([[a, 9 + b] for a, b in pairs], [1.0] * 18)
    assert set(found) == {1.0 / 8.0}
