"""Which links can bind, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcsim.spec.catalog import Catalog
from dcsim.spec.site import FleetSpec
from dcsim.world.fleet import build_fleet
from dcsim.world.link_bounds import PoolTraffic
from dcsim.world.shared_links import DIRECTIONS, LEVELS, NONE, shared_links

CATALOG = Catalog()
GBIT = 1e9 / 8
GOODPUT = 0.94


ALL = PoolTraffic(exchanges=True, read=1e12, saves=1e12, copies=0.0, smallest=1)
"""Gangs that want more than anything has."""


def links_of(traffic=None, parted=(), gangs=ALL, fabric=None, **regions):
    """Return fleet and links, of the fabric of 2014 with some fields replaced."""
    sites = {name: {**CATALOG.load("regions", name).model_dump(), **racks} for name, racks in regions.items()}
    spec = {"fabric": "f4_40g", "regions": sites, "capacity_unit": 1.0, "failover_time": "1 min"}
    base = CATALOG.load("fabrics", "f4_40g").model_copy(update={"racks_per_pod": 4, **(fabric or {})})
    fleet = build_fleet(
        FleetSpec.model_validate(spec), lambda kind, name: base if kind == "fabrics" else CATALOG.load(kind, name)
    )
    return fleet, shared_links(fleet, traffic or {}, dict.fromkeys(fleet.with_role("training"), gangs), parted)


def capacities(links):
    return dict(zip(links.names, (links.capacity / GBIT / GOODPUT).round(6).tolist(), strict=True))


def test_racks_and_pods_that_can_bind():
    # 30 NICs of 25G over 4 x 40G bind; a pod of 4 racks has 4 x 160G / 4 up; storage racks: 8 NICs of 50G over 160G;
    # serving racks have no traffic of their own here
    racks = {"serving": {"leopard": 2}, "training": {"tioga_pass": 4}, "storage": {"bryce_canyon": 2}}
    _, links = links_of(lulea=racks)
    assert capacities(links) == {
        f"lulea {name} {way}": width
        for name, width in {
            **{f"rack {number}": 160 for number in range(2, 6)},
            "bryce_canyon racks of pod 1": 320, "pod 0": 160, "pod 1": 160,
        }.items()
        for way in DIRECTIONS
    }  # fmt: skip
    assert links.racks[1] == (NONE, NONE)
    assert links.names[links.racks[4][1]] == "lulea rack 4 down"
    assert [LEVELS[code] for code in links.level[list(links.pods[1])]] == ["pod", "pod"]
    assert links.pods[1][0] == links.pods[1][1] - 1
    (store,) = links.stores[0]
    assert (store.pod, store.share) == (1, 1.0)


def test_a_fabric_that_does_not_block_has_no_links():
    full = {"tor_uplinks": 19, "spine_oversubscription": 1.0}
    _, links = links_of(lulea={"training": {"tioga_pass": 9}, "storage": {"bryce_canyon": 9}}, fabric=full)
    assert links.names == ()
    assert set(links.racks) == {(NONE, NONE)}


def test_pods_without_training_or_storage_are_left_out():
    _, links = links_of({"dual_socket": GBIT}, lulea={"serving": {"tioga_pass": 8}, "training": {"leopard": 2}})
    assert {name.rsplit(" ", 1)[0] for name in links.names} == {"lulea rack 8", "lulea rack 9", "lulea pod 2"}


def test_serving_racks_bind_only_by_their_traffic():
    racks = {"serving": {"tioga_pass": 2}}
    _, quiet = links_of({"dual_socket": 5 * GBIT}, lulea=racks)
    assert quiet.serving == {0: (NONE, NONE)}
    _, busy = links_of({"dual_socket": 8 * GBIT}, lulea=racks)
    assert capacities(busy) == {"lulea tioga_pass racks up": 320, "lulea tioga_pass racks down": 320}


def test_storage_in_several_pods():
    _, links = links_of(lulea={"training": {"tioga_pass": 3}, "storage": {"bryce_canyon": 3}})
    near, far = links.stores[0]
    assert (near.pod, far.pod) == (0, 1)
    assert (near.share, far.share) == pytest.approx((1 / 3, 2 / 3))
    assert capacities(links)["lulea bryce_canyon racks of pod 1 up"] == 320


def test_nics_of_shared_units():
    _, links = links_of(parted=[0], lulea={"training": {"big_basin_p100": 2}})
    units = [name for name in links.names if "unit" in name]
    assert len(units) == 2 * 2 * 3
    assert links.names[links.nics[0] + 2 * 4 + 1] == "lulea big_basin_p100 unit 4 down"
    assert capacities(links)["lulea big_basin_p100 unit 4 down"] == 50


def test_wan_binds_only_if_enough_can_cross_it():
    regions = {"lulea": {"training": {"leopard": 1}}, "altoona": {"training": {"leopard": 1}}}
    width = CATALOG.load("regions", "lulea").wan_bandwidth * GOODPUT
    some = replace(ALL, smallest=10, copies=width / 3)  # three gangs fit into a region of 30 hosts
    _, idle = links_of(gangs=some, **regions)
    assert set(idle.wan) == {(NONE, NONE)}
    _, busy = links_of(gangs=replace(some, copies=1.01 * some.copies), **regions)
    assert [busy.names[link] for pair in busy.wan for link in pair] == [
        "lulea wan up", "lulea wan down", "altoona wan up", "altoona wan down",
    ]  # fmt: skip


def test_what_gangs_cannot_do_binds_nothing():
    racks = {"training": {"tioga_pass": 4}, "storage": {"bryce_canyon": 2}}
    rack, pod = 160 * GBIT * GOODPUT, 160 * GBIT * GOODPUT
    quiet = PoolTraffic(exchanges=False, read=0.0, saves=0.0, copies=0.0, smallest=10)
    assert links_of(gangs=quiet, lulea=racks)[1].names == ()
    # 30 hosts of a rack, 120 of pod 0, and the storage that stands in pod 1
    reading = replace(quiet, read=pod / 120)
    assert links_of(gangs=reading, lulea=racks)[1].names == ()
    _, links = links_of(gangs=replace(quiet, read=1.01 * pod / 120), lulea=racks)
    assert {name.split()[1] for name in links.names} == {"pod"}
    assert len(links_of(gangs=replace(quiet, read=1.01 * rack / 30), lulea=racks)[1].names) == 2 * (4 + 2 + 1)
    # 12 gangs of 10 hosts save to storage in the other pod; ten of them may start in one rack of 30 hosts
    assert links_of(gangs=replace(quiet, saves=pod / 12), lulea=racks)[1].names == ()
    assert links_of(gangs=replace(quiet, saves=1.01 * pod / 12), lulea=racks)[1].names


def test_exchanges_are_bounded_by_whoever_is_on_the_other_side():
    # one rack of five stands in pod 1: no more than its NICs, or its uplinks, can cross the border of the pods
    some = PoolTraffic(exchanges=True, read=0.0, saves=0.0, copies=0.0, smallest=10)
    _, links = links_of(gangs=some, lulea={"training": {"tioga_pass": 5}})
    assert {name.split()[1] for name in links.names} == {"rack"}
    _, links = links_of(gangs=some, lulea={"training": {"tioga_pass": 6}})
    assert {name.split()[1] for name in links.names} == {"rack", "pod"}
    _, links = links_of(gangs=replace(some, exchanges=False), lulea={"training": {"tioga_pass": 6}})
    assert links.names == ()


def test_racks_are_those_of_the_hosts():
    fleet, links = links_of(lulea={"serving": {"leopard": 3}, "training": {"tioga_pass": 3}})
    hosts = fleet.host_arrays
    assert [links.pod_of_rack[rack] for rack in hosts.rack] == hosts.pod.tolist()
    assert links.first_rack == tuple(hosts.rack[hosts.pool == pool].min() for pool in range(2))
