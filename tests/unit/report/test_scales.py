"""Axes have units that fit their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.report.scales import Scale, largest, scale_of, shortened


@pytest.mark.parametrize(
    ("most", "unit", "expected"),
    [
        (3.125e9, "B/s", Scale(1e9, "GB/s")),
        (999.0, "W", Scale(1.0, "W")),
        (0.0, "W", Scale(1.0, "W")),
        (89.0, "s", Scale(1.0, "s")),
        (90.0, "s", Scale(60.0, "min")),
        (5400.0, "s", Scale(3600.0, "h")),
        (345_600.0, "s", Scale(86_400.0, "days")),
        (0.02, "s", Scale(1e-3, "ms")),
        (2e-6, "s", Scale(1e-6, "µs")),
        (0.0, "s", Scale(1.0, "s")),
        (2500.0, "kWh", Scale(1e3, "MWh")),
        (9999.0, "USD", Scale(1.0, "USD")),
        (2e6, "USD", Scale(1e6, "million USD")),
        (12.0, "ratio", Scale(0.01, "%")),
        (1e12, "jobs", Scale(1.0, "jobs")),
    ],
)
def test_scale(most, unit, expected):
    assert scale_of(most, unit) == expected


def test_largest_ignores_gaps_and_signs():
    assert largest([[1.0, None], np.array([np.nan, -7.0]), [], [None]]) == 7.0
    assert largest([]) == 0.0


def test_numbers_are_short_and_gaps_are_none():
    told = shortened(np.array([123456.7, np.nan, 1e-9 / 3, -0.5]))
    assert told == [123460, None, 3.3333e-10, -0.5]
    assert isinstance(told[0], int)
    assert shortened([0.5, None], divisor=0.01) == [50, None]


def test_infinity_is_refused():
    with pytest.raises(ValueError, match="infinite"):
        shortened([1.0, float("inf")])
