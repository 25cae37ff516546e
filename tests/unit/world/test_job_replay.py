"""Jobs of a trace through SimPy: every number worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.jobs.block import OUTCOMES, JobBlock
from dcsim.jobs.compiled import replay as compiled_replay
from dcsim.schedulers.plan import Resize, Start, Stop, Wake
from dcsim.world.job_chains import ChainError
from dcsim.world.job_replay import JobRules
from tests.unit.world.job_worlds import block, replay, script, world

RULES = JobRules(checkpoint_every=100.0, restart=10.0, elasticity=0.5)


def outcomes(results):
    return [OUTCOMES[code] for code in results.outcome]


def test_head_of_the_line_blocks():
    results, figures, _ = replay(block((0, 3, 60), (10, 2, 60), (20, 1, 30)), 4)
    assert results.start.tolist() == [0.0, 60.0, 60.0]
    assert results.finish.tolist() == [60.0, 120.0, 90.0]
    assert (figures.begin_s, figures.end_s, figures.jobs, figures.preemptions) == (0.0, 120.0, 3, 0)
    assert figures.busy_slot_s == figures.useful_slot_s == 3 * 60 + 2 * 60 + 30
    assert figures.queue_job_s == 50 + 40
    assert figures.capacity_slot_s == 4 * 120
    assert figures.events == figures.passes == 6  # one for each of 0, 10, 20, 60, 90 and 120


def test_instants_end_with_one_pass():
    # At 60 the first ends and the last arrives; the one that waited goes before it.
    results, _, _ = replay(block((0, 4, 60), (10, 3, 60), (60, 1, 30)), 4, "first_fit")
    assert results.start.tolist() == [0.0, 60.0, 60.0]


def test_times_are_sums_of_the_trace_in_whole_microseconds():
    submit = np.array([0.1, 0.2, 0.3])
    trace = JobBlock(
        np.array(["a", "b", "c"], object), submit, np.array([1, 1, 1]), np.array([0.7, 0.1, 0.2]),
        np.array([0.7, 0.1, 0.2]), np.zeros(3, np.int8),
    )  # fmt: skip
    results, _, _ = replay(trace, 1)
    assert results.start.tolist() == [0.1, 0.8, 0.9]  # 0.1 + 0.7 is less as a sum of floats
    assert results.finish.tolist() == [0.8, 0.9, 1.1]


def test_a_job_that_ends_at_the_shadow_time_is_in_time():
    trace = JobBlock(
        np.array(["r", "h", "b"], object), np.array([0.0, 0.1, 0.1]), np.array([1, 2, 1]), np.array([0.3, 1.0, 0.2]),
        np.array([0.3, 1.0, 0.2]), np.zeros(3, np.int8),
    )  # fmt: skip
    for name in ("easy_backfill", "conservative_backfill"):
        results, _, _ = replay(trace, 2, name)
        assert results.start.tolist() == [0.0, 0.3, 0.1]


def test_checkpoints_are_counted_in_whole_microseconds():
    """Three tenths hold three checkpoints of a tenth, though 0.3 // 0.1 is 2; what is lost is nothing."""
    actions = {0.4: lambda view: [Stop(view.running[0])]}
    trace = JobBlock(
        np.array(["a", "b"], object), np.array([0.1, 0.4]), np.array([1, 1]), np.array([0.5, 0.0]),
        np.array([0.5, 0.0]), np.zeros(2, np.int8),
    )  # fmt: skip
    rules = JobRules(checkpoint_every=0.1, restart=0.2)
    results, _, segments = replay(trace, 2, script(actions), rules=rules)
    runs = [(each.begin, each.end, each.useful, each.lost, each.overhead) for each in segments if each.order == 0]
    assert runs == [(0.1, 0.4, 0.3, 0.0, 0.0), (0.4, 0.8, 0.2, 0.0, 0.2)]
    assert (results.finish[0], results.lost[0], results.overhead[0]) == (0.8, 0.0, 0.2)


def test_nothing_is_fragmented_where_slots_are_counted():
    trace = block((0, 3, 9), (1, 1, 1))
    _, figures, _ = replay(trace, 4, lambda queue, view: iter([Start(queue[0])] if queue and not view.running else []))
    assert figures.fragmented_slot_s == 0.0


def test_jobs_of_no_length_take_turns_within_an_instant():
    results, figures, _ = replay(block((5, 2, 0), (5, 1, 0), (5, 2, 0)), 2)
    assert results.start.tolist() == results.finish.tolist() == [5.0, 5.0, 5.0]
    assert outcomes(results) == ["done"] * 3
    assert figures.busy_slot_s == 0.0


def test_stopped_job_keeps_its_last_checkpoint():
    # Stopped at 250 s, behind two checkpoints; it goes on at once, after 10 s of restart, with 100 s left of 300.
    actions = {250.0: lambda view: [Stop(view.running[0])]}
    results, figures, segments = replay(block((0, 2, 300), (250, 1, 1)), 3, script(actions), rules=RULES)
    assert [(each.begin, each.end, each.useful, each.lost, each.overhead, each.why) for each in segments] == [
        (0.0, 250.0, 200.0, 50.0, 0.0, "preempted"),
        (250.0, 251.0, 1.0, 0.0, 0.0, "done"),
        (250.0, 360.0, 100.0, 0.0, 10.0, "done"),
    ]
    assert (results.start[0], results.finish[0]) == (0.0, 360.0)
    assert (results.preemptions[0], results.lost[0], results.overhead[0]) == (1, 50.0, 10.0)
    assert (figures.useful_slot_s, figures.lost_slot_s, figures.overhead_slot_s) == (601.0, 100.0, 20.0)
    assert figures.busy_slot_s == 721.0


def test_checkpoints_are_counted_from_the_start_of_each_run():
    # 250 s, then 10 s of restart and 90 s of work without a checkpoint: two runs, 200 + 0 s kept.
    actions = {250.0: lambda view: [Stop(view.running[0])], 350.0: lambda view: [Stop(view.running[0])]}
    results, _, segments = replay(block((0, 1, 300), (250, 1, 0), (350, 1, 0)), 2, script(actions), rules=RULES)
    runs = [(each.useful, each.lost, each.overhead) for each in segments if each.order == 0]
    assert runs == [(200.0, 50.0, 0.0), (0.0, 90.0, 10.0), (100.0, 0.0, 10.0)]
    assert results.finish[0] == 460.0


def test_stop_during_the_restart_costs_what_was_spent():
    actions = {120.0: lambda view: [Stop(view.running[0])], 124.0: lambda view: [Stop(view.running[0])]}
    results, _, segments = replay(block((0, 1, 130), (120, 1, 0), (124, 1, 0)), 1, script(actions), rules=RULES)
    runs = [(each.useful, each.lost, each.overhead) for each in segments if each.order == 0]
    assert runs == [(100.0, 20.0, 0.0), (0.0, 0.0, 4.0), (30.0, 0.0, 10.0)]
    assert results.finish[0] == 124.0 + 10.0 + 30.0


def test_resized_job_runs_at_another_rate():
    # 400 s with four slots: at 150 s it has 100 s behind it, loses 50, and goes on with one slot at rate 1 / 2.
    actions = {150.0: lambda view: [Resize(view.running[0], 1)]}
    trace = block((0, 4, 400), (150, 9, 0), least=np.array([1, 0]), most=np.array([4, 0]))
    results, figures, segments = replay(trace, 4, script(actions), rules=RULES)
    assert outcomes(results) == ["done", "too_large"]
    assert [(each.slots, each.begin, each.end, each.why) for each in segments] == [
        (4, 0.0, 150.0, "resized"), (1, 150.0, 150.0 + 10.0 + 600.0, "done"),
    ]  # fmt: skip
    assert (results.preemptions[0], results.lost[0], results.overhead[0]) == (0, 50.0, 10.0)
    assert figures.busy_slot_s == 4 * 150 + 610


def test_start_with_fewer_slots():
    def half(queue, view):
        for job in queue:
            assert view.would_end(job, 2) == pytest.approx(100.0 / math.sqrt(0.5))
            yield Start(job, slots=2)

    results, _, _ = replay(block((0, 4, 100), least=np.array([2]), most=np.array([4])), 4, half, rules=RULES)
    assert results.finish[0] == pytest.approx(100.0 / math.sqrt(0.5))


def test_falling_capacity_stops_who_started_last_and_spares_the_reserved():
    trace = block((0, 1, 100), (1, 2, 100), (2, 1, 100), opportunistic=np.array([True, False, False]))
    results, figures, segments = replay(trace, 4, capacity=[(50.0, 3), (60.0, 2), (200.0, 4)], rules=RULES)
    stopped = [(each.order, each.end) for each in segments if each.why == "evicted"]
    assert stopped == [(0, 50.0), (2, 60.0)]
    assert results.finish[1] == 101.0
    assert results.finish[0] == 101.0 + 10.0 + 100.0
    assert results.preemptions.tolist() == [1, 0, 1]
    assert figures.capacity_slot_s == 4 * 50 + 3 * 10 + 2 * 140 + 4 * (figures.end_s - 200.0)


def test_too_large_is_measured_by_the_largest_capacity_to_come():
    results, _, _ = replay(block((0, 4, 10), (40, 4, 10)), 2, capacity=[(20.0, 4), (35.0, 3)])
    assert outcomes(results) == ["done", "too_large"]
    assert results.start[0] == 20.0


def test_what_never_ends_and_who_waits_for_it():
    trace = block((0, 2, math.inf), (1, 1, 5))
    results, figures, segments = replay(trace, 2, rules=RULES)
    assert outcomes(results) == ["running", "queued"]
    assert math.isnan(results.finish[0])
    assert math.isnan(results.start[1])
    assert figures.end_s == 1.0
    assert [(each.why, each.useful) for each in segments] == [("running", 1.0)]


def test_stopped_for_ever_is_queued():
    results, figures, _ = replay(block((0, 2, 100)), 2, capacity=[(50.0, 1)])
    assert outcomes(results) == ["queued"]
    assert (results.start[0], results.preemptions[0], figures.busy_slot_s) == (0.0, 1, 100.0)


def test_jobs_wait_for_others_to_finish():
    after = np.array(["", "j0", "j1|j0", "j9", ""], object)
    trace = block((0, 1, 50), (0, 1, 20), (5, 1, 10), (6, 1, 1), (7, 1, 100), after=after)
    with pytest.raises(ChainError, match="no job is called 'j9'") as caught:
        world(trace, 4)
    assert caught.value.row == 3
    after[3] = ""
    results, figures, _ = replay(trace, 4)
    assert results.start.tolist() == [0.0, 50.0, 70.0, 6.0, 7.0]
    assert figures.unreachable == 0


def test_followers_of_a_refused_job_are_counted():
    results, figures, _ = replay(block((0, 9, 50), (0, 1, 20), after=np.array(["", "j0"], object)), 4)
    assert outcomes(results) == ["too_large", "unreachable"]
    assert figures.unreachable == 1


def test_circles_are_refused():
    with pytest.raises(ChainError, match="waits for jobs that wait for it"):
        world(block((0, 1, 1), (0, 1, 1), after=np.array(["j1", "j0"], object)), 1)


def test_chains_behind_are_known_to_the_scheduler():
    seen = {}

    def watching(queue, view):
        for job in queue:
            seen[job.order] = job.behind
            yield Start(job)

    trace = block((0, 1, 5), (0, 1, 20), (0, 1, 7), (0, 1, 9), after=np.array(["", "j0", "j1", "j0"], object))
    replay(trace, 4, watching)
    assert seen == {0: 27.0, 1: 7.0, 2: 0.0, 3: 0.0}


def test_wakes_call_again_and_do_not_keep_a_replay_alive():
    calls = []

    def waking(queue, view):
        calls.append(view.now)
        yield Wake(view.now + 10.0)
        if view.now >= 30.0:
            for job in queue:
                yield Start(job)

    results, _, _ = replay(block((0, 1, 5)), 1, waking)
    assert results.start[0] == 30.0
    assert calls == [0.0, 10.0, 20.0, 30.0, 35.0]


def test_scheduler_that_only_wakes_comes_to_an_end():
    def idle(queue, view):
        yield Wake(view.now + 1.0)

    results, _, _ = replay(block((0, 1, 5)), 1, idle)
    assert outcomes(results) == ["queued"]


def test_rows_come_out_in_the_order_of_the_trace_and_early():
    first, second = block((0, 1, 10), (1, 1, 5)), block((20, 1, 1), (2000, 1, 1), first=2)
    replayed = world([first, second], 1)
    stream = replayed.results()
    done = next(stream)
    assert done.jobs is first
    assert done.finish.tolist() == [10.0, 15.0]
    assert replayed.figures.end_s == 0.0  # nobody has looked at the end yet
    assert [results.finish.tolist() for results in stream] == [[21.0, 2001.0]]


def test_left_out_rows_stay_rows():
    trace = block((0, 1, 10), (0, 0, 0), (1, 1, 5))
    trace.left_out[1] = 1
    results, figures, _ = replay(trace, 1)
    assert outcomes(results) == ["done", "no_duration", "done"]
    assert figures.jobs == 2


def test_an_empty_trace_is_no_trouble():
    replayed = world([], 4)
    assert list(replayed.results()) == []
    assert replayed.figures.events == 0


def test_observer_sees_every_instant():
    seen = []
    list(world(block((0, 3, 60), (10, 2, 60)), 4, observe=lambda *level: seen.append(level)).results())
    assert seen == [(0.0, 0, 3), (10.0, 1, 3), (60.0, 0, 2), (120.0, 0, 0)]


def test_attained_service_and_estimates_of_running_jobs():
    seen = []

    def watching(queue, view):
        seen.extend((view.now, job.attained, job.estimate, job.ends) for job in view.running)
        for job in queue:
            yield Start(job)

    replay(block((0, 2, 50, 80), (30, 1, 1, 1)), 4, watching)
    assert seen == [(30.0, 60.0, 50.0, 80.0), (31.0, 62.0, 49.0, 80.0)]


def test_time_in_the_queue_counts_again_after_every_stop():
    # Behind the first until 20 s; then from 250 s, when it is stopped, to 300 s, when it has a place again.
    actions = {250.0: lambda view: [Stop(view.running[0])]}
    trace = block((0, 2, 20), (0, 2, 300), (250, 2, 50))
    results, figures, _ = replay(trace, 2, script(actions), rules=RULES)
    assert results.start.tolist() == [0.0, 20.0, 250.0]
    assert results.queued.tolist() == [0.0, 20.0 + 50.0, 0.0]
    assert figures.queue_job_s == 70.0


@pytest.mark.parametrize("policy", ["fifo", "first_fit", "shortest_first", "easy_backfill", "conservative_backfill"])
def test_the_queue_is_the_sum_of_what_its_jobs_spent_in_it(policy):
    # The fourth never ends, so who is behind it waits until the last event; the sixth is refused at once.
    trace = block((0, 3, 60), (10.5, 2, 60), (20, 1, 30.25), (30, 1, math.inf), (40, 4, 9), (50, 9, 9))
    results, figures, _ = replay(trace, 4, policy)
    compiled = compiled_replay([trace], policy, slots=4)
    (same,) = compiled
    started = ~np.isnan(results.start)
    assert started.sum() in (4, 5)
    assert results.queued.tolist() == [*(np.where(started, results.start, figures.end_s) - trace.submit)[:5], 0.0]
    assert figures.queue_job_s == pytest.approx(results.queued.sum())
    assert compiled.figures["queue_job_s"] == pytest.approx(same.queued.sum())
    assert same.queued.tolist() == results.queued.tolist()


def test_who_waits_for_a_job_that_never_ends_is_unreachable():
    after = np.array(["", "j0", "j1", ""], object)
    trace = block((0, 1, math.inf), (0, 1, 20), (5, 1, 10), (6, 1, 4), after=after)
    results, figures, _ = replay(trace, 2)
    assert outcomes(results) == ["running", "unreachable", "unreachable", "done"]
    assert figures.unreachable == 2
    assert results.queued.tolist() == [0.0] * 4  # they never came into the queue
