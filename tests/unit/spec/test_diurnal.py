"""The daily curve and its events."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dcsim.spec.diurnal import DiurnalProfile, EventPeak, curve, daily_maximum, event_factor


def profile(*waves: tuple[float, float, int]) -> DiurnalProfile:
    harmonics = tuple({"amplitude": a, "peak_hour": p, "per_day": n} for a, p, n in waves)
    return DiurnalProfile(title="t", assumption="test", harmonics=harmonics)


def test_one_wave_by_hand() -> None:
    swing = profile((0.4, 20.0, 1))
    assert daily_maximum(swing) == pytest.approx(1.4, abs=1e-12)
    assert curve(swing, 8.0) == pytest.approx(0.6 / 1.4)
    assert curve(swing, 14.0) == pytest.approx(1.0 / 1.4)


def test_no_waves_is_flat() -> None:
    assert [curve(profile(), h) for h in (0.0, 7.3, 23.9)] == [1.0, 1.0, 1.0]


def test_maximum_between_grid_points() -> None:
    """Two waves of one phase peak where both do: at an hour that is no whole minute."""
    assert daily_maximum(profile((0.3, 19.123456, 1), (0.1, 19.123456, 2))) == pytest.approx(1.4, abs=1e-12)


waves = st.lists(
    st.tuples(st.floats(0.0, 0.3), st.floats(0.0, 24.0), st.integers(1, 4)), min_size=1, max_size=3
)


@given(waves=waves, hour=st.floats(-48.0, 48.0))
def test_share_of_the_maximum_and_periodic(waves: list[tuple[float, float, int]], hour: float) -> None:
    shape = profile(*waves)
    share = curve(shape, hour)
    assert 0.0 <= share <= 1.0
    assert share == pytest.approx(curve(shape, hour + 24.0), abs=1e-9)
    raw = 1.0 + sum(a * math.cos(2 * math.pi * n * (hour - p) / 24.0) for a, p, n in waves)
    assert share * daily_maximum(shape) == pytest.approx(raw, abs=1e-9)


def test_negative_load_is_refused() -> None:
    with pytest.raises(ValidationError, match="negative load at some hour"):
        profile((0.9, 20.0, 1), (0.2, 2.0, 2))


def eve(**changes: object) -> EventPeak:
    entry = {"name": "e", "month": 12, "day": 31, "local_hour": 24.0, "width": "1 h", "factor": 2.0}
    return EventPeak.model_validate({**entry, **changes})


@given(offset=st.floats(-1e5, 1e5), factor=st.floats(0.1, 10.0))
def test_event_stays_between_one_and_its_factor(offset: float, factor: float) -> None:
    value = event_factor(eve(factor=factor), offset)
    assert min(1.0, factor) - 1e-12 <= value <= max(1.0, factor) + 1e-12
    assert value == event_factor(eve(factor=factor), -offset)


def test_width_is_at_half_height() -> None:
    assert event_factor(eve(factor=3.0), 1800.0) == pytest.approx(2.0)
    assert event_factor(eve(factor=3.0), 3600.0) == 1.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"month": 2, "day": 30}, "month 2 has at most 29 days"),
        ({"month": 11, "day": 31}, "month 11 has at most 30 days"),
        ({"month": 13}, "less than or equal to 12"),
        ({"local_hour": 25.0}, "less than or equal to 24"),
        ({"factor": 0.0}, "greater than 0"),
        ({"width": "0 s"}, "must be above zero"),
    ],
)
def test_event_refuses(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        eve(**changes)
