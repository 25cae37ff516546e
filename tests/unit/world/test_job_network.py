"""What the places of a gang cost it, by hand: four hosts of a sled share one adapter."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.collectives import collective
from dcsim.compute.device import gpu_device
from dcsim.compute.layers import gradient_bytes
from dcsim.compute.step import pass_times
from dcsim.placements import placement
from dcsim.placements.plan import Spots
from dcsim.resolve import resolve
from dcsim.schedulers import scheduler
from dcsim.spec.catalog import Catalog
from dcsim.world.fleet import build_fleet
from dcsim.world.job_fleet import OVERLAP, USUAL_BATCH, fleet_pools
from dcsim.world.job_network import GangNetwork, Layout
from dcsim.world.job_replay import JobWorld
from tests.unit.world.job_worlds import block

SCENARIO = """
name: cards
extends: minimal
fleet: {regions: {lulea: {training: {p100_card: 2}}}}
"""


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    path = tmp_path_factory.mktemp("cards") / "cards.yaml"
    path.write_text(SCENARIO)
    resolved = resolve(str(path))
    return resolved, build_fleet(resolved.scenario.fleet, resolved.entry)


def pool_of(cards, place):
    resolved, fleet = cards
    ring = collective.get("ring").call
    pools = fleet_pools(
        fleet, placement.get(place).call, resolved.entry, lambda name: Catalog().load("models", name), ring
    )
    return next(pool for pool in pools if pool.server == "p100_card")


def exchange(cards, hosts, sharing, links):
    """Time of a ring by its formula: 2 (p - 1) messages of S / p."""
    fleet = cards[1]
    nic = fleet.nics[next(pool.nic for pool in fleet.pools if pool.server == "p100_card")]
    nbytes = gradient_bytes(Catalog().load("models", "resnet50"))
    goodput = nic.bandwidth * nic.protocol_efficiency / sharing
    latency = nic.message_overhead + links * fleet.fabric.hop_latency
    return 2 * (hosts - 1) * (latency + nbytes / hosts / goodput)


@pytest.mark.parametrize(("sharing", "reach", "links"), [(1, "rack", 2), (4, "rack", 2), (2, "pod", 4), (1, "away", 6)])
def test_an_exchange_is_that_of_a_ring_on_shares_of_adapters(cards, sharing, reach, links):
    fleet = cards[1]
    host_pool = next(pool for pool in fleet.pools if pool.server == "p100_card")
    network = GangNetwork(fleet, host_pool, collective.get("ring").call)
    nbytes = gradient_bytes(Catalog().load("models", "resnet50"))
    found = network.exchange(Layout(8, sharing, reach), nbytes)
    assert found == pytest.approx(exchange(cards, 8, sharing, links), rel=1e-6)


def test_a_layout_is_read_off_the_nodes(cards):
    pool = pool_of(cards, "consolidate")
    nodes, fleet = pool.nodes.nodes, cards[1]
    host_pool = next(each for each in fleet.pools if each.server == "p100_card")
    network = GangNetwork(fleet, host_pool, collective.get("ring").call)
    ones = np.ones(4, np.int64)
    sled = np.flatnonzero(nodes.nic == nodes.nic[0])
    assert len(sled) == 4
    assert network.layout(Spots(sled, ones), nodes) == Layout(4, 4, "rack")
    assert network.layout(Spots(np.array([0, 1, 4, 8]), ones), nodes) == Layout(4, 2, "rack")
    other = np.flatnonzero(nodes.rack != nodes.rack[0])[0]
    assert network.layout(Spots(np.array([0, other]), ones[:2]), nodes) == Layout(2, 1, "pod")
    assert network.worst(8) == Layout(8, 4, "away")
    assert network.worst(1) == Layout(1, 1, "rack")


def finish(cards, place, slots):
    (results,) = JobWorld([block((0, slots, 1000.0))], [pool_of(cards, place)], scheduler.get("fifo").call).results()
    return results.finish[0]


def test_a_gang_that_shares_adapters_trains_more_slowly(cards):
    server = cards[0].entry("servers", "p100_card")
    device = gpu_device(cards[0].entry("gpus", server.gpu))
    forward, backward = pass_times(Catalog().load("models", "resnet50"), device, USUAL_BATCH)

    def step(exchange_s):
        return forward + backward + exchange_s - min(OVERLAP * exchange_s, backward)

    slowed = step(exchange(cards, 4, 4, 2)) / step(exchange(cards, 4, 1, 2))
    assert slowed > 1.05
    assert finish(cards, "one_per_nic", 4) == pytest.approx(1000.0, abs=1e-6)
    assert finish(cards, "consolidate", 4) == pytest.approx(1000.0 * slowed, abs=1e-5)
    assert finish(cards, "consolidate", 1) == 1000.0


def test_a_promise_counts_the_worst_of_places(cards):
    pool = pool_of(cards, "one_per_nic")

    class Job:
        model = "resnet50"

    assert pool.least_pace(Job, 1) == 1.0
    assert pool.least_pace(Job, 16) < pool.least_pace(Job, 2) < 1.0
