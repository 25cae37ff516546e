"""Replicas until the wanted precision: the same ones whatever the order in which points come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.confidence import interval
from dcsim.sweeps.until import Replicas, Until, parse_until


def rows(value, **more):
    """Return the rows of a point: a total, a part of it, and metrics that nobody judges."""
    return [
        {"metric": "cost", "unit": "USD", "value": value},
        {"metric": "cost", "unit": "USD", "value": 17.0 * (value % 1.0), "region": "lulea"},
        {"metric": "evictions", "unit": "groups", "value": value % 3.0},
        *({"metric": name, "unit": "", "value": each} for name, each in more.items()),
    ]


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("ci=2%", Until(0.02)),
        (" ci = 0.5 % : cost , energy,cost", Until(0.005, ("cost", "energy"))),
        ("ci=0.1", Until(0.1)),
    ],
)
def test_precisions(text, until):
    assert parse_until(text) == until
    assert parse_until(str(until)) == until


@pytest.mark.parametrize(
    "text", ["", "2%", "ci=", "ci=0%", "ci=100%", "ci=1.2.3%", "ci=-1%", "ci=2%:", "ci=2%:a,,b", "ci=x"]
)
def test_wrong_precisions_say_what_to_write(text):
    with pytest.raises(ValueError, match=r"write ci=2%"):
        parse_until(text)


def carried_out(replicas, draw, settings):
    """Carry a sweep out: every point that is asked for, none twice."""
    done = set()
    while True:
        asked = {(setting, k) for setting in range(settings) for k in range(replicas.wanted_of(setting) or 0)} - done
        if not asked:
            return done
        for setting, k in sorted(asked):
            replicas.add(setting, k, rows(draw(setting, k)))
        done |= asked


def test_each_setting_gets_as_many_as_it_needs():
    spread = (0.0, 1.0, 8.0)
    draws = np.random.default_rng(1).normal(100.0, 1.0, (3, 200))

    def draw(setting, k):
        return 100.0 + spread[setting] * (draws[setting, k] - 100.0)

    replicas = Replicas(parse_until("ci=2%:cost"))
    done = carried_out(replicas, draw, 3)
    counts = [sum(setting == each for setting, _ in done) for each in range(3)]
    assert counts[:2] == [5, 5]
    assert 40 < counts[2] < 110  # (1.96 x 8 / 2)^2 = 61
    assert [replicas.wanted_of(setting) for setting in range(3)] == [None] * 3
    for told in replicas.reached():
        values = [draw(told.setting, k) for k in range(counts[told.setting])]
        assert told.row == "cost"
        assert (told.mean, told.half_width, told.replicas) == interval(values)
        assert told.reached
        assert told.half_width <= 0.02 * told.mean


def test_no_more_than_the_most():
    replicas = Replicas(parse_until("ci=0.01%:cost"), most=12)
    done = carried_out(replicas, lambda _, k: 100.0 + k, 1)
    assert len(done) == 12
    assert [each.reached for each in replicas.reached()] == [False]
    assert Replicas(parse_until("ci=1%"), most=3).wanted_of(0) == 3


@given(st.permutations(range(30)), st.integers(0, 5))
def test_the_order_of_points_does_not_matter(order, seed):
    draws = np.random.default_rng(seed).normal(10.0, 1.0, (2, 15))
    told = []
    for places in (range(30), order):
        replicas = Replicas(parse_until("ci=8%:cost"), least=3, most=15)
        for place in places:
            setting, k = divmod(place, 15)
            replicas.add(setting, k, rows(float(draws[setting, k])))
        told.append(([replicas.wanted_of(setting) for setting in range(2)], replicas.reached()))
    assert told[0] == told[1]


def test_a_stage_is_judged_when_all_of_it_is_in():
    replicas = Replicas(parse_until("ci=1%:cost"), least=3)
    for k in (0, 2, 7):  # 7: from a sweep that was resumed with more
        replicas.add(0, k, rows(100.0 + k))
        assert replicas.wanted_of(0) == 3
    replicas.add(0, 1, rows(101.0))
    assert replicas.wanted_of(0) == 7  # t(6) / sqrt(7) = 0.925 is below 1.01 / 1.01, t(5) / sqrt(6) = 1.05 is not


def test_the_headlines_that_there_are_count_where_none_is_named():
    replicas = Replicas(parse_until("ci=5%"), least=2)
    for k in range(2):
        replicas.add(0, k, rows(100.0, utilisation=0.5 + 0.1 * k, queue_wait_mean=50.0 * k))
    assert replicas.wanted_of(0) == 6  # by the utilisation; how long gangs wait is no headline
    assert {each.row: each.reached for each in replicas.reached()} == {"cost": True, "utilisation": False}


def test_failed_points_count_as_replicas_without_values():
    replicas = Replicas(parse_until("ci=5%:cost"), least=3)
    replicas.add(0, 0, None)
    for k in (1, 2):
        replicas.add(0, k, rows(100.0 + 10.0 * k))
    assert replicas.wanted_of(0) == 7  # six with values, and the one that failed
    other = Replicas(parse_until("ci=5%:cost"), least=2)
    for k in range(2):
        other.add(0, k, None)
    assert other.wanted_of(0) is None
    assert other.unknown() == []


def test_a_metric_that_no_run_has_is_told():
    replicas = Replicas(parse_until("ci=5%:cots,cost"), least=2)
    assert replicas.unknown() == []
    replicas.add(0, 0, rows(1.0))
    assert replicas.unknown() == ["no run has the metric 'cots'; did you mean 'cost'?"]


def test_a_row_with_one_value_is_not_known():
    replicas = Replicas(parse_until("ci=5%:cost"), least=5, most=40)
    for k in range(5):
        replicas.add(0, k, rows(100.0) if k == 3 else None)
    assert replicas.wanted_of(0) == 15
    for k in range(5, 15):
        replicas.add(0, k, rows(100.0) if k == 9 else None)
    assert replicas.wanted_of(0) is None  # two that are equal are known
    assert [each.reached for each in replicas.reached()] == [True]
    few = Replicas(parse_until("ci=5%:cost"), least=5, most=12)
    for k in range(12):
        few.add(0, k, rows(100.0) if k == 3 else None)
    assert few.wanted_of(0) is None
    assert [each.reached for each in few.reached()] == [False]
