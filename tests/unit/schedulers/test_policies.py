"""Policies against schedules worked out by hand, on a little world of counted slots."""

from __future__ import annotations

import itertools
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Tenant
from tests.unit.schedulers.small_world import Job, Pool, SmallWorld


def world(name, pools, jobs, **more):
    plugin = scheduler.get(name)
    return SmallWorld(plugin.call, pools, jobs, order=plugin.facts.get("order"), **more)


def play(name, pools, *jobs, **more):
    return world(name, pools, list(jobs), **more).play()


def test_preemption_stops_the_lowest_priority_first_and_nobody_in_vain():
    # 8 slots: 0 (2 slots, priority 1), 1 (4, priority 0), 2 (2, priority 0); 3 asks for 4 at 10 with priority 2. Last
    # started first would be 2, then 1; with 1 gone, 2 can stay.
    spans = play(
        "preemptive", [8],
        Job(0, 2, 100.0, priority=1), Job(1, 4, 100.0), Job(2, 2, 100.0), Job(3, 4, 50.0, 10.0, priority=2),
    )  # fmt: skip
    assert spans[0] == [(0.0, 100.0, 2)]
    assert spans[1] == [(0.0, 10.0, 4), (60.0, 160.0, 4)]
    assert spans[2] == [(0.0, 100.0, 2)]
    assert spans[3] == [(10.0, 60.0, 4)]


def test_preemption_takes_the_pool_where_fewest_must_go():
    small = [Job(order, 1, 100.0) for order in range(1, 5)]
    spans = play("preemptive", [4, 4], Job(0, 4, 100.0, speeds=(0.0, 1.0)), *small, Job(10, 4, 5.0, 10.0, priority=1))
    assert spans[0] == [(0.0, 10.0, 4), (15.0, 115.0, 4)]
    assert all(each == [(0.0, 100.0, 1)] for each in spans[1:5])


def test_equal_priorities_are_first_come_first_served():
    spans = play("preemptive", [4], Job(0, 4, 10.0), Job(1, 4, 10.0, 1.0), Job(2, 1, 1.0, 2.0))
    assert [each[0][0] for each in spans] == [0.0, 10.0, 20.0]


def test_fair_share_gives_the_poorest_tenant_the_next_slot():
    jobs = [Job(order, 1, 100.0, tenant="many") for order in range(6)] + [
        Job(order, 1, 100.0, tenant="few") for order in (6, 7)
    ]
    small = world("fair_share", [4], jobs)
    small.queue = list(jobs)
    assert [order for _, order in small.act()] == [0, 6, 1, 7]


def test_fair_share_takes_the_dominant_resource():
    # Ghodsi et al., NSDI 2011, section 4: 9 CPUs and 18 GB; tasks of <1 CPU, 4 GB> and <3 CPU, 1 GB>. Three of the
    # first and two of the second run, so that each tenant has two thirds of what it uses most.
    jobs = [Job(order, 1, 10.0, tenant="a", cpus=1.0, memory=4.0) for order in range(5)]
    jobs += [Job(order + 5, 1, 10.0, tenant="b", cpus=3.0, memory=1.0) for order in range(5)]
    small = world("fair_share", [1000], jobs)
    small.queue, small.cpus, small.memory = list(jobs), 9.0, 18.0
    fits = small.fits

    def with_cores(job, *more):
        cores = sum(each.cpus for each in small.running) + job.cpus
        memory = sum(each.memory for each in small.running) + job.memory
        return fits(job, *more) and cores <= 9.0 and memory <= 18.0

    small.fits = with_cores
    small.act()
    assert sorted(job.tenant for job in small.running) == ["a", "a", "a", "b", "b"]


def test_fair_share_heeds_weights():
    jobs = [Job(order, 1, 10.0, tenant="ab"[order % 2]) for order in range(20)]
    small = world("fair_share", [8], jobs, tenants={"a": Tenant(0, 3.0), "b": Tenant(0, 1.0)})
    small.queue = list(jobs)
    small.act()
    assert [job.tenant for job in small.running].count("a") == 6


def test_least_attained_service_by_hand():
    # One slot. Job 0 has had 3250 slot-seconds at 3250 and falls behind job 1, which then runs; at 4000 job 2 comes and
    # waits in the same queue behind 1. Job 1 falls at 6500: 2 runs (100 s), then 0 comes before 1 in the lower queue.
    spans = play("least_attained_service", [1], Job(0, 1, 5000.0), Job(1, 1, 4000.0, 1.0), Job(2, 1, 100.0, 4000.0),
                 every=50.0)  # fmt: skip
    assert spans[0] == [(0.0, 3250.0, 1), (6600.0, 8350.0, 1)]
    assert spans[1] == [(3250.0, 6500.0, 1), (8350.0, 9100.0, 1)]
    assert spans[2] == [(6500.0, 6600.0, 1)]


def test_least_attained_service_counts_slots_times_time():
    # 13 slots attain 3250 slot-seconds in 250 s.
    spans = play("least_attained_service", [13], Job(0, 13, 1000.0), Job(1, 13, 100.0, 1.0), every=1.0)
    assert spans == [[(0.0, 250.0, 13), (350.0, 1100.0, 13)], [(250.0, 350.0, 13)]]


def two_queues(jobs, slots):
    """Replay least attained service instant by instant, from an empty cluster each time: finish of every job."""
    done, served, finish, running, now = {}, {}, {}, [], 0.0
    while len(finish) < len(jobs):
        here = [job for job in jobs if job.submitted <= now and job.order not in finish]
        here.sort(key=lambda job: (served.get(job.order, 0.0) >= 3250.0 - 1e-6, job.order))
        free, running = slots, []
        for job in here:
            if job.slots <= free:
                free -= job.slots
                running.append(job)
        times = [job.submitted for job in jobs if job.submitted > now]
        for job in running:
            times.append(now + job.duration - done.get(job.order, 0.0))
            if served.get(job.order, 0.0) < 3250.0 - 1e-6:
                times.append(now + (3250.0 - served.get(job.order, 0.0)) / job.slots)
        after = min(times)
        for job in running:
            done[job.order] = done.get(job.order, 0.0) + after - now
            served[job.order] = served.get(job.order, 0.0) + job.slots * (after - now)
            if done[job.order] >= job.duration - 1e-6:
                finish[job.order] = after
        now = after
    return finish


JOBS = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 3000), st.integers(0, 4000)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(JOBS)
def test_least_attained_service_equals_the_slow_replay(drawn):
    drawn.sort(key=lambda each: each[2])
    jobs = [Job(order, slots, float(length), float(at)) for order, (slots, length, at) in enumerate(drawn)]
    spans = world("least_attained_service", [8], jobs, every=0.0).play()
    found = {job.order: each[-1][1] for job, each in zip(jobs, spans, strict=True)}
    assert found == pytest.approx(two_queues(jobs, 8), abs=1e-3)


TENANTS = {"ads": Tenant(6, 1.0), "feed": Tenant(2, 1.0)}


def test_quota_is_reclaimed_from_borrowers_last_started_first():
    # ads has 6 of 8 slots, feed 2. feed borrows 4 at 0 and 2 more at 1; ads asks for 4 at 10: the jobs that lie beyond
    # feed's quota go, the last started first, until there is room.
    spans = play(
        "quotas", [8],
        Job(0, 2, 100.0, tenant="feed"), Job(1, 2, 100.0, 1.0, tenant="feed"), Job(2, 4, 100.0, 2.0, tenant="feed"),
        Job(3, 4, 50.0, 10.0, tenant="ads"), tenants=TENANTS,
    )  # fmt: skip
    assert spans[0] == [(0.0, 100.0, 2)]
    assert spans[1] == [(1.0, 101.0, 2)]
    assert spans[2] == [(2.0, 10.0, 4), (60.0, 160.0, 4)]
    assert spans[3] == [(10.0, 60.0, 4)]


def test_opportunistic_jobs_go_first_and_what_is_within_quota_never():
    spans = play(
        "quotas", [8],
        Job(0, 2, 100.0, tenant="feed"), Job(1, 2, 100.0, 1.0, tenant="feed"),
        Job(2, 4, 100.0, 2.0, tenant="ads", opportunistic=True), Job(3, 4, 50.0, 10.0, tenant="ads"), tenants=TENANTS,
    )  # fmt: skip
    assert spans[0] == [(0.0, 100.0, 2)]
    assert spans[1] == [(1.0, 101.0, 2)]
    assert spans[2] == [(2.0, 10.0, 4), (60.0, 160.0, 4)]
    assert spans[3] == [(10.0, 60.0, 4)]


def test_borrowers_do_not_stop_one_another_but_stop_opportunistic_jobs():
    spans = play(
        "quotas", [4], Job(0, 4, 100.0, tenant="feed"), Job(1, 2, 10.0, 5.0, tenant="none"),
        Job(2, 4, 50.0, 200.0, tenant="none", opportunistic=True), Job(3, 4, 50.0, 210.0, tenant="none"),
        tenants={"feed": Tenant(1, 1.0)},
    )  # fmt: skip
    assert [each[0][0] for each in spans] == [0.0, 100.0, 200.0, 210.0]
    assert spans[2] == [(200.0, 210.0, 4), (260.0, 310.0, 4)]


def test_a_job_larger_than_the_quota_does_not_hold_up_those_within():
    spans = play(
        "quotas", [8], Job(0, 6, 100.0, tenant="ads"), Job(1, 4, 10.0, 1.0, tenant="feed"),
        Job(2, 2, 10.0, 2.0, tenant="feed"), tenants=TENANTS,
    )  # fmt: skip
    assert [each[0][0] for each in spans] == [0.0, 100.0, 2.0]


def test_idle_slots_are_lent_by_weight():
    jobs = [Job(order, 1, 10.0, tenant="ab"[order % 2]) for order in range(20)]
    small = world("quotas", [8], jobs, tenants={"a": Tenant(0, 3.0), "b": Tenant(0, 1.0)})
    small.queue = list(jobs)
    small.act()
    assert [job.tenant for job in small.running].count("a") == 6


def test_least_slack_goes_by_the_latest_start():
    # 1 must start by 90, 2 by 60, 3 has no deadline: 2, 1, 3 behind job 0.
    spans = play(
        "least_slack", [1], Job(0, 1, 10.0), Job(1, 1, 10.0, 1.0, deadline=100.0),
        Job(2, 1, 30.0, 2.0, deadline=90.0), Job(3, 1, 1.0, 3.0),
    )  # fmt: skip
    assert [each[0][0] for each in spans] == [0.0, 40.0, 10.0, 50.0]


def test_least_slack_preempts_at_the_last_moment_those_who_can_wait():
    # Two slots: 0 has no deadline, 1 ends at 200 and is due at 230. 2 (40 s, due at 100) must start at 60; 0 goes.
    # 3 (20 s, due at 90) must start at 70: 1 has 30 s to spare.
    spans = play(
        "least_slack", [2], Job(0, 1, 300.0), Job(1, 1, 200.0, deadline=230.0), Job(2, 1, 40.0, 10.0, deadline=100.0),
        Job(3, 1, 20.0, 20.0, deadline=90.0), every=1.0,
    )  # fmt: skip
    assert spans[2] == [(60.0, 100.0, 1)]
    assert spans[3] == [(70.0, 90.0, 1)]
    assert spans[0][0] == (0.0, 60.0, 1)
    assert spans[1] == [(0.0, 70.0, 1), (90.0, 220.0, 1)]


def test_least_slack_leaves_alone_who_would_be_late():
    spans = play("least_slack", [1], Job(0, 1, 100.0, deadline=120.0), Job(1, 1, 30.0, 10.0, deadline=50.0))
    assert spans == [[(0.0, 100.0, 1)], [(100.0, 130.0, 1)]]


def test_critical_path_starts_the_head_of_the_longest_chain():
    spans = play(
        "critical_path", [1], Job(0, 1, 10.0), Job(1, 1, 50.0, 1.0), Job(2, 1, 5.0, 2.0, behind=100.0),
        Job(3, 1, 7.0, 3.0, known=False, behind=60.0), Job(4, 1, 70.0, 4.0),
    )  # fmt: skip
    assert [each[0][0] for each in spans] == [0.0, 22.0, 10.0, 15.0, 72.0]


def pools(*both):
    return [Pool(slots, price) for slots, price in both]


def test_fastest_per_cost_prefers_speed_over_price():
    # Pool 1 is twice as fast at three times the price; a job that only gains there goes there.
    spans = world(
        "fastest_per_cost", pools((4, 1.0), (4, 3.0)),
        [Job(0, 4, 100.0, speeds=(1.0, 2.0)), Job(1, 4, 100.0, speeds=(1.0, 4.0))],
    )  # fmt: skip
    assert spans.play() == [[(0.0, 100.0, 4)], [(0.0, 25.0, 4)]]


def test_fastest_per_cost_waits_only_if_that_is_done_sooner():
    # Pool 0 (four times as fast) is taken until 30. Job 1 of 100 s would be done at 55 there and at 101 in pool 1: it
    # waits. Job 2 of 20 s is done at 22 in pool 1, where it has a place at once.
    spans = play(
        "fastest_per_cost", [4, 4], Job(0, 4, 120.0, speeds=(4.0, 1.0)), Job(1, 4, 100.0, 1.0, speeds=(4.0, 1.0)),
        Job(2, 4, 20.0, 2.0, speeds=(4.0, 1.0)),
    )  # fmt: skip
    assert spans == [[(0.0, 30.0, 4)], [(30.0, 55.0, 4)], [(2.0, 22.0, 4)]]


def test_fastest_per_cost_lets_nobody_into_a_pool_that_an_earlier_job_waits_for():
    spans = play(
        "fastest_per_cost", [4, 1], Job(0, 2, 40.0, speeds=(1.0, 0.0)), Job(1, 4, 10.0, 1.0, speeds=(1.0, 0.0)),
        Job(2, 1, 5.0, 2.0, speeds=(1.0, 0.5)), Job(3, 2, 5.0, 3.0, speeds=(1.0, 0.0)),
    )  # fmt: skip
    assert [each[0][0] for each in spans] == [0.0, 40.0, 2.0, 50.0]


def test_elastic_shrinks_the_last_started_for_the_head():
    # 8 slots: 0 holds 4, 1 holds 4 (elastic from 1). 2 asks for 4, at least 2: 1 shrinks to 2.
    small = world("elastic", [8], [
        Job(0, 4, 100.0), Job(1, 4, 100.0, least=1, most=8), Job(2, 4, 100.0, 10.0, least=2, most=4)])  # fmt: skip
    small.queue = small.jobs[:2]
    small.act()
    small.now, small.queue = 10.0, [small.jobs[2]]
    assert small.act() == [("Resize", 1), ("Start", 2)]
    assert [job.slots for job in small.jobs] == [4, 2, 2]


def test_elastic_grows_when_nobody_waits_and_not_too_often():
    # Alone from 100 on, job 1 of 4 slots may have 8; it grows once it has run for half an hour.
    spans = play("elastic", [8], Job(0, 4, 100.0), Job(1, 4, 7200.0, least=1, most=8))
    assert spans[1] == [(0.0, 1800.0, 4), (1800.0, 1800.0 + 5400.0 / 2, 8)]


def test_elastic_shrinks_before_it_stops_when_slots_go_away():
    jobs = [Job(0, 4, 100.0), Job(1, 4, 100.0, least=2, most=4), Job(2, 2, 50.0)]
    small = world("elastic", [10], jobs)
    small.queue = list(jobs)
    small.act()
    small.pools[0].slots, small.pools[0].free = 7, -3
    assert small.act() == [("Resize", 1), ("Stop", 2)]
    assert small.pools[0].free == 1


@pytest.mark.parametrize(
    "name", ["preemptive", "fair_share", "least_slack", "critical_path", "fastest_per_cost", "elastic"]
)
@settings(max_examples=40, deadline=None)
@given(JOBS)
def test_without_differences_all_are_first_come_first_served(name, drawn):
    drawn.sort(key=lambda each: each[2])
    both = []
    for plan in (name, "fifo"):
        jobs = [Job(order, slots, float(length), float(at)) for order, (slots, length, at) in enumerate(drawn)]
        both.append(play(plan, [8], *jobs))
    assert both[0] == both[1]


@pytest.mark.parametrize(
    "name", ["preemptive", "least_attained_service", "quotas", "least_slack", "elastic", "fair_share", "critical_path"]
)
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 8), st.integers(1, 3000), st.integers(0, 4000), st.integers(0, 2), st.booleans(),
            st.sampled_from(["a", "b", "c"]), st.sampled_from([inf, 1000.0, 5000.0]),
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_every_job_is_done_once_and_within_capacity(name, drawn):
    drawn.sort(key=lambda each: each[2])
    jobs = [
        Job(order, slots, float(length), float(at), tenant=who, priority=rank, opportunistic=low, deadline=at + due,
            least=max(1, slots // 2) if low else slots, most=8 if low else slots, behind=100.0 * rank)
        for order, (slots, length, at, rank, low, who, due) in enumerate(drawn)
    ]  # fmt: skip
    tenants = {"a": Tenant(4, 1.0), "b": Tenant(2, 2.0)}
    spans = world(name, [8], jobs, tenants=tenants, every=10.0).play()
    for job, each in zip(jobs, spans, strict=True):
        assert each[0][0] >= job.submitted
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(each))
        assert sum(end - begin for begin, end, _ in each) >= job.duration * (1 - 1e-9) * job.asked / job.most
    times = sorted({begin for each in spans for begin, _, _ in each})
    for time in times:
        assert sum(held for each in spans for begin, end, held in each if begin <= time < end) <= 8
