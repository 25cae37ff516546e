"""The life of gangs by hand: restart 60 s, cycles of 100 s, checkpoints of 20 s, one step a second, jobs of 250."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.cohorts import advance, mark, start
from dcsim.kernels.fleet_records import BOOK, COHORT, LENDING, SUSPENDED, TALLY, new_records

PARTS = ("compute", "useful", "lost", "checkpoint", "restart", "notice", "written", "steps")
EVENTS = ("started", "evicted", "finished")


class Shop:
    """One pool."""

    def __init__(self, jobs=math.inf, places=8, **terms):
        self.cohorts, self.suspended = new_records((1, places), COHORT), new_records((1, places), SUSPENDED)
        self.books, self.tallies = new_records((1,), BOOK), new_records((1,), TALLY)
        self.book, self.tally = self.books[0], self.tallies[0]
        self.book.jobs_left = jobs
        self.lending = new_records((1,), LENDING)[0]
        values = {
            "restart": 60.0, "checkpoint_every": 100.0, "checkpoint_time": 20.0, "step_time": 1.0,
            "job_steps": 250.0, "notice": 30.0, "saves_on_notice": True,
        } | terms  # fmt: skip
        for name, value in values.items():
            setattr(self.lending, name, value)

    def start(self, gangs):
        start(self.cohorts, self.suspended, 0, self.book, gangs, self.lending.restart, self.tally)

    def mark(self, gangs, offset):
        mark(self.cohorts, 0, self.book, gangs, offset)

    def live(self, seconds, killed=False):
        advance(self.cohorts, self.suspended, 0, self.book, seconds, killed, self.lending, self.tally)
        self.cohorts["told_in"] = math.inf

    def spent(self):
        return {name: self.tally[name] for name in (*PARTS, *EVENTS) if self.tally[name]}

    def running(self, field):
        return self.cohorts[field][0, : self.book.cohorts].tolist()

    def waiting(self):
        used = self.book.suspended
        jobs, committed = self.suspended["jobs"][0, :used], self.suspended["committed"][0, :used]
        return list(zip(jobs.tolist(), committed.tolist(), strict=True))


def test_restart_then_compute_then_checkpoint():
    shop = Shop()
    shop.start(3)
    shop.live(190.0)
    assert shop.spent() == {
        "compute": 330.0, "useful": 300.0, "checkpoint": 60.0, "restart": 180.0, "written": 3.0, "steps": 300.0,
        "started": 3.0,
    }  # fmt: skip
    assert shop.running("committed") == [100.0]
    assert shop.running("uncommitted") == [10.0]


def test_compute_is_not_useful_before_its_checkpoint_ends():
    shop = Shop()
    shop.start(1)
    shop.live(179.0)
    assert shop.spent() == {"compute": 100.0, "checkpoint": 19.0, "restart": 60.0, "written": 0.95, "started": 1.0}
    shop.live(1.0)
    assert shop.tally.useful == 100.0
    assert shop.tally.written == pytest.approx(1.0)


def test_a_job_is_committed_when_it_is_done_and_the_next_begins_at_once():
    shop = Shop()
    shop.start(2)
    shop.live(60.0 + 100.0 + 20.0 + 100.0 + 20.0 + 50.0 + 60.0 + 5.0)
    assert shop.tally.finished == 2.0
    assert shop.tally.steps == 500.0
    assert shop.tally.restart == 240.0
    assert shop.running("uncommitted") == [5.0]
    assert shop.running("committed") == [0.0]


def test_many_short_jobs_fit_into_one_call():
    shop = Shop(job_steps=10.0, restart=5.0)
    shop.start(4)
    shop.live(15.0 * 20)
    assert shop.tally.finished == 80.0
    assert shop.tally.compute == 800.0
    assert shop.tally.written == 0.0


def test_gangs_without_a_job_give_their_hosts_back():
    shop = Shop(jobs=5.0, job_steps=10.0, restart=5.0)
    shop.start(3)
    assert shop.book.jobs_left == 2.0
    shop.live(20.0)
    assert shop.running("gangs") == [2]
    shop.live(20.0)
    assert shop.running("gangs") == []
    assert shop.tally.finished == 5.0
    assert shop.tally.compute + shop.tally.restart == 75.0


def test_notice_leaves_time_for_the_checkpoint():
    shop = Shop()
    shop.start(1)
    shop.live(100.0)
    shop.mark(1, 10.0)
    shop.live(100.0)
    assert shop.spent() == {
        "compute": 50.0, "useful": 50.0, "checkpoint": 20.0, "restart": 60.0, "notice": 10.0, "written": 1.0,
        "steps": 50.0, "started": 1.0, "evicted": 1.0,
    }  # fmt: skip
    assert shop.waiting() == [(1, 50.0)]
    assert shop.running("gangs") == []


@pytest.mark.parametrize("terms", [{"notice": 19.0}, {"saves_on_notice": False}])
def test_what_cannot_be_saved_is_lost_at_the_notice(terms):
    shop = Shop(**terms)
    shop.start(1)
    shop.live(100.0)
    shop.mark(1, 10.0)
    shop.live(100.0)
    assert shop.tally.lost == 50.0
    assert shop.tally.checkpoint == 0.0
    assert shop.tally.notice == shop.lending.notice
    assert shop.waiting() == [(1, 0.0)]


def test_a_checkpoint_under_way_is_only_finished():
    shop = Shop(notice=12.0)
    shop.start(1)
    shop.live(60.0 + 100.0 + 8.0)
    shop.mark(1, 0.0)
    shop.live(50.0)
    assert shop.tally.useful == 100.0
    assert shop.tally.checkpoint == 20.0
    assert shop.tally.notice == 0.0


def test_rounding_of_a_divided_checkpoint_loses_nothing():
    shop = Shop(checkpoint_time=0.7, notice=0.7)
    shop.start(1)
    shop.live(100.0)
    shop.mark(1, 0.0)
    for _ in range(7):
        shop.live(0.1)
    assert shop.tally.lost == 0.0
    assert shop.waiting() == [(1, 40.0)]


def test_a_gang_in_restart_has_nothing_to_write():
    shop = Shop()
    shop.start(1)
    shop.mark(1, 40.0)
    shop.live(100.0)
    assert shop.spent() == {"restart": 40.0, "notice": 30.0, "started": 1.0, "evicted": 1.0}


def test_a_notice_may_outlast_the_step():
    shop = Shop(notice=250.0)
    shop.start(1)
    shop.mark(1, 50.0)
    shop.live(100.0)
    assert shop.running("notice_left") == [200.0]
    shop.live(100.0)
    shop.live(100.0)
    assert shop.tally.notice == 250.0
    assert shop.waiting() == [(1, 0.0)]


def test_loss_of_power_kills_with_and_without_notice():
    shop = Shop(notice=500.0, checkpoint_time=400.0)
    shop.start(3)
    shop.live(100.0)
    shop.mark(1, 20.0)
    shop.live(100.0)
    shop.live(30.0, killed=True)
    assert shop.tally.evicted == 3.0
    assert shop.tally.useful == 0.0
    assert shop.tally.lost == 60.0 + 2 * 100.0
    assert shop.tally.checkpoint == 110.0 + 2 * 70.0
    assert shop.waiting() == [(3, 0.0)]


def test_the_last_started_leave_first_and_a_cohort_is_divided():
    shop = Shop()
    shop.start(4)
    shop.live(100.0)
    shop.start(3)
    shop.live(100.0)
    shop.mark(5, 0.0)
    assert shop.running("gangs") == [2, 2, 3]
    assert shop.running("told_in") == [math.inf, 0.0, 0.0]
    shop.live(100.0)
    assert shop.running("gangs") == [2]
    assert shop.waiting() == [(2, 120.0), (3, 40.0)]


def test_those_under_notice_are_not_chosen_again():
    shop = Shop(notice=500.0)
    shop.start(4)
    shop.mark(1, 0.0)
    shop.live(10.0)
    shop.mark(2, 0.0)
    assert shop.running("gangs") == [1, 2, 1]
    assert shop.running("told_in") == [math.inf, 0.0, math.inf]
    assert shop.running("notice_left") == [math.inf, math.inf, 490.0]


def test_suspended_jobs_resume_first_the_oldest_of_them_first():
    shop = Shop(jobs=10.0)
    shop.suspended["jobs"][0, :3] = [2, 3, 1]
    shop.suspended["committed"][0, :3] = [40.0, 10.0, 90.0]
    shop.book.suspended = 3
    shop.start(4)
    assert shop.running("gangs") == [2, 2]
    assert shop.running("committed") == [40.0, 10.0]
    assert shop.waiting() == [(1, 10.0), (1, 90.0)]
    shop.start(13)
    assert shop.running("gangs") == [2, 2, 1, 1, 10]
    assert shop.book.jobs_left == 0.0
    assert shop.tally.started == 16.0


def test_equal_gangs_started_together_are_one_cohort():
    shop = Shop()
    shop.suspended["jobs"][0, 0] = 5
    shop.book.suspended = 1
    shop.start(8)
    assert shop.running("gangs") == [8]
    shop.start(1)
    assert shop.running("gangs") == [8, 1]


def test_starts_without_a_place_are_folded_into_their_mean():
    shop = Shop(places=8)
    for _ in range(7):
        shop.start(1)
    shop.suspended["jobs"][0, :3] = [1, 3, 4]
    shop.suspended["committed"][0, :3] = [80.0, 40.0, 10.0]
    shop.book.suspended = 3
    shop.start(10)
    assert shop.running("gangs") == [1] * 7 + [10]
    assert shop.running("committed")[-1] == pytest.approx((80.0 + 120.0 + 40.0 + 0.0) / 10)


def test_full_suspended_entries_fold_the_two_that_differ_least():
    shop = Shop(places=8)
    shop.suspended["jobs"][0] = 1
    shop.suspended["committed"][0] = [0.0, 50.0, 90.0, 92.0, 10.0, 70.0, 20.0, 240.0]
    shop.book.suspended = 8
    shop.start(0)
    shop.cohorts["gangs"][0, 0] = 2
    shop.cohorts["committed"][0, 0] = 33.0
    shop.book.cohorts = 1
    shop.live(0.0, killed=True)
    assert shop.waiting() == [(1, 0.0), (1, 50.0), (2, 91.0), (1, 10.0), (1, 70.0), (1, 20.0), (1, 240.0), (2, 33.0)]


def test_division_of_time_does_not_matter():
    whole, parts = Shop(), Shop()
    for shop, seconds in ((whole, [960.0]), (parts, [1.0, 59.0, 100.0, 7.0, 13.0, 400.0, 380.0])):
        shop.start(2)
        for part in seconds:
            shop.live(part)
    for name in PARTS:
        assert whole.tally[name] == pytest.approx(parts.tally[name])
    np.testing.assert_allclose(whole.running("compute"), parts.running("compute"))
