"""Folding of cohorts into means: totals stay, phases are not mixed, and what differs least goes first."""

from __future__ import annotations

import math

import pytest

from dcsim.kernels.fleet_records import BOOK, COHORT, LENDING, new_records
from dcsim.kernels.folding import make_room

TOTALS = ("restart_left", "compute", "written", "committed", "uncommitted")


@pytest.fixture
def lending():
    terms = new_records((1,), LENDING)[0]
    terms.job_steps, terms.checkpoint_every, terms.notice = 1000.0, 100.0, 60.0
    return terms


def pool(rows):
    """Return cohorts of (gangs, restart_left, compute, written, committed, uncommitted, notice_left)."""
    cohorts = new_records((1, 8), COHORT)
    for c, row in enumerate(rows):
        for name, value in zip(("gangs", *TOTALS, "notice_left"), row, strict=True):
            cohorts[name][0, c] = value
    book = new_records((1,), BOOK)[0]
    book.cohorts = len(rows)
    return cohorts, book


def totals(cohorts, book):
    used = cohorts[0, : book.cohorts]
    return [(used["gangs"] * used[name]).sum() for name in TOTALS] + [used["gangs"].sum()]


def test_nothing_happens_while_there_are_places(lending):
    cohorts, book = pool([(1, 0, 10.0 * c, 0, 0, 10.0 * c, math.inf) for c in range(6)])
    before = cohorts.tolist()
    make_room(cohorts, 0, book, 2, lending)
    assert cohorts.tolist() == before


def test_the_pair_that_differs_least_becomes_its_mean(lending):
    done = [0.0, 100.0, 300.0, 320.0, 500.0, 900.0, 950.0]
    cohorts, book = pool([(c + 1, 0, 10.0, 0, steps, 10.0, math.inf) for c, steps in enumerate(done)])
    before = totals(cohorts, book)
    make_room(cohorts, 0, book, 2, lending)
    used = cohorts[0, : book.cohorts]
    assert used["gangs"].tolist() == [1, 2, 7, 5, 6, 7]
    assert used["committed"][2] == pytest.approx(300.0 + 20.0 * 4 / 7)
    assert totals(cohorts, book) == pytest.approx(before)


def test_phases_are_not_mixed(lending):
    rows = [
        (1, 50.0, 0, 0, 0, 0, math.inf), (1, 0, 10.0, 0, 0, 10.0, math.inf), (1, 0, 100.0, 0.5, 0, 100.0, math.inf),
        (1, 0, 5.0, 0.25, 0, 5.0, 30.0), (1, 0, 0, 0, 0, 0, 30.0), (1, 20.0, 0, 0, 700.0, 0, math.inf),
        (1, 0, 100.0, 0.1, 900.0, 100.0, math.inf), (3, 0, 0, 0, 0, 0, 40.0),
    ]  # fmt: skip
    cohorts, book = pool(rows)
    before = totals(cohorts, book)
    make_room(cohorts, 0, book, 2, lending)
    used = cohorts[0, : book.cohorts]
    assert used["gangs"].tolist() == [2, 1, 2, 1, 1, 3]
    assert used["restart_left"].tolist() == [35.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert used["written"].tolist() == pytest.approx([0.0, 0.0, 0.3, 0.25, 0.0, 0.0])
    assert totals(cohorts, book) == pytest.approx(before)


def test_times_of_return_are_kept_as_long_as_possible(lending):
    left = [30.0, 30.0, 40.0, 60.0]
    running = [(1, 0, 10.0, 0, 900.0 * c, 10.0, math.inf) for c in range(2)]
    leaving = [(1, 0, 0, 0, 0, 0, seconds) for seconds in left]
    cohorts, book = pool([*running, *leaving])
    make_room(cohorts, 0, book, 3, lending)
    assert cohorts["notice_left"][0, : book.cohorts].tolist() == [math.inf, math.inf, 30.0, 40.0, 60.0]
    make_room(cohorts, 0, book, 4, lending)
    assert cohorts["notice_left"][0, : book.cohorts].tolist() == [math.inf, 30.0, 40.0, 60.0]
    make_room(cohorts, 0, book, 5, lending)
    assert cohorts["notice_left"][0, : book.cohorts].tolist() == [math.inf, pytest.approx(100.0 / 3), 60.0]
