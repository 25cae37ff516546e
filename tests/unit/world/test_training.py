"""Workflows on a tiny cluster, every time worked out by hand."""

from __future__ import annotations

from math import isnan

import pytest

from dcsim.generators.plan import Arrivals
from dcsim.world.stream import Timing


def test_undisturbed_workflow(tiny):
    world = tiny.world([tiny.stream([0.0])])
    (job,) = world.run(5000.0)
    # 100 s of data, 5 s restart, 1000 s of compute with checkpoints at 300, 600 and 900 s, 50 s behind it
    assert (job.queued, job.started) == (100.0, 100.0)
    assert job.trained == 100 + 5 + 1000 + 3 * 10
    assert job.finished == job.trained + 50
    assert (job.outcome, job.lost, job.checkpoint) == ("done", 0.0, 30.0)
    assert world.versions.published == [(0, 0, 0, 0.0, 1185.0)]
    (segment,) = world.segments
    assert (segment.useful, segment.lost, segment.overhead, segment.why) == (1000.0, 0.0, 35.0, "done")


def test_parallel_branch_delays_the_end(tiny):
    world = tiny.world([tiny.stream([0.0], timing=Timing(100.0, 50.0, 4000.0))])
    (job,) = world.run(5000.0)
    assert job.trained == 1135.0
    assert job.finished == 4000.0


def test_gangs_wait_in_order_of_arrival(tiny):
    world = tiny.world([tiny.stream([0.0, 1.0, 2.0], slots=16)], units=(4, 0))
    jobs = world.run(10_000.0)
    length = 5 + 1000 + 30
    assert [job.started for job in jobs] == [100.0, 100.0 + length, 100.0 + 2 * length]
    edges = [0.0, 10_000.0]
    waited = world.levels.means("waiting", "dual_socket", __import__("numpy").array(edges))[0] * 10_000.0
    assert waited == pytest.approx((length - 1) + (2 * length - 2))


def test_small_gangs_share_a_unit(tiny):
    world = tiny.world([tiny.stream([0.0] * 8, slots=2)], units=(4, 0))
    assert [job.started for job in world.run(200.0)] == [100.0] * 8
    assert world.cluster.views["dual_socket"].pools[0].free == 0


def test_region_loss_keeps_only_checkpoints(tiny):
    world = tiny.world([tiny.stream([0.0])])
    # lost at 500: 395 s after the restart, one cycle of 310 s behind it and 85 s of compute open
    (job,) = world.run(5000.0, tiny.outage(500.0, 900.0, 0, 500.0))
    first, second = world.segments
    assert (first.useful, first.lost, first.why) == (300.0, 85.0, "region_lost")
    assert (second.region, second.begin) == (1, 500.0)
    assert second.end == 500 + 5 + 700 + 2 * 10
    assert (job.lost, job.interruptions, job.outcome) == (85.0, 1, "done")


def test_local_checkpoints_are_lost_with_their_region(tiny):
    world = tiny.world([tiny.stream([0.0], replicated=False)])
    (job,) = world.run(5000.0, tiny.outage(500.0, 900.0, 0, 500.0))
    assert job.lost == 385.0
    assert world.segments[1].end == 500 + 5 + 1000 + 3 * 10


def test_local_checkpoints_serve_where_they_are(tiny):
    world = tiny.world([tiny.stream([0.0], replicated=False)], units=(4, 0))
    (job,) = world.run(5000.0, tiny.outage(500.0, 900.0, 0, 500.0))
    assert job.lost == 85.0
    assert world.segments[1].begin == 900.0
    assert job.trained == 900 + 5 + 700 + 20


def test_notice_saves_open_work(tiny):
    world = tiny.world([tiny.stream([0.0])])
    (job,) = world.run(5000.0, tiny.outage(600.0, 900.0, 0, 500.0))
    first, second = world.segments
    assert (first.useful, first.lost, first.end, first.why) == (385.0, 0.0, 500.0, "drained")
    assert second.begin == 510.0  # after the checkpoint was written
    assert job.lost == 0.0


def test_notice_shorter_than_a_checkpoint_saves_nothing(tiny):
    world = tiny.world([tiny.stream([0.0])])
    (job,) = world.run(5000.0, tiny.outage(505.0, 900.0, 0, 500.0))
    assert job.lost == 85.0


def test_lost_data_stops_the_gang_that_reads_it(tiny):
    world = tiny.world([tiny.stream([0.0], data_regions=(1,))])
    (job,) = world.run(5000.0, tiny.outage(500.0, 900.0, 1, 500.0))
    first, second = world.segments
    assert (first.region, first.why) == (0, "data_lost")
    assert second.begin == 900.0
    assert job.outcome == "done"


def test_gangs_that_wait_do_not_start_on_lost_data(tiny):
    stream = tiny.stream([0.0, 1.0, 2.0], slots=16, data_regions=(1,))
    world = tiny.world([stream], units=(4, 0))
    jobs = world.run(10_000.0, tiny.outage(500.0, 900.0, 1, 500.0))
    assert [segment.begin for segment in world.segments] == [100.0, 900.0, 900.0 + 5 + 700 + 20, 900.0 + 725 + 1035]
    assert [job.outcome for job in jobs] == ["done"] * 3
    assert world.cluster.views["dual_socket"].pools[0].free == 16


def test_data_is_staged_into_a_region_without_it(tiny):
    import numpy as np

    away = np.array([[0.0, 60.0], [60.0, 0.0]])
    world = tiny.world([tiny.stream([0.0], data_regions=(1,), stage_s=away)], units=(4, 0))
    (job,) = world.run(5000.0)
    assert job.trained == 100 + 5 + 60 + 1000 + 30


def test_newer_workflow_supersedes_one_that_waits(tiny):
    stream = tiny.stream([0.0, 10.0, 500.0, 700.0], models=[0, 1, 1, 1], slots=16)
    world = tiny.world([stream], units=(4, 0))
    jobs = world.run(10_000.0)
    assert [job.outcome for job in jobs] == ["done", "superseded", "superseded", "done"]
    assert [model for _, model, *_ in world.versions.published] == [0, 1]
    assert world.training.counts == {"in": 4, "done": 2, "superseded": 2, "queued": 0, "running": 0}


def test_workflows_of_one_instant_do_not_supersede_each_other(tiny):
    world = tiny.world([tiny.stream([5.0, 5.0, -900.0, -300.0], models=[1, 1, 2, 2])])
    assert [job.outcome for job in world.run(10_000.0)] == ["done"] * 4


def test_work_in_flight_at_the_start_goes_on(tiny):
    world = tiny.world([tiny.stream([-617.5])])
    (job,) = world.run(5000.0)
    # 100 s of data and half of the nominal 1035 s were over when the scenario began
    assert (job.queued, job.started) == (-517.5, -517.5)
    assert world.segments[0].begin == 0.0
    assert world.segments[0].useful == pytest.approx(500.0)


def test_end_of_the_run_leaves_queued_and_running(tiny):
    world = tiny.world([tiny.stream([0.0, 1.0], slots=16)], units=(4, 0))
    running, queued = world.run(600.0)
    assert (running.outcome, queued.outcome) == ("running", "queued")
    assert isnan(running.finished)
    assert isnan(queued.started)
    (segment,) = world.segments
    assert (segment.useful, segment.overhead, segment.why) == (485.0, 15.0, "horizon")
    assert world.training.counts == {"in": 2, "done": 0, "superseded": 0, "queued": 1, "running": 1}


def test_fixed_durations_come_from_the_arrivals(tiny):
    import numpy as np

    arrivals = Arrivals(np.array([0.0]), np.array([7]), np.array([3]), np.array([40.0]))
    world = tiny.world([tiny.stream([0.0], arrivals=arrivals, timing=Timing(0, 0, 0), publishes=False)])
    (job,) = world.run(100.0)
    assert (job.trained, job.hosts, job.model) == (45.0, 3, 7)
    assert world.versions.published == []


def test_preemption_takes_the_last_started_of_lower_priority(tiny):
    low = tiny.stream([0.0, 200.0], name="low", slots=8, compute=1000.0)
    high = tiny.stream([500.0], name="high", slots=8, priority=1)
    world = tiny.world([low, high], units=(4, 0), plan="preemptive")
    jobs = world.run(20_000.0)
    assert [job.interruptions for job in jobs] == [0, 1, 0]
    assert jobs[2].started == 600.0
    assert jobs[1].lost == 295.0  # preempted at 600 without notice, 295 s after its restart
    assert all(job.outcome == "done" for job in jobs)


def test_evaluation_moves_when_its_region_is_lost(tiny):
    world = tiny.world([tiny.stream([0.0])])
    (job,) = world.run(5000.0, tiny.outage(1150.0, 1300.0, 0, 1150.0))
    assert job.trained == 1135.0
    assert job.finished == 1150.0 + 50.0  # starts over in the other region
    assert world.versions.published[0][2] == 1


def test_unknown_scheduler_is_named():
    from dcsim.registry import UnknownPluginError
    from dcsim.schedulers import scheduler

    with pytest.raises(UnknownPluginError, match="did you mean 'gang'"):
        scheduler.get("gangs")


def test_gang_preempted_at_the_instant_of_its_grant_waits_again(tiny):
    # 100 s of data, then 5 s of restart, 1000 s of compute and three checkpoints: the first ends at 1135 s, when the
    # low one is granted its slots and the second of high priority asks.
    high = tiny.stream([0.0, 1035.0], name="high", slots=16, priority=1)
    low = tiny.stream([10.0], name="low", slots=16)
    world = tiny.world([high, low], units=(4, 0), plan="preemptive")
    first, waiting, second = world.run(5000.0)
    assert (first.trained, second.started, second.trained) == (1135.0, 1135.0, 2170.0)
    assert (waiting.queued, waiting.started, waiting.outcome) == (110.0, 2170.0, "done")
    assert len(world.segments) == 3
