"""Jobs and parts of GPUs on unequal nodes: whatever places them, no GPU, core or byte is held twice."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock
from dcsim.jobs.inventory import Inventory
from dcsim.placements import placement
from dcsim.placements.plan import Request, Spots
from dcsim.schedulers import scheduler
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobWorld
from dcsim.world.nodes import NodePool

TYPES = ("T4", "V100")
EPSILON = 1e-6


class Ledger:
    """Who holds what of each node, in books of our own.

    A part of a GPU is booked on its number. Which whole GPUs a job holds is not said, but they are without parts.
    """

    def __init__(self, inventory):
        self.inventory = inventory
        self.held = {}

    def take(self, job, spots, request):
        assert job not in self.held, f"job {job} is placed twice"
        assert spots.slots.sum() == request.slots, f"job {job} has {spots.slots.sum()} of {request.slots} slots"
        assert len(set(spots.nodes.tolist())) == len(spots.nodes)
        if request.types:
            assert set(self.inventory.type[spots.nodes].tolist()) <= set(request.types)
        self.held[job] = spots, request
        for node in spots.nodes.tolist():
            self.check(node)

    def give_back(self, job):
        del self.held[job]

    def check(self, node):
        parts, whole, cpus, memory = Counter(), 0, 0.0, 0.0
        for spots, request in self.held.values():
            for at, slots in zip(spots.nodes.tolist(), spots.slots.tolist(), strict=True):
                if at != node:
                    continue
                share = slots / request.slots if request.slots else 1.0
                cpus, memory = cpus + share * request.cpus, memory + share * request.memory
                if request.share < 1.0:
                    assert spots.gpu >= 0
                    parts[spots.gpu] += request.share
                else:
                    whole += slots
        size = int(self.inventory.size[node])
        assert all(0 <= gpu < size and part <= 1.0 + EPSILON for gpu, part in parts.items()), f"{parts} of node {node}"
        assert whole + len(parts) <= size, f"{whole} GPUs and parts of {len(parts)} are held of {size} of node {node}"
        assert cpus <= self.inventory.cpus[node] + 1e-3 * (1 + len(self.held)), f"{cpus} cores of node {node}"
        assert memory <= self.inventory.memory[node] + 1.0 + len(self.held), f"{memory} bytes of node {node}"


class Watched(PlacedPool):
    """A pool whose every change is booked a second time."""

    def __init__(self, nodes, ledger):
        super().__init__(nodes)
        self.ledger = ledger

    def _hold(self, job, spots, request):
        self.ledger.take(job.order, spots, request)
        super()._hold(job, spots, request)

    def give_back(self, job):
        self.ledger.give_back(job.order)
        super().give_back(job)


@st.composite
def inventories(draw):
    count = draw(st.integers(1, 5))
    column = {"min_size": count, "max_size": count}
    groups = st.lists(st.integers(0, 2), **column)
    return Inventory(
        np.array([f"n{node}" for node in range(count)], object),
        np.array(draw(st.lists(st.sampled_from([1, 2, 4, 8]), **column))),
        np.array(draw(st.lists(st.integers(0, 1), **column))), TYPES,
        *(np.array(sorted(draw(groups))) for _ in range(3)),
        np.array(draw(st.lists(st.sampled_from([4.0, 16.0, np.inf]), **column))),
        np.array(draw(st.lists(st.sampled_from([4e9, 64e9]), **column))),
    )  # fmt: skip


@st.composite
def pods(draw):
    count = draw(st.integers(1, 20))
    column = {"min_size": count, "max_size": count}
    share = np.array(draw(st.lists(st.sampled_from([1.0, 1.0, 0.5, 0.25, 0.3, 0.7]), **column)))
    whole = np.array(draw(st.lists(st.sampled_from([0, 1, 1, 2, 4, 8, 3]), **column)))
    duration = np.array(draw(st.lists(st.integers(0, 20).map(float), **column)))
    return JobBlock(
        np.array([f"p{row}" for row in range(count)], object),
        np.array(sorted(draw(st.lists(st.integers(0, 8).map(float), **column)))),
        np.where(share < 1.0, 1, whole), duration, duration, np.zeros(count, np.int8),
        {
            "share": share,
            "cpus": np.array(draw(st.lists(st.sampled_from([0.0, 0.5, 3.0, 8.0]), **column))),
            "memory": np.array(draw(st.lists(st.sampled_from([0.0, 1e9, 5e9]), **column))),
            "gpu_type": np.array(draw(st.lists(st.sampled_from(["", "", "T4", "V100", "T4|V100"]), **column)), object),
            "priority": np.array(draw(st.lists(st.integers(0, 1), **column))),
        },
    )  # fmt: skip


@pytest.mark.parametrize("name", ["first_fit", "easy_backfill", "preemptive"])
@pytest.mark.parametrize("kind", placement.names())
@settings(max_examples=25)
@given(inventories(), pods())
def test_nothing_is_held_twice(kind, name, inventory, trace):
    plugin, ledger = scheduler.get(name), Ledger(inventory)
    pool = Watched(NodePool(inventory, placement.get(kind).call), ledger)
    (rows,) = JobWorld([trace], [pool], plugin.call, order=plugin.facts.get("order")).results()
    assert not ledger.held, "somebody never left"
    assert set(rows.outcome.tolist()) <= {0, 3}
    assert pool.free == pool.slots == inventory.size.sum()
    assert (pool.nodes.nodes.free == inventory.size).all()
    assert pool.nodes.nodes.cpus_free == pytest.approx(inventory.cpus)
    for row in np.flatnonzero(rows.outcome == 3).tolist():
        assert _unfit(trace, row, inventory) or kind == "consolidate", f"job {row} was refused"


def _unfit(trace, row, inventory):
    """Return whether no empty cluster of these nodes could take a job, told apart as far as that is simple."""
    types = str(trace.more["gpu_type"][row])
    fit = np.array([not types or TYPES[each] in types.split("|") for each in inventory.type])
    slots, cpus, memory = int(trace.slots[row]), trace.more["cpus"][row], trace.more["memory"][row]
    return slots > inventory.size[fit].sum() or cpus > 0.0 or memory > 0.0


def spots(slots, gpu=-1):
    return Spots(np.array([0]), np.array([slots]), gpu)


WRONG = {
    "3 GPUs and parts of 0 ": [(spots(1), Request(1)), (spots(2), Request(2))],
    "1 GPUs and parts of 2 ": [(spots(1), Request(1)), *((spots(1, gpu), Request(1, 0.5)) for gpu in range(2))],
    "1.2": [(spots(1, 0), Request(1, 0.7)), (spots(1, 0), Request(1, 0.5))],
    "6.0 cores": [(spots(1), Request(1, cpus=3.0)), (spots(1), Request(1, cpus=3.0))],
    "6000000000.0 bytes": [(spots(1), Request(1, memory=3e9)), (spots(1), Request(1, memory=3e9))],
    "has 1 of 2 slots": [(spots(1), Request(2))],
}


@pytest.mark.parametrize(("message", "jobs"), WRONG.items(), ids=WRONG)
def test_the_ledger_notices_what_is_held_twice(message, jobs):
    inventory = Inventory(
        np.array(["n0"], object), np.array([2]), np.array([0]), TYPES, *(np.zeros((3, 1), int)),
        np.array([4.0]), np.array([4e9]),
    )  # fmt: skip
    ledger = Ledger(inventory)
    for job, (place, request) in enumerate(jobs[:-1]):
        ledger.take(job, place, request)
    with pytest.raises(AssertionError, match=message):
        ledger.take(len(jobs), *jobs[-1])
