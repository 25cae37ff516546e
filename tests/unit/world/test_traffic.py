"""What a gang puts on the shared links, byte by byte."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.collectives import collective
from dcsim.compute.step import StepTime
from dcsim.world.crossings import Border, crossing, messages
from dcsim.world.shared_links import NONE, SharedLinks, Store
from dcsim.world.traffic import Layout, StreamTraffic, gang_demand

NBYTES = 1200.0


def two_pods(*, rack=1e5, pod=1e5, storage=(), nics=None, wan=False):
    """Return the links of one region: four training racks of two hosts, two to a pod; storage where told."""
    names, capacity = [], []

    def pair(name, width):
        if width is None:
            return NONE, NONE
        names.extend([f"{name} up", f"{name} down"])
        capacity.extend([width, width])
        return len(names) - 2, len(names) - 1

    racks = tuple(pair(f"rack {number}", rack) for number in range(4))
    pods = tuple(pair(f"pod {number}", pod) for number in range(2))
    stores = tuple(Store(where, share, pair(f"store {where}", 1e5)) for where, share in storage)
    first = len(names)
    for unit in range(8 if nics else 0):
        pair(f"unit {unit}", 1e5)
    away = tuple(pair(f"wan {number}", 1e5) for number in range(2)) if wan else ((NONE, NONE),) * 2
    zeros = np.zeros(len(names), np.int64)
    return SharedLinks(
        tuple(names), zeros, zeros, zeros, np.array(capacity), racks, pods, away, {0: first} if nics else {},
        (stores, ()), {}, (0,), [0, 0, 1, 1],
    )  # fmt: skip


def stream(ranks, name="ring", *, step=None, reads=0.0, saves=0.0, every=1, away=-1, overlap=0.0):
    call = collective.get(name).call
    return StreamTraffic(
        plan=lambda count: messages(call(count, NBYTES)), ranks=ranks, step=step or StepTime(0.4, 0.4, 0.0, 0.2, 0.2),
        overlap=overlap, sync_every=every, bandwidth=1e6, latency=0.0, read_bytes=reads, checkpoint_bytes=saves,
        checkpoint_every_s=90.0, checkpoint_s=10.0, away=away,
    )  # fmt: skip


def layout(*runs, part=-1, part_ranks=0, per_unit=1, slots=None):
    ranks = sum(last - first for first, last in runs) * per_unit + part_ranks
    return Layout(0, 0, 2 * per_unit, per_unit, per_unit, ranks if slots is None else slots, runs, part, part_ranks)


def by_name(links, demand, values):
    return {links.names[link]: value for link, value in zip(demand.links.tolist(), values.tolist(), strict=True)}


def test_a_ring_crosses_each_border_once_a_phase():
    links = two_pods()
    demand = gang_demand(links, stream(6), layout((0, 6)), saves=False)
    # 2 (p - 1) phases of S / p: one message leaves and one enters each rack, and each pod, in every phase
    sent = 2 * 5 * NBYTES / 6
    assert demand.step_s == pytest.approx(1.0)
    assert by_name(links, demand, demand.means[0]) == pytest.approx({
        f"{what} {number} {way}": sent
        for what, numbers in (("rack", (0, 1, 2)), ("pod", (0, 1)))
        for number in numbers
        for way in ("up", "down")
    })  # fmt: skip
    # every phase crosses: the bursts last as long as the exchange of 0.2 s
    np.testing.assert_allclose(demand.burst, sent / 0.2)


def test_halving_and_doubling_crosses_only_in_its_long_steps():
    links = two_pods(rack=None)
    demand = gang_demand(links, stream(8, "halving_doubling"), layout((0, 8)), saves=False)
    plan = messages(collective.get("halving_doubling").call(8, NBYTES))
    pods = np.arange(8) // 4
    away = pods[plan.src] != pods[plan.dst]
    up = (plan.nbytes * plan.repeat)[plan.phase[away & (pods[plan.src] == 0)]].sum()
    assert by_name(links, demand, demand.means[0])["pod 0 up"] == pytest.approx(up)
    found = crossing(plan, [Border(pods, np.full((2, 2), 1e5))], 1e6, 0.0)
    assert 0.0 < found.cross_s < found.total_s
    assert demand.gang[2] == pytest.approx(0.2 * found.cross_s / found.total_s)
    assert demand.gang[1] + demand.gang[2] == pytest.approx(0.2)


def test_a_gang_under_one_switch_crosses_nothing():
    links = two_pods()
    assert not len(gang_demand(links, stream(2), layout((2, 4)), saves=False).links)
    across = gang_demand(links, stream(2), layout((1, 3)), saves=False)
    both = {f"rack {number} {way}" for number in (0, 1) for way in ("up", "down")}
    assert by_name(links, across, across.means[0]).keys() == both


def test_readers_come_from_all_storage_racks_evenly():
    links = two_pods(storage=((0, 0.25), (1, 0.75)))
    demand = gang_demand(links, stream(3, reads=100.0), layout((0, 3)), saves=False)
    # three hosts read 300 bytes a step of 1 s; all stand in pod 0, two of them in rack 0
    assert by_name(links, demand, demand.means[1]) == pytest.approx({
        "rack 0 up": 0, "rack 1 up": 0, "rack 0 down": 200, "rack 1 down": 100,
        "pod 0 down": 225, "pod 1 up": 225, "store 0 up": 75, "store 1 up": 225,
    })  # fmt: skip


def test_checkpoints_go_from_the_first_rank_to_storage_and_on():
    links = two_pods(storage=((0, 0.25), (1, 0.75)), wan=True)
    home = gang_demand(links, stream(1, saves=1000.0), layout((2, 3)), saves=True)
    # 1000 bytes every 90 + 10 s
    assert by_name(links, home, home.means[2]) == pytest.approx({
        "rack 1 up": 10, "pod 0 up": 7.5, "pod 1 down": 7.5, "store 0 down": 2.5, "store 1 down": 7.5,
    })  # fmt: skip
    copied = gang_demand(links, stream(1, saves=1000.0, away=1), layout((2, 3)), saves=True)
    extra = {"store 0 up": 2.5, "store 1 up": 7.5, "pod 0 up": 10, "pod 1 up": 7.5, "wan 0 up": 10, "wan 1 down": 10}
    assert by_name(links, copied, copied.means[2]) == pytest.approx({**by_name(links, home, home.means[2]), **extra})
    assert not len(gang_demand(links, stream(1, saves=1000.0), layout((2, 3)), saves=False).links)


def test_units_held_in_part_have_a_nic_to_share():
    links = two_pods(rack=None, pod=None, storage=((1, 1.0),), nics=True)
    where = layout((0, 1), part=1, part_ranks=1, per_unit=2)
    demand = gang_demand(links, stream(3, reads=100.0), where, saves=False)
    means = by_name(links, demand, demand.means.sum(axis=0))
    assert means["unit 1 up"] == pytest.approx(2 * 2 * NBYTES / 3)
    assert means["unit 1 down"] == pytest.approx(2 * 2 * NBYTES / 3 + 100)
    assert "unit 0 up" not in means


def test_alone_it_always_fits():
    links = two_pods(storage=((1, 1.0),), rack=1000.0)
    demand = gang_demand(links, stream(4, "halving_doubling", reads=5000.0), layout((0, 4)), saves=False)
    assert demand.most[links.racks[0][1]] == pytest.approx(1000.0)
    assert demand.most[links.racks[0][0]] <= 1000.0 * (1 + 1e-12)


def test_other_sizes_than_the_recipe_exchange_among_their_own_ranks():
    links = two_pods()
    demand = gang_demand(links, stream(8), layout((0, 2)), saves=False)
    assert demand.step_s == pytest.approx(0.8 + 2 * NBYTES / 2 / 1e6)


def test_exchanges_every_few_steps():
    links = two_pods()
    step = StepTime(0.4, 0.4, 0.0, 0.4, 0.1)  # 0.4 s every fourth step
    demand = gang_demand(links, stream(6, every=4, step=step), layout((0, 6)), saves=False)
    assert demand.step_s == pytest.approx(0.9)
    sent = 2 * 5 * NBYTES / 6
    assert demand.means[0, 0] == pytest.approx(sent / 4 / 0.9)
    assert demand.burst[0] == pytest.approx(sent / 0.4)
