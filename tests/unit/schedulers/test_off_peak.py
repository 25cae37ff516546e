"""The off-peak policy on days and nights worked out by hand."""

from __future__ import annotations

from math import inf, isnan

import pytest

from dcsim.schedulers import off_peak as policy
from dcsim.schedulers import scheduler
from dcsim.world.job_replay import JobRules, JobWorld
from dcsim.world.job_slots import CountedSlots
from tests.unit.schedulers.test_policies_in_the_world import block, replay

H = 3600.0
NIGHTS = [(8.5 * H, 2), (20 * H, 8), (32.5 * H, 2), (44 * H, 8)]
"""Two slots by day, eight by night: the first day is seen before the second one is expected."""


def hours(*jobs, **columns):
    """Return a block of jobs, (submitted, slots, duration) in hours, behind one that lets the first day pass."""
    return block((0.0, 1, 60.0), *((submitted * H, slots, length * H) for submitted, slots, length in jobs), **columns)


FOUR = hours((25, 4, 5), (25, 4, 9), (25, 2, 20), (25, 1, 10))
"""At 1 h of the second night; the fall is expected, and comes, at 8:30."""


def nights(name, jobs=FOUR, every=H, capacity=NIGHTS):
    """Replay jobs on the nights by a policy."""
    return replay(name, 8, jobs, capacity=capacity, rules=JobRules(every, 60.0, 0.9))


def test_jobs_start_that_end_before_the_fall_or_fit_into_what_stays():
    # The first is done at 30 h. The second would need four slots until 34 h, of which two stay from 32.5 h on, and ten
    # intervals of an hour are more than the 7.5 h until then: it waits for the evening. The third has the two that
    # stay; for the fourth nothing is left.
    rows = nights("off_peak")
    assert (rows.start[1:] / H).tolist() == [25.0, 44.0, 25.0, 44.0]
    assert (rows.finish[1:] / H).tolist() == [30.0, 53.0, 45.0, 54.0]
    assert rows.preemptions.sum() == rows.lost.sum() == rows.overhead.sum() == 0


def test_first_come_first_served_loses_work_at_the_fall():
    # Two and four start at 30 h, and with the second all three are stopped half an hour after a checkpoint.
    rows = nights("fifo")
    assert (rows.start[1:] / H).tolist() == [25.0, 25.0, 30.0, 30.0]
    assert rows.lost[1:].tolist() == [0.0, 1800.0, 1800.0, 1800.0]
    assert rows.preemptions[1:].tolist() == [0, 1, 1, 1]


def test_a_run_of_ten_checkpoint_intervals_is_worth_its_end():
    # 10 x 2500 s are less than the 27,000 s until the fall: the second starts, keeps 25,000 s and loses 2000 s. Its
    # four slots are those that must go, although the third started last.
    rows = nights("off_peak", every=2500.0)
    assert rows.start[2] == 25 * H
    assert rows.lost.tolist() == [0.0, 0.0, 2000.0, 0.0, 0.0]
    assert rows.finish[2] == 44 * H + 60.0 + 9 * H - 25_000.0


def test_who_has_least_to_lose_goes_at_a_fall():
    # Three of two slots each run for 27,000, 26,700 and 25,500 s until then: two must go, and only the first started
    # beside slots that stay. Since their last checkpoints they ran 2000, 1700 and 500 s.
    rows = nights("off_peak", hours((25, 2, 12), (25 + 1 / 12, 2, 12), (25 + 5 / 12, 2, 12)), every=2500.0)
    assert rows.preemptions[1:].tolist() == [0, 1, 1]
    assert rows.lost[1:].tolist() == pytest.approx([0.0, 1700.0, 500.0])


def test_an_elastic_job_starts_with_what_stays():
    rows = nights("off_peak", hours((25, 4, 9), least=[1, 1], most=[1, 4]))
    assert rows.start[1] == 25 * H
    assert rows.finish[1] == pytest.approx(25 * H + 9 * H * 2**0.9)
    assert rows.preemptions[1] == rows.overhead[1] == 0


def test_an_elastic_job_shrinks_when_it_is_worth_it():
    # Ten intervals of 2500 s until the fall: it starts with all four, keeps 25,000 s of 32,400 s, and goes on with two.
    rows = nights("off_peak", hours((25, 4, 9), least=[1, 1], most=[1, 4]), every=2500.0)
    assert (rows.preemptions[1], rows.lost[1], rows.overhead[1]) == (0, 2000.0, 60.0)
    assert rows.finish[1] == pytest.approx(32.5 * H + 60.0 + 7400.0 * 2**0.9)


def test_an_elastic_job_grows_at_a_checkpoint():
    # It has run with two slots since 25 h. Eight are back at 44:15; at 45 h a checkpoint is due, and a second later it
    # goes on with four: more than ten intervals are left to run, and to the next fall at 56:30.
    rising = [*NIGHTS[:3], (44.25 * H, 8)]
    rows = nights("off_peak", hours((25, 4, 30), least=[1, 1], most=[1, 4]), capacity=rising)
    assert (rows.lost[1], rows.overhead[1], rows.preemptions[1]) == (1.0, 60.0, 0)
    assert rows.finish[1] == pytest.approx(45 * H + 61.0 + 30 * H - 20 * H / 2**0.9)


def test_a_job_that_no_night_holds_is_passed_over_for_a_day(monkeypatch):
    # Eight slots for 14 h, no checkpoints: never safe, never worth it. Small jobs of two hours come every half hour:
    # what runs when the day is over ends within two hours.
    jobs = hours((25, 8, 14), *((25 + half / 2, 1, 2) for half in range(80)))
    rows = nights("off_peak", jobs, every=inf)
    assert 49.0 < rows.start[1] / H <= 51.0
    assert rows.finish[1] == rows.start[1] + 14 * H
    assert ((rows.start[2:] < 49 * H) | (rows.finish[2:] <= rows.start[1]) | (rows.start[2:] > rows.start[1])).all()
    monkeypatch.setattr(policy, "PATIENCE_S", inf)
    assert nights("off_peak", jobs, every=inf).start[1] / H > 60.0


def test_who_never_ends_or_needs_no_slot_starts_behind_one_that_waits():
    # The first needs all slots. Of the two slots that stay one is for ever for the third.
    jobs = hours((25, 8, 9), (25, 0, inf), (25, 1, inf), (25, 1, 30))
    plugin = scheduler.get("off_peak")
    world = JobWorld([jobs], [CountedSlots(8)], plugin.call, capacity=NIGHTS, rules=JobRules(H))
    (rows,) = world.results()
    assert (rows.start[2:] / H).tolist() == [25.0, 25.0, 25.0]
    assert isnan(rows.start[1])


def test_a_fall_that_does_not_come_holds_nobody_back_for_long():
    # The third day is as the night: from an hour after 8:30 on the second job is no longer held back.
    rows = nights("off_peak", capacity=NIGHTS[:2])
    assert rows.start[2] == 33.5 * H
