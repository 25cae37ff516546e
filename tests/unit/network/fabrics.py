"""Small fabrics of every type."""

from __future__ import annotations

from dcsim.spec.fabric import FABRICS


def fabric(kind, **fields):
    return FABRICS[kind](title="a test", source="a test", type=kind, **fields)


CABLE = {"bandwidth": "10 Gbit/s", "latency": "1 us"}


def two_leaves(spines=3, **more):
    """Return a graph of four hosts on two leaves."""
    links = [{"a": f"host {host}", "b": f"leaf {host // 2}", **CABLE} for host in range(4)]
    links += [{"a": f"leaf {leaf}", "b": f"spine {spine}", **CABLE} for leaf in range(2) for spine in range(spines)]
    return fabric("graph", hosts=[f"host {host}" for host in range(4)], links=links, **more)


SMALL = {
    "leaf_spine": fabric(
        "leaf_spine", leaves=4, hosts_per_leaf=3, spines=3, host_bandwidth="10 Gbit/s", uplink_bandwidth="40 Gbit/s",
        hop_latency="1 us", buffer="1 MiB",
    ),
    "fat_tree": fabric("fat_tree", ports=4, bandwidth="10 Gbit/s", oversubscription=2.0, hop_latency="1 us"),
    "sled_racks": fabric(
        "sled_racks", sleds_per_rack=2, hosts_per_sled=3, host_bandwidth="10 Gbit/s", host_latency="0 s",
        nic_bandwidth="20 Gbit/s", nic_latency="1 us", uplink_bandwidth="30 Gbit/s", uplink_latency="2 us",
        buffer="2 MiB",
    ),
    "graph": two_leaves(),
    "pods": fabric(
        "pods", year=2020, racks_per_pod=2, pods_per_datacenter=2, tor_uplinks=3, uplink_bandwidth="40 Gbit/s",
        spine_oversubscription=2.0, hop_latency="1 us", wan_detour=1.4,
    ),
}  # fmt: skip
