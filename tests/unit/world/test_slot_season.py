"""The forecast of the slots in service: yesterday, as far as it was seen."""

from __future__ import annotations

import pytest

from dcsim.world.slot_season import SlotSeason

H = 3600.0
DAY = 24 * H


def season(*changes):
    """Return what was seen, from (hour, slots)."""
    seen = SlotSeason()
    for hour, slots in changes:
        seen.note(hour * H, slots)
    return seen


def fewest_by_the_book(changes, now, until):
    """Look every minute up: the slots of a day before; until yesterday's next change, those of now."""
    seen = [(hour * H, slots) for hour, slots in changes if hour * H <= now]
    following = min((at + DAY for at, _ in seen if at + DAY > now), default=until)
    levels = [seen[-1][1]]
    for minute in range(int((until - now) // 60) + 1):
        at = now + minute * 60
        if at >= following:
            levels.append([slots for when, slots in seen if when <= at - DAY][-1])
    return min(levels)


@pytest.mark.parametrize("hour", [26, 31.5, 34.5, 35, 43.5, 45, 46.5])
def test_it_is_what_was_in_service_a_day_before(hour):
    changes = ((0, 8), (8, 6), (9, 2), (10, 3), (20, 8), (32, 7), (34, 1), (44, 8))
    seen = season(*[each for each in changes if each[0] <= hour])
    falls = [fall for fall in seen.falls(hour * H) if fall[0] > hour * H]
    for ahead in range(1, 24):
        until = (hour + ahead) * H - 60
        least = min([seen._changes[-1][1], *(slots for at, slots in falls if at <= until)])
        assert least == fewest_by_the_book(changes, hour * H, until)


def test_nothing_is_expected_of_a_time_that_was_not_seen():
    assert season((0, 8)).falls(5 * H) == []
    assert season((0, 8), (8, 2), (20, 8)).falls(23 * H) == [(32 * H, 2)]
    assert season((0, 8), (20, 9)).falls(23 * H) == [(24 * H, 8)]


def test_only_what_is_fewer_than_ever_before_is_told():
    assert season((0, 8), (8, 5), (9, 6), (10, 4), (11, 4), (12, 8)).falls(25 * H) == [(32 * H, 5), (34 * H, 4)]


def test_a_late_fall_is_expected_for_an_hour_yet():
    seen = season((0, 8), (8, 2), (20, 8))
    assert seen.falls(32.9 * H) == [(32 * H, 2)]
    assert seen.falls(33 * H) == []
    seen.note(32.5 * H, 2)
    assert seen.falls(32.6 * H) == []


def test_an_early_rise_is_believed():
    assert season((0, 8), (8, 2), (20, 8), (32, 2), (43, 8)).falls(43.5 * H) == [(56 * H, 2)]


def test_what_is_older_than_a_day_is_forgotten():
    seen = season(*((hour, 8 - hour % 3) for hour in range(200)))
    assert len(seen._changes) < 30
    assert all(199 * H <= at <= 223 * H for at, _ in seen.falls(199 * H))
