"""Policies in the world of jobs: schedules with checkpoints and restarts, worked out by hand."""

from __future__ import annotations

import csv
from math import inf
from pathlib import Path

import numpy as np
import pytest

from dcsim.jobs.block import OUTCOMES, JobBlock
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Tenant
from dcsim.world.job_replay import JobRules, JobWorld
from dcsim.world.job_slots import CountedSlots
from tests.oracles import schedules
from tests.unit.schedulers.test_policies import two_queues

TRACES = Path(__file__).parents[4] / "shared" / "traces"
TEXT = ("tenant", "after")


def block(*jobs, **columns):
    """Return a block of jobs (submit, slots, duration)."""
    submit, slots, duration = (np.array(column, dtype) for column, dtype in
                               zip(zip(*jobs, strict=True), (float, np.int64, float), strict=True))  # fmt: skip
    ids = np.array([str(number) for number in range(len(jobs))], object)
    more = {name: np.array(values, object if name in TEXT else None) for name, values in columns.items()}
    return JobBlock(ids, submit, slots, duration, duration.copy(), np.zeros(len(jobs), np.int8), more)


def replay(name, slots, jobs, *, tenants=None, capacity=(), rules=None):
    """Return start and finish of each job, and what was lost and spent on restarts."""
    plugin = scheduler.get(name)
    world = JobWorld(
        [jobs], [CountedSlots(slots)], plugin.call, order=plugin.facts.get("order"), tenants=tenants,
        capacity=capacity, rules=rules or JobRules(600.0, 60.0, 0.9),
    )  # fmt: skip
    (result,) = world.results()
    assert [OUTCOMES[code] for code in result.outcome] == ["done"] * len(result)
    told = world.figures
    assert told.useful_slot_s + told.lost_slot_s + told.overhead_slot_s == pytest.approx(told.busy_slot_s)
    return result


def test_least_attained_service_pays_for_stops():
    # One slot. Job 0 falls at 3250 and keeps 3000 s; job 1 falls at 6500 and keeps 3000 s. Then 0 comes before 1.
    result = replay("least_attained_service", 1, block((0.0, 1, 5000.0), (1.0, 1, 4000.0)))
    assert result.start.tolist() == [0.0, 3250.0]
    assert result.finish.tolist() == [6500.0 + 60.0 + 2000.0, 8560.0 + 60.0 + 1000.0]
    assert (result.lost.tolist(), result.overhead.tolist()) == ([250.0, 250.0], [60.0, 60.0])


def test_preemption_pays_for_stops():
    result = replay("preemptive", 4, block((0.0, 4, 1000.0), (700.0, 2, 50.0), priority=[0, 3]))
    assert result.finish.tolist() == [750.0 + 60.0 + 400.0, 750.0]
    assert result.lost.tolist() == [100.0, 0.0]


def test_quotas_reclaim_what_was_borrowed():
    jobs = block((0.0, 4, 1000.0), (0.0, 4, 1000.0), (650.0, 4, 100.0), tenant=["feed", "feed", "ads"])
    result = replay("quotas", 8, jobs, tenants={"ads": Tenant(4, 1.0), "feed": Tenant(4, 1.0)})
    assert result.finish.tolist() == [1000.0, 750.0 + 60.0 + 400.0, 750.0]
    assert result.preemptions.tolist() == [0, 1, 0]


def test_quotas_stop_opportunistic_jobs_first():
    jobs = block((0.0, 4, 1000.0), (1.0, 4, 1000.0), (650.0, 4, 100.0), tenant=["feed"] * 2 + ["ads"],
                 opportunistic=[True, False, False])  # fmt: skip
    result = replay("quotas", 8, jobs, tenants={"ads": Tenant(4, 1.0)})
    assert result.finish.tolist() == [750.0 + 60.0 + 400.0, 1001.0, 750.0]


def test_least_slack_stops_who_can_wait_at_the_last_moment():
    # Job 1 (100 s, due at 1000) must start at 900; job 0 has no deadline and loses what it did after 600.
    jobs = block((0.0, 2, 2000.0), (10.0, 1, 100.0), deadline=[inf, 1000.0])
    result = replay("least_slack", 2, jobs)
    assert result.start.tolist() == [0.0, 900.0]
    assert result.finish.tolist() == [1000.0 + 60.0 + 1400.0, 1000.0]


def test_fair_share_takes_turns():
    jobs = block(*[(0.0, 1, 100.0)] * 4, tenant=["a", "a", "a", "b"])
    assert replay("fair_share", 2, jobs).start.tolist() == [0.0, 100.0, 100.0, 0.0]


def test_critical_path_runs_the_long_chain_first():
    # 1 and 2 wait for 0 and 3 for 2: of 1 (50 s) and 2 (10 s, then 100 s) only the second heads a chain. Behind it
    # nobody waits for 1 or 3: they go by arrival.
    jobs = block(*[(0.0, 1, length) for length in (5.0, 50.0, 10.0, 100.0)], after=["", "0", "0", "2"])
    assert replay("critical_path", 1, jobs).start.tolist() == [0.0, 15.0, 5.0, 65.0]


def test_elastic_grows_at_a_checkpoint_and_pays_a_restart():
    jobs = block((0.0, 4, 100.0), (0.0, 4, 7200.0), least=[4, 1], most=[4, 8])
    result = replay("elastic", 8, jobs)
    assert result.finish[1] == pytest.approx(1800.0 + 60.0 + 5400.0 / 2**0.9)
    assert result.preemptions.tolist() == [0, 0]


def test_elastic_shrinks_before_it_stops():
    # At 600 four of twelve slots go: job 1 shrinks to two, job 2 (the last started) is stopped and waits.
    jobs = block((0.0, 4, 1200.0), (0.0, 4, 1200.0), (0.0, 4, 1200.0), least=[4, 2, 4], most=[4, 4, 4])
    result = replay("elastic", 12, jobs, capacity=[(600.0, 8)])
    assert result.preemptions.tolist() == [0, 0, 1]
    assert result.finish[0] == 1200.0
    assert result.overhead[1] >= 60.0


def sixty_jobs():
    """The authors' workload as (submit, slots, duration), in order of submission."""
    file = TRACES / "tiresias_60job" / "60_job.csv"
    if not file.exists():
        pytest.skip("no reference traces beside the project")
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 60
    jobs = [(float(row["submit_time"]), int(row["num_gpu"]), float(row["duration"])) for row in rows]
    return sorted(jobs, key=lambda job: job[0])


@pytest.mark.parametrize("slots", [8, 12])
@pytest.mark.parametrize("name", ["fifo", "elastic", "fair_share", "gang", "preemptive"])
def test_the_sixty_jobs_of_tiresias_in_order(name, slots):
    # They say no priority, tenant, deadline or size but their own: these policies are all strict by arrival then.
    jobs = sixty_jobs()
    result = replay(name, slots, block(*jobs))
    slow = schedules.replay(schedules.Cluster([(*job, job[2]) for job in jobs], slots), schedules.fifo)
    assert result.start.tolist() == slow
    assert result.finish.tolist() == [start + job[2] for start, job in zip(slow, jobs, strict=True)]


@pytest.mark.parametrize("slots", [8, 12])
def test_the_sixty_jobs_of_tiresias_by_least_attained_service(slots):
    # Falls at 3250 slot-seconds lie on quarters of a second for 1, 2, 4 and 8 slots: no stop loses anything, and no
    # sum is rounded.
    jobs = sixty_jobs()
    result = replay("least_attained_service", slots, block(*jobs), rules=JobRules(0.25, 0.0, 0.9))
    slow = two_queues([_Twin(order, *job) for order, job in enumerate(jobs)], slots)
    assert result.preemptions.sum() > 0
    assert not result.lost.any()
    assert result.finish.tolist() == [slow[order] for order in range(len(jobs))]


class _Twin:
    def __init__(self, order, submitted, slots, duration):
        self.order, self.submitted, self.slots, self.duration = order, submitted, slots, duration
