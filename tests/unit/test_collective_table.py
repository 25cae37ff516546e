"""Collectives compared, row by row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dcsim.collective_table import Comparison, compare, prepare
from dcsim.errors import InputError
from dcsim.spec.catalog import Catalog
from dcsim.world.comparison import ALL


@pytest.fixture(scope="module")
def catalog():
    return Catalog()


def told(asked, catalog):
    with pytest.raises(InputError) as caught:
        prepare(asked, catalog)
    return [str(problem) for problem in caught.value.problems]


def test_bandwidths_are_those_of_nccl_tests(catalog):
    (row,) = compare(Comparison(("ring",), (8,), (1e8,), fabric="rack16_50g_full"), catalog)
    assert row.time_s == pytest.approx(0.028014, rel=1e-9)
    assert row.algbw_bytes_per_s == pytest.approx(1e8 / 0.028014)
    assert row.busbw_bytes_per_s == pytest.approx(1.75 * 1e8 / 0.028014)
    assert row.gap_ratio == pytest.approx(0.0, abs=1e-12)
    (row,) = compare(Comparison(("all_gather",), (8,), (1e8,), fabric="rack16_50g_full"), catalog)
    assert row.busbw_bytes_per_s == pytest.approx(0.875 * row.algbw_bytes_per_s)


def test_order_is_that_of_the_question(catalog):
    asked = Comparison(
        ("ring", "broadcast"), (4, 2), (2e6, 1e6), fabric="leaf_spine_256", fidelities=("flow", "closed_form")
    )
    rows = [(row.algorithm, row.ranks, row.bytes, row.fidelity) for row in compare(asked, catalog)]
    assert rows == [
        (name, ranks, nbytes, fidelity)
        for name in asked.algorithms
        for ranks in asked.ranks
        for nbytes in asked.nbytes
        for fidelity in asked.fidelities
    ]


def test_many_small_buffers_tell_algorithms_apart_and_one_does_not(catalog):
    """Goyal et al. 2017: three times at 32 servers; with one fused buffer the latency hardly counts."""
    ratio = {}
    for text in ("per-tensor:resnet50", "1 MB", "fused"):
        asked = Comparison(ranks=(32,), nbytes=(102e6,), buffers=text)
        ring, halving = compare(asked, catalog)
        assert ring.messages == halving.messages
        ratio[text] = ring.time_s / halving.time_s
    assert ratio["per-tensor:resnet50"] == pytest.approx(3.0, rel=0.3)
    assert ratio["1 MB"] == pytest.approx(3.0, rel=0.3)
    assert ratio["fused"] == pytest.approx(1.0, abs=0.1)


def test_buffers_add_up(catalog):
    def time_s(text, *nbytes):
        asked = Comparison(("ring",), (8,), nbytes, buffers=text)
        return sum(row.time_s for row in compare(asked, catalog))

    assert time_s("1 MB", 2.5e6) == pytest.approx(2 * time_s("fused", 1e6) + time_s("fused", 0.5e6), rel=1e-12)


def test_the_gradient_of_the_model_is_what_is_sent_unless_told_otherwise(catalog):
    prepared = prepare(Comparison(buffers="per-tensor:resnet50"), catalog)
    assert prepared.sizes == (102228128.0,)
    assert prepared.notes == ()
    prepared = prepare(Comparison(nbytes=(51114064.0,), buffers="per-tensor:resnet50"), catalog)
    assert prepared.notes == (
        "51.11 MB is 0.5 of the gradient of resnet50 (102.2 MB in 161 buffers); its tensors are scaled by that",
    )


def test_all_leaves_out_what_does_not_suit(catalog):
    prepared = prepare(Comparison((ALL,), (8, 12), server="big_basin_p100"), catalog)
    assert ("hierarchical", 8) in prepared.pairs
    assert ("hierarchical", 12) not in prepared.pairs
    assert ("ring", 12) in prepared.pairs
    assert prepared.notes == (
        "halving_doubling_far is left out: needs a power of two of ranks, such as 8 or 16, not 12",
        "hierarchical is left out: 12 ranks do not fill boxes of 8",
    )


@pytest.mark.parametrize(
    ("fields", "notes"),
    [
        ({}, []),
        ({"placement": "strided"}, ["--placement strided has no effect"]),
        ({"placement": "strided", "sled": "yosemite_mono_lake"}, []),
        ({"transport": "datacenter_tcp_1ms"}, []),
        (
            {"transport": "datacenter_tcp_1ms", "fidelities": ("closed_form",)},
            ["--transport has no effect with --fidelity closed_form"],
        ),
        ({"fabric": "rack16_50g_full", "overhead_s": 0.0}, []),
        ({"fabric": "rack16_50g_full", "sled": "big_basin_p100_sled"}, []),
        ({"fabric": "rack16_50g_full"}, ["messages have no software overhead here"]),
        ({"server": "dgx_a100", "overhead_s": 1e-6}, ["--overhead has no effect: no message leaves its server"]),
        (
            {"server": "dgx_a100", "fidelities": ("packet",), "transport": "datacenter_tcp_1ms"},
            ["--fidelity packet has no effect", "--transport has no effect: no packet memory is known"],
        ),
    ],
)
def test_notes_on_what_has_no_effect(fields, notes, catalog):
    told_of = prepare(Comparison(("ring",), (8,), **fields), catalog).notes
    assert len(told_of) == len(notes)
    assert all(said.startswith(start) for said, start in zip(told_of, notes, strict=True)), told_of


def test_servers_are_joined_at_full_bandwidth_unless_told_otherwise(catalog):
    """64 V100 of eight boxes with four 100G adapters each: the ring is held up by no fabric, as in a step."""
    asked = Comparison(("ring",), (64,), (1e9,), server="dgx1_v100")
    (own,), (named,) = compare(asked, catalog), compare(replace(asked, fabric="f4_100g"), catalog)
    assert own.busbw_bytes_per_s == pytest.approx(4 * 12e9, rel=0.05)
    assert named.busbw_bytes_per_s < 0.4 * own.busbw_bytes_per_s


def test_fewer_gpus_than_the_wiring_holds_fill_servers_of_their_own(tmp_path):
    """A server of four of the eight GPUs of a DGX: eight ranks leave the first server."""
    own = (Path(__file__).parents[2] / "hardware_catalog/servers/dgx1_v100.yaml").read_text(encoding="utf-8")
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers/half.yaml").write_text(own.replace("gpus: 8", "gpus: 4"), encoding="utf-8")
    prepared = prepare(Comparison(("ring",), (4, 8), server="half"), Catalog([tmp_path]))
    assert [prepared.arenas[ranks].leaves_boxes for ranks in (4, 8)] == [False, True]
    assert any("wires 8 GPUs; those of the server are its first 4" in note for note in prepared.notes)
    (tmp_path / "servers/half.yaml").write_text(own.replace("gpus: 8", "gpus: 12"), encoding="utf-8")
    assert told(Comparison(("ring",), (4,), server="half"), Catalog([tmp_path]))[0].startswith(
        "--server: has 12 GPUs, of which its gpu_topology"
    )


def test_hosts_joined_one_after_another_need_not_all_be_joined(catalog, tmp_path):
    """Hosts pass nothing on: each reaches its neighbours in the ring, none the host across."""
    cables = "".join(
        f"  - {{a: h{host}, b: s{switch % 4}, bandwidth: 10 Gbit/s, latency: 1 us}}\n"
        for host in range(4)
        for switch in (host, host + 1)
    )
    text = f"title: ring\nassumption: a test\ntype: graph\nhosts: [h0, h1, h2, h3]\nlinks:\n{cables}"
    (tmp_path / "ring.yaml").write_text(text, encoding="utf-8")
    asked = {"ranks": (4,), "fabric": str(tmp_path / "ring.yaml")}
    assert prepare(Comparison(("ring",), **asked), catalog).pairs == (("ring", 4),)
    assert told(Comparison(("all_to_all",), **asked), catalog) == [
        "--fabric: no way leads from host 'h0' to host 'h2'; join them with cables"
    ]


def test_servers_and_local_ranks_reach_the_plan(catalog):
    def time_s(**fields):
        return compare(Comparison(nbytes=(1e8,), **fields), catalog)[0].time_s

    alone = {"algorithms": ("parameter_server",), "ranks": (8,), "fabric": "rack16_50g_full"}
    assert time_s(**alone, servers=1) > 3 * time_s(**alone)
    boxes = {"ranks": (16,), "server": "dgx1_p100"}
    assert time_s(algorithms=("hierarchical",), **boxes) < time_s(algorithms=("halving_doubling_far",), **boxes)


def test_four_hosts_on_one_adapter_are_slower_than_one(catalog):
    def time_s(hosts, **more):
        asked = Comparison(
            ("ring",), (8,), (1e8,), sled="yosemite_mono_lake", hosts_per_nic=hosts, placement="strided", **more
        )
        return compare(asked, catalog)[0].time_s

    one, two, four = map(time_s, (1, 2, 4))
    assert two == pytest.approx(2 * one, rel=0.02)
    assert four == pytest.approx(4 * one, rel=0.02)


def test_every_problem_at_once(catalog):
    asked = Comparison(
        ("rng",), (8,), fabric="f4", sled="y", buffers="per-tensor:resnet", transport="tcp"
    )
    problems = told(asked, catalog)
    assert [problem.partition(":")[0] for problem in problems] == [
        "--algorithm", "--buffers", "--fabric", "--sled", "--transport",
    ]  # fmt: skip
    assert problems[0] == "--algorithm: unknown collective 'rng'; did you mean 'ring'?"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ranks": (1,)}, "--ranks: needs at least 2 ranks, not 1"),
        ({"nbytes": (0.0,)}, "--bytes: needs at least 1 B, not 0 B"),
        ({"overhead_s": -1e-6}, "--overhead: must be zero or more, not -1e-06 s"),
        ({"overhead_s": float("nan")}, "--overhead: must be zero or more, not nan s"),
        ({"buffers": "fuse"}, "--buffers: 'fuse' is none of fused"),
        ({"ranks": (512,), "fabric": "leaf_spine_256"}, "--ranks: the fabric has 256 hosts; 512 do not fit"),
        ({"hosts_per_nic": 4}, "--hosts-per-nic: an adapter here has 1, not 4; choose hosts that share one"),
        ({"server": "dgx_a100", "hosts_per_nic": 1}, "--hosts-per-nic: has no effect with --server"),
        ({"server": "dgx_a100", "sled": "leopard_sled"}, "--sled: has no effect with --server"),
        ({"server": "dgx_a100", "placement": "strided"}, "--placement: has no effect with --server"),
        (
            {"algorithms": ("parameter_server",), "servers": 8},
            "--algorithm: parameter_server: 8 of 8 ranks cannot be servers",
        ),
        (
            {"algorithms": ("hierarchical",), "ranks": (12,), "server": "dgx_a100"},
            "--algorithm: hierarchical: 12 ranks do not fill boxes of 8",
        ),
    ],
)
def test_refused(fields, message, catalog):
    problems = told(Comparison(**fields), catalog)
    assert len(problems) == 1
    assert problems[0].startswith(message)
