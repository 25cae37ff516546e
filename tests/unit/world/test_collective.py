"""Collectives acted out on small networks, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.collectives import plan_of
from dcsim.collectives.plan import Plan, closed_form, phase
from dcsim.network.box import box_topology, boxed
from dcsim.network.build import build_topology
from dcsim.spec.catalog import Catalog
from dcsim.spec.fabric import GraphFabric, LeafSpine
from dcsim.world.collective import plan_time
from dcsim.world.rounds import distinct_rounds


def leaf(hosts, buffer=None, host="8 Gbit/s", latency="1 us"):
    fabric = {
        "title": "one leaf", "assumption": "for a test", "type": "leaf_spine", "leaves": 1, "hosts_per_leaf": hosts,
        "spines": 1, "host_bandwidth": host, "uplink_bandwidth": "80 Gbit/s", "hop_latency": latency,
    }  # fmt: skip
    return build_topology(LeafSpine.model_validate(fabric if buffer is None else {**fabric, "buffer": buffer}))


@pytest.fixture(scope="module")
def transport():
    return Catalog().load("transports", "linux_reno")


def test_equal_rounds_are_acted_out_once():
    found = list(distinct_rounds(plan_of("halving_doubling", 16, 1e6)))
    assert [times for _, times in found] == [2, 2, 2, 2]
    assert [times for _, times in distinct_rounds(plan_of("ring", 16, 1e6))] == [30]
    assert len(list(distinct_rounds(plan_of("all_to_all", 9, 1e6)))) == 8


def test_rounds_that_only_look_equal_are_not_folded():
    one, other = phase([0, 0, 1], [1, 2, 2], 8.0), phase([0, 1, 1], [2, 2, 0], 8.0)
    assert len(list(distinct_rounds(Plan(3, (one, other))))) == 2
    assert len(list(distinct_rounds(Plan(3, (one, phase(one.src, one.dst, 9.0)))))) == 2
    assert [times for _, times in distinct_rounds(Plan(3, (one, phase(one.src[::-1], one.dst[::-1], 8.0))))] == [2]


def test_a_ring_by_hand():
    done = plan_time(plan_of("ring", 4, 4e6), leaf(4), np.arange(4), overhead_s=10e-6)
    assert done.time_s == pytest.approx(6 * (10e-6 + 2e-6 + 1e-3), rel=1e-12)
    assert done.waiting_s == pytest.approx(6 * 12e-6, rel=1e-12)
    assert done.bottleneck == "host 0 > leaf 0"
    assert done.moved.tolist() == [6e6] * 8 + [0.0] * 2


def test_latencies_add_up_around_a_ring_that_is_chained():
    """Two pairs below switches of their own: hops of 2 and 4 us, 3 us in the mean, 4 where each step is a barrier."""
    fabric = {
        "title": "two leaves", "assumption": "for a test", "type": "leaf_spine", "leaves": 2, "hosts_per_leaf": 2,
        "spines": 1, "host_bandwidth": "8 Gbit/s", "uplink_bandwidth": "80 Gbit/s", "hop_latency": "1 us",
    }  # fmt: skip
    topology = build_topology(LeafSpine.model_validate(fabric))
    for fidelity in ("closed_form", "flow"):
        chained, barriers = (
            plan_time(plan_of("ring", 4, 4e6, rings=rings), topology, np.arange(4), fidelity=fidelity)
            for rings in (((0, 1, 2, 3),), ())
        )
        assert chained.time_s == pytest.approx(6 * (3e-6 + 1e-3), rel=1e-9)
        assert chained.closed_form_s == pytest.approx(6 * (3e-6 + 1e-3), rel=1e-9)
        assert chained.waiting_s == pytest.approx(6 * 3e-6, rel=1e-9)
        assert barriers.time_s == pytest.approx(6 * (4e-6 + 1e-3), rel=1e-9)
        assert chained.moved.tolist() == barriers.moved.tolist()


@pytest.mark.parametrize("name", ["ring", "halving_doubling", "gather", "scatter", "parameter_server", "all_to_all"])
def test_the_closed_form_is_that_of_the_plan_where_ranks_are_alike(name):
    plan = plan_of(name, 6, 6e6)
    done = plan_time(plan, leaf(6), np.arange(6), fidelity="closed_form", overhead_s=10e-6)
    assert done.time_s == done.closed_form_s == pytest.approx(closed_form(plan, 1e9, 12e-6), rel=1e-12)


def test_the_closed_form_shares_an_adapter_and_nothing_above():
    racks = build_topology(Catalog().load("fabrics", "rack16_50g_shared"), 512)
    near = plan_of("ring", 4, 4e6), np.arange(0, 16, 4)
    crossing = Plan(8, (phase(range(4), range(4, 8), 1e6),)), np.array([0, 1, 2, 3, 64, 65, 66, 67])
    for (plan, hosts), time_s in ((near, 6 * (1.5e-6 + 1e6 / 4e9)), (crossing, 3.5e-6 + 4e6 / 6.25e9)):
        assert plan_time(plan, racks, hosts).closed_form_s == pytest.approx(time_s, rel=1e-9)
    many = Plan(128, (phase(range(64), range(64, 128), 1e6),))
    done = plan_time(many, racks, np.arange(128))
    assert done.closed_form_s == pytest.approx(3.5e-6 + 4e6 / 6.25e9, rel=1e-9)
    assert done.time_s == pytest.approx(3.5e-6 + 64e6 / 25e9, rel=1e-9)
    assert done.bottleneck == "rack 0 > core"


def test_software_is_paid_where_a_message_leaves_its_box():
    box = box_topology(Catalog().load("gpu_topologies", "nvswitch_a100"))
    inside = plan_time(Plan(2, (phase([0], [1], 1e6),)), box, np.arange(2), overhead_s=1.0)
    assert inside.waiting_s == pytest.approx(3.4e-6)
    both = boxed(leaf(2), box)
    across = plan_time(Plan(2, (phase([0], [1], 1e6),)), both, np.array([0, 8]), overhead_s=1.0)
    assert across.waiting_s == pytest.approx(1.0 + 2e-6 + 2 * 2.85e-6)


def test_ranks_of_one_host_wait_for_nothing():
    done = plan_time(Plan(2, (phase([0], [1], 1e6),)), leaf(2), np.array([1, 1]), overhead_s=1.0)
    assert (done.time_s, done.bottleneck) == (0.0, "")


def test_a_rank_without_a_way_is_told():
    link = {"a": "a", "b": "b", "bandwidth": "1 GB/s", "latency": "0 s", "one_way": True}
    fabric = {"title": "t", "assumption": "a", "type": "graph", "hosts": ["a", "b"], "links": [link]}
    topology = build_topology(GraphFabric.model_validate(fabric))
    with pytest.raises(ValueError, match="no way leads from host 1 to host 0"):
        plan_time(plan_of("ring", 2, 1e6), topology, np.arange(2))


def test_as_many_hosts_as_ranks():
    with pytest.raises(ValueError, match="3 ranks cannot be on 2 hosts"):
        plan_time(plan_of("ring", 3, 1e6), leaf(3), np.arange(2))


def test_a_single_rank_takes_no_time():
    done = plan_time(plan_of("ring", 1, 1e6), leaf(2), np.arange(1))
    assert (done.time_s, done.closed_form_s, done.loss_ratio, done.bottleneck) == (0.0, 0.0, 0.0, "")


def test_many_senders_on_a_small_buffer_collapse(transport):
    plan, hosts = plan_of("gather", 33, 33 * 256e3), np.arange(33)
    small, large = leaf(33, "64 kB", latency="0 s"), leaf(33, latency="0 s")
    formula, flow, packet = (
        plan_time(plan, small, hosts, fidelity=fidelity, transport=transport)
        for fidelity in ("closed_form", "flow", "packet")
    )
    fluid_s = 32 * 256e3 / 1e9
    assert formula.time_s == pytest.approx(fluid_s)
    for done in (flow, packet):
        assert done.time_s > 2 * fluid_s
        assert done.timeouts > 0.0
        assert 0.0 < done.loss_ratio < 0.5
        assert done.bottleneck == "leaf 0 > host 0"
    assert plan_time(plan, large, hosts, fidelity="packet", transport=transport).time_s == pytest.approx(fluid_s)
    assert plan_time(plan, small, hosts, fidelity="packet").time_s == pytest.approx(fluid_s)


def test_neighbours_do_not_collide(transport):
    ring = plan_of("ring", 8, 8e6)
    done = plan_time(ring, leaf(8, "64 kB"), np.arange(8), fidelity="packet", transport=transport)
    assert done.time_s == pytest.approx(done.closed_form_s, rel=1e-12)
    assert done.loss_ratio == 0.0
