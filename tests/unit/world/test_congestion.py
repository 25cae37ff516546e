"""Which ports messages collide at, and what they pay."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.collectives import plan_of
from dcsim.network.build import build_topology
from dcsim.spec.catalog import Catalog
from dcsim.spec.fabric import LeafSpine
from dcsim.world.collective import plan_time
from dcsim.world.congestion import crowds, toll


@pytest.fixture(scope="module")
def topology():
    fabric = {
        "title": "two leaves", "assumption": "for a test", "type": "leaf_spine", "leaves": 2, "hosts_per_leaf": 4,
        "spines": 1, "host_bandwidth": "8 Gbit/s", "uplink_bandwidth": "16 Gbit/s", "hop_latency": "1 us",
        "buffer": "256 kB",
    }  # fmt: skip
    return build_topology(LeafSpine.model_validate(fabric))


@pytest.fixture(scope="module")
def transport():
    return Catalog().load("transports", "linux_reno")


def met(topology, transport, *pairs):
    src, dst = np.array(pairs).T
    found = crowds(topology.routes(src, dst), topology, transport)
    return [(topology.name(crowd.link), crowd.senders, crowd.rate) for crowd in found]


def test_senders_of_one_leaf_meet_at_the_receiver(topology, transport):
    assert met(topology, transport, (1, 0), (2, 0)) == [("leaf 0 > host 0", 2, 1e9)]


def test_two_messages_of_one_sender_do_not_collide(topology, transport):
    assert met(topology, transport, (1, 0), (1, 0)) == []
    assert met(topology, transport, (1, 2), (1, 3)) == []


def test_an_uplink_that_is_wide_enough_takes_all(topology, transport):
    assert met(topology, transport, (0, 4), (1, 5)) == []
    assert met(topology, transport, (0, 4), (1, 5), (2, 6)) == [("leaf 0 > spine 0", 3, 1e9)]


def test_a_spine_that_brings_more_than_the_receiver_takes_is_one_way_in(topology, transport):
    assert met(topology, transport, (4, 0), (5, 0)) == []
    assert met(topology, transport, (4, 0), (5, 0), (1, 0)) == [("leaf 0 > host 0", 3, 1e9)]


def test_nothing_is_lost_without_a_transport_or_with_endless_memory(topology, transport):
    assert met(topology, None, (1, 0), (2, 0)) == []
    endless = build_topology(Catalog().load("fabrics", "leaf_spine_256"))
    assert met(endless, transport, (1, 0), (2, 0)) == []


def test_messages_to_their_own_host_meet_nobody(topology, transport):
    assert met(topology, transport, (0, 0), (1, 1)) == []


def test_a_toll_is_the_time_of_its_bytes_at_the_goodput_that_is_left(topology, transport):
    src = np.array([1, 2, 3])
    (crowd,) = crowds(topology.routes(src, np.zeros(3, np.int64)), topology, transport)
    paid = toll(crowd, 1.5 * 2**19)
    assert 0.0 < paid.goodput_ratio <= 1.0
    assert paid.lost_bytes > 0.0
    assert paid.time_s == pytest.approx(3 * 1.5 * 2**19 / (1e9 * paid.goodput_ratio))


def test_small_messages_pay_nothing(topology, transport):
    (crowd,) = crowds(topology.routes(np.array([1, 2, 3]), np.zeros(3, np.int64)), topology, transport)
    assert toll(crowd, 1000.0).lost_bytes == 0.0
    assert toll(crowd, 0.0).goodput_ratio == 1.0


@pytest.mark.parametrize("ranks", [4, 6, 7, 8])
def test_flows_take_the_loss_that_packets_find(topology, transport, ranks):
    plan, hosts = plan_of("gather", ranks, 4e6), np.arange(ranks)
    flow, packet = (
        plan_time(plan, topology, hosts, fidelity=fidelity, transport=transport) for fidelity in ("flow", "packet")
    )
    assert flow.time_s == pytest.approx(packet.time_s, rel=0.05)
    assert flow.loss_ratio == packet.loss_ratio
