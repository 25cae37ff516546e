"""The fleet's structure as a graph: regions joined by the WAN, racks joined by pods and datacenters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.spec.hardware import Region
    from dcsim.world.fleet import Fleet

__all__ = ["fleet_graph", "region_rtts", "route"]

_EARTH_M = 6_371_000.0
_FIBRE_M_PER_S = 299_792_458.0 / 1.468


def region_rtts(regions: Sequence[Region], detour: float) -> NDArray[np.float64]:
    """Return the round-trip time between regions (s), shape (R, R), zero on the diagonal.

    Great-circle distance by the haversine formula, there and back through fibre of group index 1.468 that is
    ``detour`` times as long (``PodFabric.wan_detour``).
    """
    latitude = np.radians([region.latitude for region in regions])
    longitude = np.radians([region.longitude for region in regions])
    half = np.sin((latitude[:, None] - latitude) / 2) ** 2
    half += np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    distance = 2 * _EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return np.asarray(2 * detour * distance / _FIBRE_M_PER_S)


def fleet_graph(fleet: Fleet) -> nx.Graph:
    """Return the structure down to the racks.

    Nodes are tuples: ``("region", name)``, ``("datacenter", n)``, ``("pod", n)``, ``("rack", n)`` with the numbers of
    ``Fleet.host_arrays``. Edges carry ``bandwidth`` (bytes/s, one direction) and ``latency`` (s, one way).
    """
    hosts, fabric = fleet.host_arrays, fleet.fabric
    uplink = fabric.tor_uplinks * fabric.uplink_bandwidth
    graph = nx.Graph()
    names = fleet.region_names
    racks, first, counts = np.unique(hosts.rack, return_index=True, return_counts=True)
    for rack, host, count in zip(racks.tolist(), first.tolist(), counts.tolist(), strict=True):
        pool = fleet.pools[hosts.pool[host]]
        graph.add_node(("rack", rack), hosts=count, server=pool.server, role=pool.role)
        graph.add_edge(
            ("rack", rack), ("pod", int(hosts.pod[host])), bandwidth=uplink, latency=fabric.hop_latency
        )
    for inner, outer in (("pod", "datacenter"), ("datacenter", "region")):
        pairs = np.unique(np.stack([getattr(hosts, inner)[first], getattr(hosts, outer)[first]]), axis=1)
        per_node = np.bincount(getattr(hosts, inner)[first])
        for a, b in pairs.T.tolist():
            end = (outer, names[b] if outer == "region" else b)
            bandwidth = per_node[a] * uplink / fabric.spine_oversubscription
            graph.add_edge((inner, a), end, bandwidth=float(bandwidth), latency=fabric.hop_latency)
    _add_wan(graph, fleet)
    return graph


def _add_wan(graph: nx.Graph, fleet: Fleet) -> None:
    sites = list(fleet.regions.values())
    names, rtts = fleet.region_names, region_rtts(sites, fleet.fabric.wan_detour)
    graph.add_nodes_from(("region", name) for name in names)
    for i, a in enumerate(names):
        for j in range(i):
            graph.add_edge(
                ("region", a),
                ("region", names[j]),
                bandwidth=min(sites[i].wan_bandwidth, sites[j].wan_bandwidth),
                latency=float(rtts[i, j]) / 2,
            )


def route(fleet: Fleet, a: int, b: int) -> list[tuple[str, int | str]]:
    """Return the nodes between two hosts, from rack to rack, from the arrays alone.

    It is the shortest path of ``fleet_graph``: up to the first level that both share and down again; regions are
    joined directly. Empty for hosts of one sled.
    """
    hosts = fleet.host_arrays
    if hosts.sled[a] == hosts.sled[b]:
        return []
    up: list[tuple[str, int | str]] = []
    down: list[tuple[str, int | str]] = []
    for level in ("rack", "pod", "datacenter", "region"):
        numbers = getattr(hosts, level)
        near, far = int(numbers[a]), int(numbers[b])
        if level == "region":
            names = fleet.region_names
            ends: tuple[int | str, int | str] = (names[near], names[far])
        else:
            ends = (near, far)
        up.append((level, ends[0]))
        if near == far:
            return up + down[::-1]
        down.append((level, ends[1]))
    return up + down[::-1]
