"""The basic policies through SimPy: equal to their compiled twins, to slow loops and to recorded schedules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock
from dcsim.jobs.compiled import DISCIPLINES
from dcsim.jobs.compiled import replay as compiled
from dcsim.jobs.inventory import read_nodes
from dcsim.placements import placement
from dcsim.schedulers import scheduler
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobWorld
from dcsim.world.nodes import NodePool
from tests.unit.world.job_worlds import block, replay, world

GOLDEN = Path("../shared/golden/jobs")


@st.composite
def traces(draw):
    """Draw jobs, some too large, without length, of the same instant or with times that are no whole seconds."""
    count = draw(st.integers(1, 40))
    unit = draw(st.sampled_from([1.0, 0.1]))
    column = {"min_size": count, "max_size": count}
    submit = np.sort(draw(st.lists(st.integers(0, 40), **column))) * unit
    slots = np.array(draw(st.lists(st.integers(0, 9), **column)))
    duration = np.array(draw(st.lists(st.integers(0, 12), **column))) * unit
    more = np.array(draw(st.lists(st.integers(0, 12), **column))) * unit
    names = np.array([str(row) for row in range(count)], object)
    return JobBlock(names, submit, slots, duration, duration + more, np.zeros(count, np.int8))


@pytest.mark.parametrize("policy", DISCIPLINES)
@settings(max_examples=120, deadline=None)
@given(trace=traces(), slots=st.integers(1, 8))
def test_counted_slots_equal_the_compiled_twin(policy, trace, slots):
    (twin,) = compiled([trace], policy, slots=slots)
    results, _, _ = replay(trace, slots, policy)
    np.testing.assert_array_equal(results.start, twin.start)
    np.testing.assert_array_equal(results.finish, twin.finish)
    np.testing.assert_array_equal(results.outcome, twin.outcome)


@settings(max_examples=60, deadline=None)
@given(trace=traces(), nodes=st.integers(1, 3), per_node=st.integers(1, 4))
def test_fifo_on_nodes_equals_the_compiled_twin(trace, nodes, per_node):
    twin = compiled([trace], "fifo", nodes=nodes, per_node=per_node)
    (expected,) = twin
    pool = PlacedPool(NodePool(read_nodes(f"{nodes}x{per_node}"), placement.get("consolidate").call))
    placed = JobWorld([trace], [pool], scheduler.get("fifo").call)
    (results,) = placed.results()
    np.testing.assert_array_equal(results.start, expected.start)
    np.testing.assert_array_equal(results.finish, expected.finish)
    assert placed.figures.fragmented_slot_s == pytest.approx(twin.figures["fragmented_slot_s"])


@pytest.mark.parametrize("name", ["first_fit", "easy_backfill", "conservative_backfill"])
@settings(max_examples=40, deadline=None)
@given(trace=traces(), slots=st.integers(1, 8))
def test_topology_that_does_not_matter_changes_nothing(name, trace, slots):
    plugin = scheduler.get(name)
    pool = PlacedPool(NodePool(read_nodes(f"{slots}x1"), placement.get("first_fit").call))
    (placed,) = JobWorld([trace], [pool], plugin.call).results()
    counted, _, _ = replay(trace, slots, name)
    np.testing.assert_array_equal(placed.start, counted.start)


def _recorded(name, policy):
    if not GOLDEN.is_dir():
        pytest.skip("no ../shared/golden/jobs beside the repository")
    jobs = np.loadtxt(GOLDEN / f"jobs_{name}.csv", delimiter=",", skiprows=1)
    walltime = jobs[:, 3 if policy == "easyexact" else 4]
    names = np.array([str(int(number)) for number in jobs[:, 0]], object)
    left_out = np.zeros(len(jobs), np.int8)
    trace = JobBlock(names, jobs[:, 1], jobs[:, 2].astype(np.int64), jobs[:, 3], walltime, left_out)
    return trace, np.loadtxt(GOLDEN / f"{name}.{policy}.csv", delimiter=",", skiprows=1)


@pytest.mark.parametrize(("name", "slots"), [("syn480_64", 64), ("syn10k_256", 256)])
@pytest.mark.parametrize(
    ("file", "policy"), [("fifo", "fifo"), ("easy", "easy_backfill"), ("easyexact", "easy_backfill")]
)
def test_recorded_schedules_on_counted_slots(name, slots, file, policy):
    trace, recorded = _recorded(name, file)
    results, _, _ = replay(trace, slots, policy)
    np.testing.assert_array_equal(results.start, recorded[:, 1])
    np.testing.assert_array_equal(results.finish, recorded[:, 2])


@pytest.mark.parametrize(("name", "nodes"), [("syn480_64", "8x8"), ("syn10k_256", "32x8")])
def test_recorded_schedules_on_nodes(name, nodes):
    trace, recorded = _recorded(name, "packed")
    pool = PlacedPool(NodePool(read_nodes(nodes), placement.get("consolidate").call))
    (results,) = JobWorld([trace], [pool], scheduler.get("fifo").call).results()
    np.testing.assert_array_equal(results.start, recorded[:, 1])
    np.testing.assert_array_equal(results.finish, recorded[:, 2])


def test_gang_goes_by_priority_then_by_arrival():
    trace = block((0, 2, 10), (1, 2, 10), (2, 2, 10), (3, 2, 10), priority=np.array([0, 0, 5, 5]))
    results, _, _ = replay(trace, 2, "gang")
    assert results.start.tolist() == [0.0, 30.0, 10.0, 20.0]


def test_fifo_costs_one_event_for_each_instant():
    replayed = world(block(*((at, 1, 1) for at in range(500))), 1)
    list(replayed.results())
    assert replayed.figures.events == 501
