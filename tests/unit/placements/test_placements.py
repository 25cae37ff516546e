"""Where jobs go, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.jobs.inventory import read_nodes
from dcsim.placements import placement
from dcsim.world.nodes import NodePool

RACKS = "node,slots,nic,rack,pod\n" + "".join(
    f"n{node},4,,r{node // 2},p{node // 4}\n" for node in range(8)
)
SLEDS = "node,slots,nic\n" + "".join(f"h{host},1,s{host // 4}\n" for host in range(12))


def pool_of(name, what, tmp_path, busy=()):
    """A pool with ``busy[i]`` slots of node i held."""
    if "\n" in what:
        path = tmp_path / "nodes.csv"
        path.write_text(what)
        what = path
    pool = NodePool(read_nodes(what), placement.get(name).call, np.random.default_rng(5))
    for node, slots in enumerate(busy):
        pool.nodes.free[node] -= slots
        pool.free -= slots
    return pool


def spots_of(pool, slots, **more):
    spots = pool.place(pool.request(slots, **more))
    return None if spots is None else dict(zip(spots.nodes.tolist(), spots.slots.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "node"), [("first_fit", 0), ("consolidate", 2), ("best_fit", 2), ("spread", 1), ("same_rack", 2)]
)
def test_one_node(name, node, tmp_path):
    # free: 5, 8, 3, 3, 1
    pool = pool_of(name, "5x8", tmp_path, (3, 0, 5, 5, 7))
    assert spots_of(pool, 3) == {node: 3}


@pytest.mark.parametrize("name", placement.names())
def test_a_job_of_one_node_waits_rather_than_being_cut(name, tmp_path):
    pool = pool_of(name, "3x8", tmp_path, (1, 1, 1))
    assert spots_of(pool, 8) is None
    assert spots_of(pool, 7) is not None


@pytest.mark.parametrize("name", placement.names())
def test_nothing_free_nothing_found(name, tmp_path):
    pool = pool_of(name, "2x4", tmp_path, (4, 4))
    assert spots_of(pool, 1) is None
    assert spots_of(pool, 8) is None
    assert not pool.possible(pool.request(9))
    assert pool.possible(pool.request(8))


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        (16, {0: 8, 4: 8}),  # empty nodes, lowest index
        (18, {0: 8, 4: 8, 2: 2}),  # what remains on the next by free slots, then index: free are 5, 6, 6, 2
        (22, {0: 8, 4: 8, 2: 6}),
        (23, None),  # 7 more than two empty nodes: no node has so many free
        (24, None),
    ],
)
def test_consolidate_as_its_simulator_does(slots, expected, tmp_path):
    pool = pool_of("consolidate", "6x8", tmp_path, (0, 3, 2, 2, 0, 6))
    assert spots_of(pool, slots) == expected


def test_consolidate_gives_what_remains_an_empty_node_where_there_is_one(tmp_path):
    pool = pool_of("consolidate", "4x8", tmp_path, (0, 1, 0, 0))
    assert spots_of(pool, 12) == {0: 8, 2: 4}


def test_first_fit_fills_nodes_in_order(tmp_path):
    assert spots_of(pool_of("first_fit", "4x8", tmp_path, (6, 8, 3, 0)), 10) == {0: 2, 2: 5, 3: 3}


def test_best_fit_takes_few_nodes_and_the_fullest_for_what_remains(tmp_path):
    # free: 4, 8, 2, 7, 3
    assert spots_of(pool_of("best_fit", "5x8", tmp_path, (4, 0, 6, 1, 5)), 10) == {1: 8, 2: 2}


def test_spread_takes_equally_many_of_each(tmp_path):
    pool = pool_of("spread", "4x4", tmp_path, (0, 3, 1, 2))
    assert spots_of(pool, 6) == {0: 2, 2: 2, 1: 1, 3: 1}
    assert spots_of(pool, 10) == {0: 4, 2: 3, 3: 2, 1: 1}


def test_same_rack_takes_the_rack_with_the_least_room_that_suffices(tmp_path):
    # racks of two nodes, free: 4+4, 3+3, 4+1, 4+4
    pool = pool_of("same_rack", RACKS, tmp_path, (0, 0, 1, 1, 0, 3))
    assert spots_of(pool, 5) == {4: 4, 5: 1}
    assert spots_of(pool, 6) == {2: 3, 3: 3}
    assert spots_of(pool, 8) == {0: 4, 1: 4}
    pool = pool_of("same_rack", RACKS, tmp_path, (1, 0, 1, 1, 1, 3, 1, 0))
    assert spots_of(pool, 8) is None  # enough is free, but in no rack
    assert spots_of(pool, 9) == {1: 4, 0: 3, 7: 2}  # no rack will ever hold it: as few racks as possible


def test_same_pod_prefers_a_rack_and_waits_for_a_pod(tmp_path):
    pool = pool_of("same_pod", RACKS, tmp_path, (1, 2, 2, 1, 0, 2))
    assert spots_of(pool, 6) == {4: 4, 5: 2}  # pod 0 has 10 free slots, but 5 in each rack
    pool = pool_of("same_pod", RACKS, tmp_path, (1, 1, 2, 1, 3, 2, 2, 3))
    assert spots_of(pool, 8) == {0: 3, 1: 3, 3: 2}  # pod 0 has 11 free slots, pod 1 has 6
    assert spots_of(pool, 12) is None
    assert spots_of(pool, 17) == {0: 3, 1: 3, 3: 3, 2: 2, 5: 2, 4: 1, 6: 2, 7: 1}


def test_one_per_nic_uses_every_adapter_before_a_second_host(tmp_path):
    pool = pool_of("one_per_nic", SLEDS, tmp_path)
    assert spots_of(pool, 3) == {0: 1, 4: 1, 8: 1}
    assert spots_of(pool, 5) == {0: 1, 4: 1, 8: 1, 1: 1, 5: 1}
    pool = pool_of("one_per_nic", SLEDS, tmp_path, (1, 1, 0, 0, 1))
    assert spots_of(pool, 2) == {8: 1, 5: 1}  # the adapters that others use least
    assert spots_of(pool, 1) == {8: 1}


def test_random_draws_every_place_alike(tmp_path):
    pool = pool_of("random", "4x8", tmp_path, (0, 8, 4, 0))
    request, drawn = pool.request(2), []
    for _ in range(3000):
        spots = placement.get("random").call(request, pool.nodes)
        drawn.append(int(spots.nodes[0]))
    often = np.bincount(drawn, minlength=4)
    assert often[1] == 0
    assert np.abs(often[[0, 2, 3]] - 1000).max() < 4 * np.sqrt(3000 * 2 / 9)


@pytest.mark.parametrize(
    ("name", "gpu"), [("first_fit", 0), ("best_fit", 2), ("spread", 1), ("consolidate", 2)]
)
def test_a_part_of_a_gpu(name, gpu, tmp_path):
    pool = pool_of(name, "1x4", tmp_path)
    pool.request(1, 0.5)  # from now on GPUs are told apart
    for place, share in enumerate((0.3, 0.1, 0.5, 0.7)):
        pool.nodes.gpu_free[0, place] = round(1.0 - share, 6)
    pool.nodes.free[0] = 0
    spots = pool.place(pool.request(1, 0.5))
    assert (spots.nodes.tolist(), spots.gpu) == ([0], gpu)


def test_cores_and_types_decide_too(tmp_path):
    nodes = "node,slots,type,cpus\na,8,T4,16\nb,8,V100,64\nc,8,V100,32\n"
    pool = pool_of("best_fit", nodes, tmp_path)
    assert spots_of(pool, 2, cpus=40.0) == {1: 2}
    assert spots_of(pool, 2, cpus=8.0) == {0: 2}  # the fewest cores left over
    assert spots_of(pool, 2, types=pool.type_codes("V100")) == {2: 2}
    assert spots_of(pool, 2, types=pool.type_codes("H100")) is None
    assert spots_of(pool, 0, cpus=50.0) == {1: 0}
    # 12 slots with 60 cores: five cores a slot, so that a holds 3, c 6 and b 8 at most
    assert spots_of(pool_of("first_fit", nodes, tmp_path), 12, cpus=60.0) == {0: 3, 1: 8, 2: 1}
