"""The queue of waiting jobs against a list that is sorted again and again."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.world.job_queue import JobQueue

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 5), max_size=30)),
        st.tuples(st.just("start"), st.lists(st.integers(0, 60), max_size=25)),
        st.tuples(st.just("withdraw"), st.integers(0, 60)),
        st.tuples(st.just("back"), st.integers(0, 60)),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(MOVES, st.booleans(), st.booleans())
def test_queue_is_a_sorted_list(moves, by_key, lined):
    queue, waiting, gone, count = JobQueue((lambda job: job.key) if by_key else None), [], [], 0
    for what, which in moves:
        if what == "add":
            for key in which:
                job = SimpleNamespace(order=count, key=key, in_queue=False, slots=count % 3, asked=count % 3)
                job.tenant, job.opportunistic = "ab"[key % 2], key > 3
                queue.add(job)
                waiting.append(job)
                count += 1
            queue.merge()
        elif what == "start":
            for place in which:
                if place < len(waiting):
                    gone.append(waiting.pop(place))
                    queue.start(gone[-1])
                    assert gone[-1] not in list(queue)
                    gone[-1].slots = 9  # an elastic job may run with others than it asked for
            queue.settle()
        elif what == "withdraw" and which < len(waiting):
            gone.append(waiting.pop(which))
            assert queue.withdraw(gone[-1])
            assert not queue.withdraw(gone[-1])
        elif what == "back" and which < len(gone):
            waiting.append(gone.pop(which))
            waiting[-1].slots = waiting[-1].asked
            queue.add(waiting[-1])
            assert queue.pending
            queue.merge()
        waiting.sort(key=lambda job: (job.key, job.order) if by_key else job.order)
        assert list(queue) == waiting
        if lined:
            apart = {name: list(line) for name, line in queue.lines.items()}
            names = {(job.tenant, job.opportunistic, job.slots) for job in waiting}
            assert apart == {
                name: [job for job in waiting if (job.tenant, job.opportunistic, job.slots) == name] for name in names
            }
        assert len(queue) == len(waiting)
        if waiting:
            assert queue[0] is waiting[0]
            assert queue[-1] is waiting[-1]


def test_jobs_come_into_the_snapshot_by_merging():
    queue = JobQueue()
    queue.add(SimpleNamespace(order=1, in_queue=False))
    assert (len(queue), list(queue), queue.pending) == (0, [], True)
    queue.merge()
    assert (len(queue), queue.pending) == (1, False)


def test_withdrawn_before_the_snapshot():
    queue, job = JobQueue(), SimpleNamespace(order=1, in_queue=False)
    queue.add(job)
    assert queue.withdraw(job)
    queue.merge()
    assert len(queue) == 0
