"""Exchanges of a machine against plans acted out one by one, and against times worked out by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.collectives import plan_of
from dcsim.parallelism.plan import Exchange
from dcsim.prediction.exchange import FASTEST, HostExchange
from dcsim.prediction.machine import find_machine
from dcsim.spec.catalog import Catalog
from dcsim.world.arena import among_gpus, among_hosts
from dcsim.world.collective import plan_time

SIZES = np.array([700.0, 33e3, 1.7e6, 25e6, 4e8])


@pytest.fixture(scope="module")
def exchange():
    catalog = Catalog()

    def find(server, collective="ring", fidelity="flow", **asked):
        return HostExchange(find_machine(server, catalog, **asked), collective, fidelity)

    return find


@pytest.mark.parametrize("fidelity", ["closed_form", "flow"])
@pytest.mark.parametrize("collective", ["ring", "halving_doubling", "double_binary_tree"])
def test_among_hosts_it_is_the_plan_acted_out_at_any_size(collective, fidelity, exchange):
    """At sizes between those that were worked out, within 1 %; trees cut large buffers finer, and collide."""
    found = exchange("leopard", collective, fidelity, hosts=12)
    ground = found.machine.ground
    arena = among_hosts(ground, 12, 1, "contiguous")
    for size, took in zip(SIZES, found.all_reduce(SIZES, "hosts"), strict=True):
        done = plan_time(
            plan_of(collective, 12, size), arena.topology, arena.hosts,
            fidelity=fidelity, overhead_s=ground.overhead_s, transport=found.machine.transport,
        )  # fmt: skip
        assert took == pytest.approx(done.time_s, rel=0.03 if collective == "double_binary_tree" else 0.01)


def test_at_packet_level_every_size_is_acted_out(exchange):
    found = exchange("leopard", "parameter_server", "packet", hosts=4)
    arena = among_hosts(found.machine.ground, 4, 1, "contiguous")
    sizes = np.array([3e4, 2e5])
    plans = [plan_of("parameter_server", 4, size) for size in sizes]
    done = [arena.act(plan, fidelity="packet", transport=found.machine.transport).time_s for plan in plans]
    assert found.all_reduce(sizes, "hosts") == pytest.approx(done, rel=1e-12)


@pytest.mark.parametrize(
    ("server", "gpus", "rate"),
    [
        ("dgx1_p100", 8, 4 * 18e9),
        ("dgx1_p100", 4, 2 * 18e9),
        ("dgx1_p100", 2, 18e9),
        ("dgx1_v100", 8, 6 * 20e9),
        ("dgx1_v100", 4, 4 * 20e9),
        ("dgx_a100", 8, 12 * 18.75e9),
        ("deepbench_m40", 8, 5.94e9),
        ("deepbench_m40", 2, 5.94e9),
    ],
)
def test_in_a_box_all_links_carry_a_large_buffer(server, gpus, rate, exchange):
    (took,) = exchange(server, gpus=gpus).all_reduce(np.array([8e9]), "box")
    assert 2 * (gpus - 1) / gpus * 8e9 / took == pytest.approx(rate, rel=0.01)


def test_a_small_buffer_in_a_box_takes_start_and_hops(exchange):
    """By hand: 14 hops of flags beside the data over the crossbar of eight A100, 8.5 us to start."""
    (took,) = exchange("dgx_a100").all_reduce(np.array([512.0]), "box")
    assert took == pytest.approx(8.5e-6 + 14 * (0.29 * 3.4e-6 + 64 / (0.25 * 12 * 18.75e9)), rel=1e-3)


def test_switches_that_add_up_are_used_where_they_are_faster(exchange):
    (took,) = exchange("dgx_h100").all_reduce(np.array([2.0**29]), "box")
    assert took == pytest.approx(65e-6 + 2.0**29 * 9 / 8 / (0.834 * 18 * 19.7e9))
    (small,) = exchange("dgx_h100").all_reduce(np.array([512.0]), "box")
    assert small < 20e-6


def test_three_stages_are_pipelined(exchange):
    """The slowest stage decides, and the first part of the buffer has to be through the other."""
    found = exchange("big_basin_p100", "halving_doubling", gpus=64)
    box, hosts, everyone = (found.all_reduce(SIZES, scope) for scope in ("box", "hosts", "all"))
    assert (everyone > np.maximum(box, hosts)).all()
    assert everyone[:3] == pytest.approx((box + hosts)[:3])
    part = found.all_reduce(np.array([4 * 2.0**20]), "box")[0]
    assert everyone[3:] == pytest.approx(hosts[3:] + part)


def test_over_rdma_the_ring_runs_through_all_boxes(exchange):
    found = exchange("deepbench_m40", gpus=16)
    machine = found.machine
    arena = among_gpus(machine.ground, machine.box, 16)
    plans = [plan_of("ring", 16, size, rings=arena.rings) for size in SIZES]
    assert found.all_reduce(SIZES, "all") == pytest.approx([arena.act(plan).time_s for plan in plans], rel=0.01)


def test_a_tree_beats_a_ring_of_many_gpus_unless_buffers_are_huge(exchange):
    ring, fastest = (exchange("dgx_a100", name, gpus=128) for name in ("ring", FASTEST))
    sizes = np.array([1e4, 1e6, 1e10])
    around, best = ring.all_reduce(sizes, "all"), fastest.all_reduce(sizes, "all")
    assert (best <= around * (1 + 1e-9)).all()
    assert around[0] > 5 * best[0]
    assert around[2] < 1.1 * best[2]


def test_boxes_send_no_more_than_what_leads_to_their_adapters(exchange):
    """Four GB/s lead to the adapter of a DeepBench box, which could send 6.5; sockets carry 18.6 of 25 Gbit/s."""
    slow = exchange("deepbench_m40", "halving_doubling", gpus=16).all_reduce(np.array([1e10]), "hosts")
    assert 1e10 / slow[0] == pytest.approx(4.11e9, rel=0.01)
    catalog = Catalog()
    machine = find_machine("easgd_k40", catalog, hosts=2)
    wide = machine.with_adapters_of(1e9)
    assert wide.nic.bandwidth * wide.nic.protocol_efficiency == pytest.approx(1e9)
    assert machine.with_adapters_of(1e12) is machine.ground


@pytest.mark.parametrize("fidelity", ["closed_form", "flow", "packet"])
def test_jobs_on_one_adapter_share_it(fidelity, exchange):
    alone, four = (
        exchange("mono_lake", "halving_doubling", fidelity, hosts=8, hosts_per_nic=jobs) for jobs in (1, 4)
    )
    size = np.array([4e8])
    ratio = four.all_reduce(size, "hosts")[0] / alone.all_reduce(size, "hosts")[0]
    assert ratio == pytest.approx(4.0, rel=0.01)


def test_one_device_or_host_alone_waits_for_nobody(exchange):
    found = exchange("big_basin_p100", gpus=1)
    assert not any(found.all_reduce(SIZES, scope).any() for scope in ("box", "hosts", "all"))
    assert found.push_pull(1e6, 0) == 0.0
    assert found.all_to_all(1e6, "all") == 0.0
    assert not exchange("leopard", hosts=4).all_reduce(SIZES, "box").any()


def test_messages_between_neighbours(exchange):
    found = exchange("dgx1_v100", gpus=16)
    assert found.send(2e9, "box") == pytest.approx(35e-6 + 3.4e-6 + 2e9 / 20e9)
    assert found.send(2e9, "hosts") == pytest.approx(2e9 / 12e9, rel=0.01)
    assert found.send(0.0, "box") == 0.0


def test_all_to_all_is_held_up_by_the_busier_links(exchange):
    """By hand: 7/8 of each buffer over 12 links of 18.75 GB/s; half of eight buffers through the adapters of a box."""
    found = exchange("dgx_a100", gpus=16)
    inside = found.all_to_all(8e8, "box")
    assert inside == pytest.approx(35e-6 + 3.4e-6 + 7e8 / (12 * 18.75e9), rel=0.01)
    across = found.all_to_all(8e8, "all")
    assert across == pytest.approx(8 * 4e8 / found.machine.host_bandwidth, rel=0.02)


def test_parameter_servers_of_their_own_and_beside_the_workers(exchange):
    """By hand: every host pushes and pulls its buffer through its adapter; with few servers, theirs hold it up."""
    found = exchange("easgd_k40", fidelity="closed_form", hosts=8)
    rate = 0.72 * 10e9 / 8
    assert found.push_pull(1e9, 16) == pytest.approx(2 * 1e9 / rate, rel=0.01)
    assert found.push_pull(1e9, 2) == pytest.approx(2 * 4e9 / rate, rel=0.01)
    assert found.push_pull(1e9, 0) == pytest.approx(2 * 7 / 8 * 1e9 / rate, rel=0.01)


def test_parts_are_machines_of_their_own(exchange):
    found = exchange("dgx_a100", gpus=32)
    some = found.part(4, 2)
    assert (some.devices, some.hosts) == (4, 2)
    assert some is found.part(4, 2)
    assert found.part(8, 4) is found
    assert some.all_reduce(SIZES, "box") == pytest.approx(exchange("dgx_a100", gpus=4).all_reduce(SIZES, "box"))


def test_it_is_what_plans_of_parallelism_ask_for(exchange):
    found: Exchange = exchange("leopard", hosts=2)
    assert {name for name in vars(Exchange) if not name.startswith("_")} <= set(dir(found))


def test_a_second_look_takes_less_than_a_fifth_of_a_millisecond(exchange):
    found = exchange("big_basin_p100", "halving_doubling", gpus=256)
    sizes = np.geomspace(256.0, 9e6, 160)
    found.all_reduce(sizes, "all")
    took = []
    for _ in range(20):
        begin = time.perf_counter()
        found.all_reduce(sizes, "all")
        took.append(time.perf_counter() - begin)
    assert min(took) < 2e-4
