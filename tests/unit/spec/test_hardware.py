"""The shipped hardware catalogue: it loads, agrees with itself and with what was published."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from dcsim.spec.base import Sourced
from dcsim.spec.catalog import Catalog, spec_of
from dcsim.spec.hardware import HARDWARE_KINDS, Nic, NicOverride, Server

ROOT = Path(__file__).parents[3] / "hardware_catalog"
FACTS = Path(__file__).parents[4] / "shared" / "facts" / "hardware.yaml"
GIB = 2.0**30
GBIT = 1e9 / 8

SERVERS = [
    "sl270s", "big_sur_m40", "big_basin_p100", "big_basin_v100", "mono_lake", "twin_lakes", "leopard",
    "tioga_pass", "bryce_canyon", "zion", "yosemite_v2_inference", "dgx1_p100", "dgx1_v100", "dgx_a100",
    "dgx_h100", "ec2_p2_8xlarge", "deepbench_m40", "deepbench_p100", "dgx1_v100_32", "dgx2_v100", "dgx_a100_80",
    "easgd_k40", "titan_x_4", "big_sur_m40_d", "big_sur_m40_e", "p100_card",
]  # fmt: skip
GPUS = [
    "gtx580", "k40", "k80", "m40", "p100_sxm2", "p100_pcie", "v100_sxm2_16", "v100_sxm2_32", "v100_pcie",
    "a100_sxm_40", "a100_sxm_80", "h100_sxm", "h200_sxm", "mi100", "mi250x", "mi300x",
    "titan_x_maxwell", "titan_x_pascal", "t4", "a10",
]  # fmt: skip
JANUARY_OFFSET_H = {
    "santa_clara": -8, "ashburn": -5, "prineville": -8, "forest_city": -5, "lulea": 1, "altoona": -6,
    "fort_worth": -6, "clonee": 0, "los_lunas": -7, "odense": 1, "new_albany": -5, "papillion": -6,
}  # fmt: skip


@cache
def raw(kind: str, name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / kind / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def entry(kind: str, name: str) -> Any:
    return spec_of(kind, raw(kind, name))(**raw(kind, name))


def names(kind: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / kind).glob("*.yaml"))


EVERY = [(kind, name) for kind in HARDWARE_KINDS for name in names(kind)]


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, Sourced) or hasattr(value, "model_fields_set"):
        value = {field: getattr(value, field) for field in type(value).model_fields}
    if isinstance(value, dict):
        prefix = f"{path}." if path else ""
        return [leaf for key, item in value.items() for leaf in leaves(item, f"{prefix}{key}")]
    return [(path, value)]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_number_says_where_it_is_from(kind: str, name: str) -> None:
    spec = entry(kind, name)
    numbers = [path for path, value in leaves(spec) if isinstance(value, int | float)]
    assert numbers or kind == "sleds"
    for path in numbers:
        origin = spec.origin_of(path)
        assert origin.startswith(("source: ", "assumption: "))
        assert len(origin.split()) >= 2, (path, origin)
    assert spec.title
    for text in (*spec.sources.values(), *spec.assumptions.values(), *spec.conflicts):
        assert text == text.strip()
        assert "/work" not in text


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_named_origins_point_at_values_that_are_given(kind: str, name: str) -> None:
    spec = entry(kind, name)
    paths = {path for path, value in leaves(spec) if value is not None}
    for field in (*spec.sources, *spec.assumptions):
        assert any(path == field or path.startswith(f"{field}.") for path in paths), field
    assert not spec.sources.keys() & spec.assumptions.keys()


def test_kinds_are_the_folders_of_the_catalogue() -> None:
    assert sorted(path.name for path in ROOT.iterdir() if path.is_dir()) == sorted(HARDWARE_KINDS)


def test_every_entry_asked_for_is_there_and_no_more() -> None:
    assert names("servers") == sorted(SERVERS)
    assert names("gpus") == sorted(GPUS)
    assert names("regions") == sorted(JANUARY_OFFSET_H)
    assert {"wedge_40", "wedge_100", "backpack", "minipack"} <= set(names("switches"))
    assert names("fabrics") == [
        "f16", "f4_100g", "f4_40g", "fat_tree_k8", "leaf_spine_256", "rack16_50g_full", "rack16_50g_shared",
    ]  # fmt: skip
    assert {entry("servers", name).gpu_topology for name in SERVERS} - {None} <= set(names("gpu_topologies"))
    used = {entry("sleds", name).server for name in names("sleds")}
    assert used == set(SERVERS)
    assert {entry("racks", name).sled for name in names("racks")} == set(names("sleds"))


REFERENCES = {
    ("servers", "cpu"): "cpus", ("servers", "gpu"): "gpus", ("servers", "nic"): "nics",
    ("servers", "head_node"): "servers", ("servers", "gpu_topology"): "gpu_topologies",
    ("sleds", "server"): "servers", ("sleds", "nic"): "nics",
    ("racks", "sled"): "sleds", ("racks", "switch"): "switches",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "field"), REFERENCES)
def test_named_entries_exist(kind: str, field: str) -> None:
    known = {*names(REFERENCES[kind, field]), None}
    for name in names(kind):
        assert getattr(entry(kind, name), field) in known, name


def test_head_nodes_have_processors_and_no_gpus() -> None:
    heads = {entry("servers", name).head_node for name in SERVERS} - {None}
    assert heads == {"leopard", "tioga_pass"}
    for head in heads:
        assert entry("servers", head).sockets == 2
        assert entry("servers", head).gpus == 0


def power_of(name: str) -> float:
    server = entry("servers", name)
    head = entry("servers", server.head_node) if server.head_node else None
    return server.peak_power + (head.peak_power if head else 0.0)


@pytest.mark.parametrize("name", names("racks"))
def test_racks_fit_their_power_and_their_switch(name: str) -> None:
    rack = entry("racks", name)
    sled = entry("sleds", rack.sled)
    switch = entry("switches", rack.switch)
    assert rack.sleds * sled.hosts * power_of(sled.server) <= rack.power_budget
    down = rack.sleds * sled.nics * entry("nics", sled.nic).bandwidth
    assert down + 4 * switch.port_bandwidth <= switch.ports * switch.port_bandwidth
    assert rack.sleds % rack.sleds_per_chassis == 0


@pytest.mark.parametrize("name", SERVERS)
def test_servers_can_feed_their_parts(name: str) -> None:
    server = entry("servers", name)
    parts = server.gpus * entry("gpus", server.gpu).tdp if server.gpu else 0.0
    parts += server.sockets * entry("cpus", server.cpu).tdp if server.cpu else 0.0
    assert parts < server.peak_power


@pytest.mark.parametrize("name", names("sleds"))
def test_sleds_share_an_adapter_that_can_be_shared(name: str) -> None:
    sled = entry("sleds", name)
    assert sled.hosts <= sled.nics * entry("nics", sled.nic).max_hosts


PUBLISHED = [
    ("gpus", "m40", "peak.fp32", 6.844e12),
    ("gpus", "m40", "memory_bandwidth", 288e9),
    ("gpus", "k80", "peak.fp32", 8.736e12 / 2),
    ("gpus", "k80", "memory", 12 * GIB),
    ("gpus", "p100_sxm2", "memory_bandwidth", 732e9),
    ("gpus", "p100_sxm2", "links", 4),
    ("gpus", "v100_sxm2_16", "peak.fp32", 15.7e12),
    ("gpus", "v100_sxm2_16", "memory_bandwidth", 900e9),
    ("gpus", "v100_sxm2_16", "links", 6),
    ("gpus", "v100_sxm2_16", "link_bandwidth", 25e9),
    ("gpus", "a100_sxm_80", "peak.tensor_fp16", 312e12),
    ("gpus", "h100_sxm", "tdp", 700.0),
    ("gpus", "mi300x", "memory", 192 * GIB),
    ("cpus", "xeon_d1587", "tdp", 65.0),
    ("cpus", "e5_2680v4", "cores", 14),
    ("nics", "nic_50g", "bandwidth", 50 * GBIT),
    ("nics", "nic_50g", "max_hosts", 4),
    ("servers", "mono_lake", "memory", 32 * GIB),
    ("servers", "mono_lake", "peak_power", 90.0),
    ("servers", "big_basin_v100", "gpus", 8),
    ("servers", "bryce_canyon", "disks", 72),
    ("servers", "dgx1_v100", "price", 149_000.0),
    ("servers", "dgx_a100", "price", 199_000.0),
    ("sleds", "yosemite_mono_lake", "hosts", 4),
    ("racks", "web_1s", "sleds", 30),
    ("racks", "web_1s", "power_budget", 11_000.0),
    ("racks", "web_1s", "sleds_per_chassis", 3),
    ("switches", "wedge_100", "ports", 32),
    ("switches", "wedge_100", "buffer", 16 * 2.0**20),
    ("switches", "wedge_100", "buffer_partitions", 4),
    ("switches", "minipack", "ports", 128),
    ("fabrics", "f4_40g", "racks_per_pod", 48),
    ("fabrics", "f4_40g", "spine_oversubscription", 4.0),
    ("fabrics", "f16", "tor_uplinks", 16),
    ("regions", "prineville", "pue", 1.09),
]


@pytest.mark.parametrize(("kind", "name", "path", "value"), PUBLISHED)
def test_published_figures(kind: str, name: str, path: str, value: float) -> None:
    assert dict(leaves(entry(kind, name)))[path] == pytest.approx(value, rel=1e-12)


def test_figures_that_follow_from_others() -> None:
    rack = entry("racks", "web_1s")
    hosts = rack.sleds * entry("sleds", rack.sled).hosts
    assert hosts == 120
    assert hosts * entry("servers", "mono_lake").peak_power == pytest.approx(10_800)
    uplinks = entry("fabrics", "f4_100g").tor_uplinks * entry("fabrics", "f4_100g").uplink_bandwidth
    assert rack.sleds * entry("nics", "nic_50g").bandwidth / uplinks == pytest.approx(3.75)
    assert entry("gpus", "v100_sxm2_16").memory_bandwidth / entry("gpus", "m40").memory_bandwidth == 3.125
    assert entry("cpus", "platinum_8180").peak == pytest.approx(4.48e12)
    assert entry("cpus", "xeon_d1540").peak == pytest.approx(512e9)


def test_regions_keep_their_own_clocks() -> None:
    january = dt.datetime(2017, 1, 15, tzinfo=dt.UTC)
    for name, hours in JANUARY_OFFSET_H.items():
        offset = january.astimezone(zoneinfo.ZoneInfo(entry("regions", name).time_zone)).utcoffset()
        assert offset == dt.timedelta(hours=hours), name


def test_conflicts_between_sources_are_told() -> None:
    for kind, name, word in (
        ("gpus", "m40", "5.6"), ("gpus", "v100_sxm2_16", "14.9"), ("racks", "web_1s", "48"),
        ("switches", "wedge_40", "12 MB"), ("fabrics", "f4_40g", "1:1"), ("gpus", "h200_sxm", "3.36"),
        ("servers", "big_basin_v100", "300 percent"), ("cpus", "platinum_8180", "28.5"),
    ):  # fmt: skip
        assert any(word in text for text in entry(kind, name).conflicts), (kind, name)


FIELDS = {
    "gpus": {
        "fp32_peak_flop_per_s": "peak.fp32", "fp16_peak_flop_per_s": "peak.fp16",
        "tensor_fp16_peak_flop_per_s": "peak.tensor_fp16", "tf32_tensor_peak_flop_per_s": "peak.tf32",
        "memory_bytes": "memory", "memory_bandwidth_bytes_per_s": "memory_bandwidth", "tdp_w": "tdp",
        "idle_power_w": "idle_power", "list_price_usd": "price", "street_price_usd": "price",
        "nvlink_links": "links", "xgmi_links": "links",
        "xgmi_link_bandwidth_bytes_per_s_per_dir": "link_bandwidth",
        "nvlink_link_bandwidth_bytes_per_s_per_dir": "link_bandwidth",
        "nvlink_link_effective_bytes_per_s_per_dir": "effective_link_bandwidth",
    },
    "cpus": {
        "cores": "cores", "base_hz": "base_frequency", "llc_bytes": "llc", "launch_year": "year",
        "memory_bandwidth_bytes_per_s": "memory_bandwidth", "tdp_w": "tdp", "list_price_usd": "price",
    },
    "regions": {
        "latitude_deg": "latitude", "longitude_deg": "longitude", "pue": "pue", "ownership": "ownership",
    },
    "fabrics": {"racks_per_pod": "racks_per_pod", "tor_uplinks": "tor_uplinks", "year": "year"},
    "switches": {"ports": "ports", "year": "year"},
    "servers": {"year": "year", "gpus": "gpus", "list_price_usd": "price"},
}  # fmt: skip
RECORDS = {
    "p100_pcie": "p100_pcie16", "v100_pcie": "v100_pcie16", "f4_40g": "fabric_f4_40g",
    "f4_100g": "fabric_f4_100g", "f16": "fabric_f16", "wedge_40": "wedge_16x", "big_sur_m40": "big_sur",
}  # fmt: skip
HALF_OF_THE_CARD = "k80"


@pytest.mark.skipif(not FACTS.exists(), reason="the collected facts lie beside the repository, not in it")
@pytest.mark.parametrize("kind", FIELDS)
def test_catalogue_agrees_with_the_collected_facts(kind: str) -> None:
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    records = {record["id"]: record for record in facts["records"]}
    compared = 0
    for name in names(kind):
        record = records.get(RECORDS.get(name, name))
        if record is None or name == HALF_OF_THE_CARD:
            continue
        spec = entry(kind, name)
        ours = dict(leaves(spec))
        for theirs, field in FIELDS[kind].items():
            if theirs not in record["fields"]:
                continue
            value = record["fields"][theirs]
            expected = value if isinstance(value, str) else pytest.approx(value, rel=1e-9)
            assert ours[field] == expected, (name, field)
            confidence = record.get("overrides", {}).get(theirs, record)["confidence"]
            if confidence == "estimate":
                assert spec.origin_of(field).startswith("assumption: "), (name, field)
            compared += 1
    assert compared >= 6


INVALID = [
    ("servers", "mono_lake", {"idle_power": "120 W"}, "idle_power is above peak_power"),
    ("servers", "mono_lake", {"gpus": 2}, "gpu and gpus need each other"),
    ("servers", "big_basin_p100", {"gpus": 0}, "gpu and gpus need each other"),
    ("servers", "big_basin_p100", {"head_node": None}, "head_node that hosts it"),
    ("servers", "leopard", {"sockets": 0}, "cpu and sockets need each other"),
    ("servers", "leopard", {"kind": "gpu"}, "needs gpu and gpus"),
    ("servers", "leopard", {"gpu_topology": "nvswitch"}, "gpu_topology without gpus"),
    ("servers", "leopard", {"serving_speed": 0.0}, "greater than 0"),
    ("servers", "leopard", {"price": "-1 USD"}, "zero or more"),
    ("servers", "leopard", {"power_exponent": 0.5}, "greater than or equal to 1"),
    ("servers", "bryce_canyon", {"disk_capacity": None}, "disk_capacity and disks need each other"),
    ("servers", "leopard", {"nics": 0}, "greater than or equal to 1"),
    ("gpus", "m40", {"peak": {}}, "at least 1 item"),
    ("gpus", "m40", {"peak": {"fp64": "1 TFLOP/s"}}, "Input should be"),
    ("gpus", "m40", {"idle_power": "300 W"}, "idle_power is above tdp"),
    ("gpus", "m40", {"links": 4}, "links and link_bandwidth need each other"),
    ("gpus", "p100_sxm2", {"box_bandwidth": "6 GB/s"}, "has links, so box_bandwidth would have no effect"),
    ("gpus", "p100_sxm2", {"effective_link_bandwidth": "30 GB/s"}, "at least as large"),
    ("gpus", "m40", {"memory_bandwidth": "288 GB"}, "is a unit of data, not of data rate"),
    ("gpus", "m40", {"efficiency": {"fp32": {"conv": 1.6}}}, "less than or equal to 1.5"),
    ("gpus", "m40", {"efficiency": {"fp32": {"conv": 0.0}}}, "greater than 0"),
    ("cpus", "gold_6138", {"cores": 0}, "greater than or equal to 1"),
    ("cpus", "gold_6138", {"base_frequency": 2.0}, "needs a number and a unit"),
    ("nics", "nic_50g", {"bandwidth": "0 Gbit/s"}, "above zero"),
    ("nics", "nic_50g", {"protocol_efficiency": 0.0}, "greater than 0"),
    ("sleds", "yosemite_mono_lake", {"hosts": 0}, "greater than or equal to 1"),
    ("sleds", "yosemite_mono_lake", {"nics": 5}, "at most one each"),
    ("racks", "web_1s", {"sleds": 49}, "holds at most 48 sleds, not 49"),
    ("racks", "web_1s", {"sleds_per_chassis": 49}, "sleds_per_chassis is above max_sleds, 48"),
    ("racks", "web_1s", {"power_budget": "0 kW"}, "above zero"),
    ("switches", "wedge_100", {"buffer_partitions": 0}, "greater than or equal to 1"),
    ("fabrics", "f16", {"spine_oversubscription": 0.5}, "greater than or equal to 1"),
    ("fabrics", "f16", {"wan_detour": 0.9}, "greater than or equal to 1"),
    ("fabrics", "f16", {"routing": "ecmp"}, "'hash', 'sum_modulo' or 'single'"),
    ("fabrics", "leaf_spine_256", {"spines": 0}, "greater than or equal to 1"),
    ("fabrics", "leaf_spine_256", {"racks_per_pod": 48}, "Extra inputs are not permitted"),
    ("fabrics", "fat_tree_k8", {"ports": 7}, "multiple of 2"),
    ("fabrics", "fat_tree_k8", {"oversubscription": 0.5}, "greater than or equal to 1"),
    ("fabrics", "rack16_50g_full", {"hosts_per_sled": 2}, "need host_bandwidth and host_latency"),
    ("fabrics", "rack16_50g_shared", {"host_latency": None}, "need each other"),
    ("nics", "nic_50g", {"transport": "udp"}, "'tcp' or 'rdma'"),
    ("gpu_topologies", "big_sur_a", {"gpus": 9}, "no link ends at gpu8"),
    ("gpu_topologies", "big_sur_a", {"nics": ["plx9"]}, "no link ends at 'plx9'"),
    ("gpu_topologies", "big_sur_a", {"protocols": {"x": {"start": "1 us", "bandwidth_share": 0.0}}}, "greater than 0"),
    ("gpu_topologies", "nvswitch_h100", {"in_switch": {"bandwidth_share": 0.5}}, "Field required"),
    ("nics", "nic_25g", {"staged_bandwidth": "0 Gbit/s"}, "above zero"),
    ("gpu_topologies", "big_sur_a", {"wires": {"pcie": {"bandwidth": "12 GB/s", "latency": "0 s"}}},
     "does not say what 'root' carries"),
    ("regions", "lulea", {"time_zone": "Europe/Stokholm"}, "did you mean 'Europe/Stockholm'"),
    ("regions", "lulea", {"time_zone": "Europe"}, "unknown time zone 'Europe'"),
    ("regions", "lulea", {"time_zone": "../etc/passwd"}, "unknown time zone"),
    ("regions", "lulea", {"latitude": "95 deg"}, "between -90 deg and 90 deg"),
    ("regions", "lulea", {"longitude": "-181 deg"}, "between -180 deg and 180 deg"),
    ("regions", "lulea", {"pue": 0.9}, "greater than or equal to 1"),
    ("regions", "lulea", {"ownership": "rented"}, "'owned' or 'leased'"),
    ("regions", "lulea", {"source": None}, "needs a 'source:'"),
    ("regions", "lulea", {"assumptions": {"climate": "cold"}}, "not a field here"),
    ("regions", "lulea", {"climate": "cold"}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("kind", "name", "change", "message"), INVALID)
def test_impossible_hardware_is_refused(kind: str, name: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec_of(kind, raw(kind, name))(**{**raw(kind, name), **change})
    assert message in str(caught.value)


def test_a_region_without_a_time_zone_is_refused() -> None:
    region = {key: value for key, value in raw("regions", "lulea").items() if key != "time_zone"}
    with pytest.raises(ValidationError, match="time_zone\n  Field required"):
        HARDWARE_KINDS["regions"](**region)


def test_a_nic_override_holds_only_what_is_given() -> None:
    override = NicOverride(bandwidth="25 Gbit/s")
    assert override.model_dump(mode="python", exclude_none=True, round_trip=True).keys() == {"bandwidth"}
    assert override.bandwidth == 25 * GBIT
    with pytest.raises(ValidationError, match="needs a number and a unit"):
        NicOverride(bandwidth=25)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_entries_survive_being_written_out(kind: str, name: str) -> None:
    spec = entry(kind, name)
    assert type(spec)(**spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize("transport", ["tcp", "rdma"])
def test_an_adapter_that_says_its_rate_alone_is_like_the_shipped_ones(transport):
    own = Nic.model_validate(
        {"title": "own", "source": "a test", "bandwidth": "100 Gbit/s", "transport": transport}
    )
    shipped = Catalog().load("nics", {"tcp": "nic_100g", "rdma": "nic_100g_rdma"}[transport])
    assert own.max_hosts == 1
    for field in ("protocol_efficiency", "message_overhead", "step_spread", "staged"):
        assert getattr(own, field) == pytest.approx(getattr(shipped, field))
    stated = Nic.model_validate(
        {"title": "own", "source": "a test", "bandwidth": "1 GB/s", "transport": transport, "message_overhead": "3 us"}
    )
    assert stated.message_overhead == pytest.approx(3e-6)


def test_a_server_is_written_off_over_four_years_unless_told_otherwise():
    box = {
        "title": "own", "source": "a test", "kind": "dual_socket", "year": 2020, "cpu": "a", "sockets": 2,
        "memory": "256 GiB", "nic": "b", "nics": 1, "idle_power": "100 W", "peak_power": "300 W", "price": "5000 USD",
    }  # fmt: skip
    plain = Server.model_validate(box)
    assert plain == Server.model_validate({**box, "lifetime": "4 years", "serving_speed": 1.0})
