"""Flows through a small leaf-spine, beside times worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.errors import RunError
from dcsim.network import rerouting
from dcsim.network.build import build_topology
from dcsim.network.flows import run_flows
from dcsim.network.leaf_spine import leaf_spine
from dcsim.network.rerouting import Changes
from dcsim.spec.fabric import GraphFabric, LeafSpine


def _fabric(hop="0 s"):
    """Two leaves of two hosts (1 GB/s each) under two spines (0.5 GB/s each)."""
    return leaf_spine(
        LeafSpine(
            title="small", assumption="a test", type="leaf_spine", leaves=2, hosts_per_leaf=2, spines=2,
            host_bandwidth="8 Gbit/s", uplink_bandwidth="4 Gbit/s", hop_latency=hop, routing="sum_modulo",
        )
    )  # fmt: skip


@pytest.fixture
def fabric():
    return _fabric()


def _changes(topology, *rows):
    names = {topology.name(link): link for link in range(topology.links)}
    times, links, capacities = zip(*((time, names[name], value) for time, name, value in rows), strict=True)
    return Changes(np.array(times, float), np.array(links), np.array(capacities, float))


def _carried(topology, done):
    return {topology.name(link): moved for link, moved in enumerate(done.moved.tolist()) if moved}


def test_a_flow_alone_has_the_narrowest_link(fabric):
    done = run_flows(fabric, [0, 0], [1, 2], [1e9, 1e9], [0.0, 5.0])
    assert done.finish.tolist() == [1.0, 7.0]
    assert done.duration.tolist() == done.alone.tolist() == [1.0, 2.0]
    assert done.slowdown.tolist() == [1.0, 1.0]
    assert done.span == 7.0
    assert _carried(fabric, done) == {
        "host 0 > leaf 0": 2e9, "leaf 0 > host 1": 1e9, "leaf 0 > spine 0": 1e9, "spine 0 > leaf 1": 1e9,
        "leaf 1 > host 2": 1e9,
    }  # fmt: skip


def test_two_flows_at_the_same_instant_share_alike(fabric):
    done = run_flows(fabric, [0, 1], [2, 3], [1e9, 2e9], [1.0, 1.0])
    assert done.finish.tolist() == [5.0, 7.0]
    assert done.slowdown.tolist() == [2.0, 1.5]


def test_equal_flows_at_the_same_instant_end_at_the_same_instant(fabric):
    done = run_flows(fabric, [0] * 7, [1] * 7, [1e8] * 7, [0.3] * 7)
    assert len(set(done.finish.tolist())) == 1
    np.testing.assert_allclose(done.finish, 1.0, rtol=1e-14)


def test_overhead_and_latency_come_before_the_first_byte():
    fabric = _fabric("1 ms")
    done = run_flows(fabric, [0, 0, 3], [1, 2, 3], [1e9, 1e9, 1e9], [0.0, 10.0, 20.0], overhead_s=0.5)
    np.testing.assert_allclose(done.duration, [1.502, 2.504, 0.5], rtol=1e-12)
    np.testing.assert_allclose(done.alone, done.duration, rtol=1e-12)


def test_a_flow_of_no_bytes_ends_when_it_would_begin():
    done = run_flows(_fabric("1 ms"), [0, 0], [1, 2], [0.0, 0.0], [0.3, 0.7], overhead_s=0.5)
    np.testing.assert_allclose(done.finish, [0.802, 1.204], rtol=1e-14)
    still = run_flows(_fabric(), [0, 1], [1, 0], [0.0, 1.0], [0.3, 0.1])
    assert still.finish[0] == 0.3
    assert still.slowdown[0] == 1.0
    assert done.moved.sum() == 0.0


def test_a_flow_of_no_bytes_does_not_notice_failures(fabric):
    changes = _changes(fabric, (0.2, "host 0 > leaf 0", 0.0), (0.3, "spine 0 > leaf 1", 0.0))
    done = run_flows(fabric, [0, 0], [1, 2], [0.0, 0.0], [0.0, 0.25], overhead_s=0.5, changes=changes)
    assert done.finish.tolist() == [0.5, 0.75]


def test_a_flow_to_its_own_host_crosses_nothing():
    done = run_flows(_fabric("1 ms"), [0, 1, 0], [0, 1, 1], [1e9, 1e9, 1e9], [1.0, 1.0, 1.0], cap=[np.inf, 2e9, np.inf])
    np.testing.assert_allclose(done.finish, [1.0, 1.5, 2.002], rtol=1e-14)
    assert done.slowdown[0] == 1.0
    assert sum(done.moved > 0.0) == 2


def test_weights_and_caps(fabric):
    done = run_flows(fabric, [0, 0], [1, 1], [1e9, 1e9], [0.0, 0.0], weight=[3.0, 1.0])
    np.testing.assert_allclose(done.finish, [4.0 / 3.0, 2.0], rtol=1e-14)
    done = run_flows(fabric, [0, 0], [1, 1], [1e9, 1e9], [0.0, 0.0], cap=[0.25e9, np.inf])
    np.testing.assert_allclose(done.finish, [4.0, 4.0 / 3.0], rtol=1e-14)
    np.testing.assert_allclose(done.alone, [4.0, 1.0], rtol=1e-14)


def test_no_flows(fabric):
    done = run_flows(fabric, [], [], [], [])
    assert (len(done.finish), done.span, done.moved.sum()) == (0, 0.0, 0.0)


def test_times_of_day_cost_no_digits(fabric):
    rng = np.random.default_rng(5)
    src, dst, size, start = rng.integers(0, 4, 60), rng.integers(0, 4, 60), rng.random(60) * 1e9, rng.integers(0, 8, 60)
    early = run_flows(fabric, src, dst, size, start)
    late = run_flows(fabric, src, dst, size, start + 1.7e9)
    np.testing.assert_array_equal(early.duration, late.duration)


def test_hosts_that_nothing_joins():
    cable = {"bandwidth": "8 Gbit/s", "latency": "0 s"}
    islands = build_topology(
        GraphFabric(title="islands", assumption="a test", type="graph", hosts=["a", "b", "c", "d"],
                    links=[{"a": "a", "b": "b", **cable}, {"a": "c", "b": "d", **cable}])
    )  # fmt: skip
    assert run_flows(islands, [0, 2], [1, 3], [1e9, 2e9], [0.0, 0.0]).finish.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"no path from host 0 to host 2, host 3 to host 1\Z"):
        run_flows(islands, [0, 0, 3], [2, 2, 1], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="there is no host 4"):
        run_flows(islands, [0], [4], [1.0], [0.0])


def test_latency_is_that_of_the_path_at_the_start():
    ends = {"a": ("p", "q"), "p": ("b",), "q": ("b",)}
    latency = {"p": "1 ms", "q": "3 ms"}
    links = [
        {"a": one, "b": other, "bandwidth": "8 Gbit/s", "latency": latency.get(other, "0 s")}
        for one, others in ends.items()
        for other in others
    ]
    forked = build_topology(
        GraphFabric(title="fork", assumption="a test", type="graph", hosts=["a", "b"], links=links, routing="single")
    )
    flows = {"src": [0, 0], "dst": [1, 1], "nbytes": [1e9, 1e9], "start": [0.0, 2.0]}
    np.testing.assert_allclose(run_flows(forked, **flows).finish, [1.001, 3.001], rtol=1e-12)
    done = run_flows(forked, **flows, changes=_changes(forked, (0.5, "a > p", 0.0)))
    np.testing.assert_allclose(done.finish, [1.001, 3.003], rtol=1e-12)
    assert done.rerouted == 1
    late = run_flows(forked, [0], [1], [1e9], [0.0], overhead_s=1.0, changes=_changes(forked, (0.5, "a > p", 0.0)))
    np.testing.assert_allclose(late.finish, [2.001], rtol=1e-12)


def test_a_link_that_changes_its_bandwidth(fabric):
    changes = _changes(fabric, (1.0, "host 0 > leaf 0", 0.25e9), (3.0, "host 0 > leaf 0", 2e9))
    done = run_flows(fabric, [0], [1], [2.5e9], [0.0], changes=changes)
    np.testing.assert_allclose(done.finish, [4.0], rtol=1e-14)  # 1 GB, 0.5 GB, then the other link's 1 GB/s
    np.testing.assert_allclose(done.alone, [2.5])
    assert done.rerouted == 0


def test_a_change_before_the_first_flow_holds(fabric):
    changes = _changes(fabric, (1.0, "host 0 > leaf 0", 0.1e9), (2.0, "host 0 > leaf 0", 0.5e9))
    assert run_flows(fabric, [0], [1], [1e9], [2.0], changes=changes).finish.tolist() == [4.0]


def test_a_flow_moves_to_another_spine_when_its_own_fails(fabric):
    changes = _changes(fabric, (1.0, "spine 0 > leaf 1", 0.0), (1.5, "spine 0 > leaf 1", 0.5e9))
    done = run_flows(fabric, [0, 1, 0], [2, 2, 2], [1e9, 1e9, 0.5e9], [0.0, 0.0, 5.0], changes=changes)
    # alone on a spine each until 1 s, then both on spine 1, where they stay; the third finds spine 0 again
    np.testing.assert_allclose(done.finish, [3.0, 3.0, 6.0], rtol=1e-14)
    assert done.rerouted == 1
    np.testing.assert_allclose(_carried(fabric, done)["leaf 0 > spine 0"], 1e9, rtol=1e-12)
    np.testing.assert_allclose(_carried(fabric, done)["leaf 0 > spine 1"], 1.5e9, rtol=1e-12)


def test_a_flow_that_starts_while_its_path_is_down_takes_another(fabric):
    changes = _changes(fabric, (1.0, "spine 0 > leaf 1", 0.0))
    done = run_flows(fabric, [0, 1], [2, 2], [1e9, 1e9], [1.0, 1.0], changes=changes)
    np.testing.assert_allclose(done.finish, [5.0, 5.0], rtol=1e-14)
    assert done.rerouted == 0


def test_where_no_path_is_left_a_flow_waits_for_the_first_that_comes_back(fabric):
    both = ("spine 0 > leaf 1", "spine 1 > leaf 1")
    changes = _changes(
        fabric, (1.0, both[0], 0.0), (1.0, both[1], 0.0), (3.0, both[1], 0.25e9), (9.0, both[0], 0.5e9)
    )
    done = run_flows(fabric, [0, 0], [2, 1], [1e9, 1e9], [0.0, 2.0], changes=changes)
    np.testing.assert_allclose(done.finish, [5.0, 3.0], rtol=1e-14)
    assert done.rerouted == 1


def test_a_flow_whose_second_path_fails_goes_back_to_its_first(fabric):
    first, second = "spine 0 > leaf 1", "spine 1 > leaf 1"
    changes = _changes(fabric, (0.5, first, 0.0), (1.0, first, 0.5e9), (1.5, second, 0.0))
    done = run_flows(fabric, [0], [2], [1e9], [0.0], changes=changes)
    np.testing.assert_allclose(done.finish, [2.0], rtol=1e-14)
    assert done.rerouted == 2
    assert _carried(fabric, done)["leaf 0 > spine 1"] == pytest.approx(0.5e9)


def test_where_no_path_is_whole_a_flow_stays_on_the_one_it_is_on(fabric):
    first, second = "spine 0 > leaf 1", "spine 1 > leaf 1"
    changes = _changes(
        fabric, (0.5, first, 0.0), (1.0, second, 0.0), (2.0, first, 0.25e9), (2.0, second, 0.5e9)
    )
    done = run_flows(fabric, [0], [2], [1e9], [0.0], changes=changes)
    np.testing.assert_allclose(done.finish, [3.0], rtol=1e-14)  # half by 1 s; the rest on the second path again
    assert done.rerouted == 1
    assert _carried(fabric, done)["leaf 0 > spine 1"] == pytest.approx(0.75e9)


def test_what_is_never_mended_never_finishes(fabric):
    changes = _changes(fabric, (1.0, "host 0 > leaf 0", 0.0))
    done = run_flows(fabric, [0, 0, 2], [1, 1, 3], [2e9, 0.0, 3e9], [0.0, 2.0, 0.0], changes=changes)
    assert done.finish.tolist() == [np.inf, 2.0, 3.0]
    assert done.slowdown[0] == np.inf
    assert done.span == 3.0
    assert _carried(fabric, done)["host 0 > leaf 0"] == pytest.approx(1e9)


def test_a_link_that_fails_as_the_flow_ends_comes_too_late(fabric):
    flows = {"src": [0, 0, 0], "dst": [1, 1, 1], "nbytes": [1e8] * 3, "start": [0.0] * 3}
    end = float(run_flows(fabric, **flows).finish[0])
    for time in (end, np.nextafter(end, 0.0), end * (1.0 - 5e-13)):
        done = run_flows(fabric, **flows, changes=_changes(fabric, (time, "host 0 > leaf 0", 0.0)))
        np.testing.assert_allclose(done.finish, end, rtol=1e-12)
    done = run_flows(fabric, **flows, changes=_changes(fabric, (end * (1.0 - 1e-9), "host 0 > leaf 0", 0.0)))
    assert np.isinf(done.finish).all()


def test_failures_elsewhere_change_nothing(fabric):
    rng = np.random.default_rng(11)
    src, dst, size, start = rng.integers(0, 2, 80), rng.integers(0, 2, 80), rng.random(80) * 1e8, rng.random(80)
    plain = run_flows(fabric, src, dst, size, start, weight=1.0 + src)
    times = np.sort(rng.random(40))
    changes = _changes(fabric, *((time, "leaf 1 > host 3", (n % 2) * 1e9) for n, time in enumerate(times)))
    cut = run_flows(fabric, src, dst, size, start, weight=1.0 + src, changes=changes)
    np.testing.assert_allclose(cut.duration, plain.duration, rtol=1e-11)
    np.testing.assert_allclose(cut.moved, plain.moved, rtol=1e-11)


@pytest.mark.parametrize("wrong", [0.5, 2.0, 1.0 + 1e-5])
def test_books_that_do_not_close_are_refused(fabric, monkeypatch, wrong):
    complete, moved = rerouting.complete, rerouting.moved
    monkeypatch.setattr(rerouting, "complete", lambda *given: (complete(*given)[0], complete(*given)[1] * wrong))
    monkeypatch.setattr(rerouting, "moved", lambda state: moved(state) * wrong)
    for changes in (None, _changes(fabric, (0.5, "leaf 1 > host 3", 0.0))):
        with pytest.raises(RunError, match="balance of bytes"):
            run_flows(fabric, [0], [1], [1e9], [0.0], changes=changes)


def test_a_link_above_its_capacity_is_refused(fabric, monkeypatch):
    right = rerouting.complete
    monkeypatch.setattr(rerouting, "complete", lambda *given: (right(*given)[0] * 0.5, right(*given)[1]))
    with pytest.raises(RunError, match="balance of bytes"):
        run_flows(fabric, [0], [1], [1e9], [0.0])


def test_a_hundred_thousand_flows_on_one_link(fabric):
    size = np.random.default_rng(2).permutation(np.arange(1.0, 100_001.0))
    done = run_flows(fabric, np.zeros(100_000, int), np.ones(100_000, int), size, np.zeros(100_000))
    # processor sharing: the k-th smallest ends when it and all smaller ones are through, and as much of each larger one
    ascending = np.sort(size)
    ends = (np.cumsum(ascending) + np.arange(99_999, -1, -1) * ascending) / 1e9
    np.testing.assert_allclose(np.sort(done.finish), ends, rtol=1e-9)
    np.testing.assert_array_equal(np.argsort(done.finish, kind="stable"), np.argsort(size))
    same = run_flows(fabric, np.zeros(100_000, int), np.ones(100_000, int), np.full(100_000, 1e4), np.zeros(100_000))
    np.testing.assert_allclose(same.finish, 1.0, rtol=1e-12)
    assert len(set(same.finish.tolist())) == 1
