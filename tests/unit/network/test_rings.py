"""Rings of GPUs: edge-disjoint over direct links, nearest first on trees, and threaded through boxes."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from dcsim.network.box import box_topology
from dcsim.network.rings import disjoint_rings, rings_inside, rings_through
from dcsim.spec.catalog import Catalog


@pytest.fixture(scope="module")
def box():
    catalog = Catalog()
    return lambda name: box_topology(catalog.load("gpu_topologies", name))


def hops(ring):
    return list(zip(ring, ring[1:] + ring[:1], strict=True))


def links(topology):
    """Direct links from GPU to GPU, counted in units of the narrowest."""
    ends = {
        (int(a), int(b)): float(capacity)
        for a, b, capacity, direct in zip(
            topology.wiring.a, topology.wiring.b, topology.capacity, topology.direct, strict=True
        )
        if direct
    }
    return {pair: round(capacity / min(ends.values())) for pair, capacity in ends.items()}


@pytest.mark.parametrize(
    ("name", "gpus", "number"),
    [
        ("hybrid_cube_mesh_p100", 8, 4),
        ("hybrid_cube_mesh_p100", 4, 2),
        ("hybrid_cube_mesh_p100", 2, 1),
        ("hybrid_cube_mesh_v100", 8, 6),
        ("hybrid_cube_mesh_v100", 4, 4),
        ("hybrid_cube_mesh_v100", 3, 2),
    ],
)
def test_meshes_have_as_many_rings_as_links_allow(name, gpus, number, box):
    topology = box(name)
    rings = rings_inside(topology, gpus)
    assert len(rings) == number
    assert all(sorted(ring) == list(range(gpus)) for ring in rings)
    used, there = Counter(hop for ring in rings for hop in hops(ring)), links(topology)
    assert all(times <= there[hop] for hop, times in used.items())


def most_rings(counts):
    """Oracle: the most rings that fit, over every set of them."""
    nodes = range(1, len(counts))
    every = [(0, *rest) for rest in permutations(nodes)]

    def best(left, start):
        most = 0
        for number in range(start, len(every)):
            taken = hops(every[number])
            if all(left[a][b] for a, b in taken):
                rest = [list(row) for row in left]
                for a, b in taken:
                    rest[a][b] -= 1
                most = max(most, 1 + best(rest, number))
        return most

    return best(counts, 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_as_many_rings_as_any(seed):
    draws = np.random.default_rng(seed)
    upper = np.triu(draws.integers(0, 3, (5, 5)), 1)
    counts = (upper + upper.T).tolist()
    found = disjoint_rings(tuple(map(tuple, counts)))
    assert len(found) == most_rings(counts)


def test_eight_gpus_that_are_all_joined_use_all_seven_links():
    full = tuple(tuple(int(a != b) for b in range(8)) for a in range(8))
    rings = disjoint_rings(full)
    assert len(rings) == 7
    assert len({hop for ring in rings for hop in hops(ring)}) == 56


def test_without_a_ring_of_direct_links_the_nearest_follow_one_another(box):
    assert rings_inside(box("nvswitch_a100")) == (tuple(range(8)),)
    assert rings_inside(box("pcie_dual_root"), 8) == (tuple(range(8)),)
    assert len(rings_inside(box("hybrid_cube_mesh_p100"), 5)) == 1, "gpu4 has one neighbour among the five"
    assert rings_inside(box("big_sur_a"), 1) == ()


def test_a_tree_is_walked_branch_by_branch_whatever_its_numbers(catalog):
    tree = catalog.load("gpu_topologies", "pcie_dual_root")
    mixed = {0: 5, 1: 2, 2: 7, 3: 0, 4: 1, 5: 6, 6: 3, 7: 4}
    renamed = [
        link.model_copy(update={"a": f"gpu{mixed[int(link.a[3:])]}"}) if link.a.startswith("gpu") else link
        for link in tree.links
    ]
    (ring,) = rings_inside(box_topology(tree.model_copy(update={"links": tuple(renamed)})))
    switch = {mixed[gpu]: gpu // 2 for gpu in range(8)}
    changes = [switch[a] != switch[b] for a, b in hops(ring)]
    assert sum(changes) == 4, "each switch is entered and left once"


@pytest.mark.parametrize("name", ["hybrid_cube_mesh_v100", "nvswitch_a100", "pcie_dual_root"])
def test_rings_through_boxes_enter_and_leave_each_once(name, box):
    topology = box(name)
    rings = rings_through(topology, 8, 3)
    assert all(sorted(ring) == list(range(24)) for ring in rings)
    leaving = [[a % 8 for a, b in hops(ring) if a // 8 != b // 8] for ring in rings]
    assert all(len(exits) == 3 for exits in leaving)
    used = Counter(topology.places[exits[0]] for exits in leaving)
    assert set(used) == set(topology.places.tolist())
    assert len(set(used.values())) == 1, "adapters take turns"
    inside = set().union(*(hops(ring) for ring in rings_inside(topology)))
    assert all((a % 8, b % 8) in inside for ring in rings for a, b in hops(ring) if a // 8 == b // 8)


def test_one_gpu_of_each_box_makes_a_ring_of_boxes(box):
    assert rings_through(box("nvswitch_a100"), 1, 4) == ((0, 1, 2, 3),)
    assert rings_through(box("nvswitch_a100"), 8, 1) == rings_inside(box("nvswitch_a100"))
