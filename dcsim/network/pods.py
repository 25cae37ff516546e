"""Pods of racks (F4, F16): shared NICs, uplinks to every plane, pods to the spine, datacenters to the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.ecmp import choose
from dcsim.network.topology import Block, Routes, Topology, lay, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import PodFabric
    from dcsim.spec.hardware import Nic, Switch

__all__ = ["PodTopology", "pods"]


@dataclass(frozen=True, eq=False)
class PodTopology(Topology):
    """Links of a region: hosts (only where they share a NIC), NICs, racks, pods, datacenters; each up, then down.

    Above the NICs there is a link for each plane. A flow stays in the plane that it chose.

    Parameters
    ----------
    fabric : PodFabric
        What it is made of.
    hosts_per_sled, hosts_per_nic, sleds_per_rack : int
        How many; the last NIC of a sled may have fewer hosts.
    counts : tuple of int
        Host links, NICs, racks, pods and datacenters.
    """

    fabric: PodFabric
    hosts_per_sled: int
    hosts_per_nic: int
    sleds_per_rack: int
    counts: tuple[int, int, int, int, int]

    @property
    def _first(self) -> list[int]:
        """First link of each level, and the number of links."""
        planes = self.fabric.tor_uplinks
        sizes = [2 * count * (planes if depth > 1 else 1) for depth, count in enumerate(self.counts)]
        return [sum(sizes[:depth]) for depth in range(len(sizes) + 1)]

    @property
    def _nics_per_sled(self) -> int:
        return -(-self.hosts_per_sled // self.hosts_per_nic)

    def _nic(self, host: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the NIC of each host."""
        sled, place = np.divmod(host, self.hosts_per_sled)
        return np.asarray(sled * self._nics_per_sled + place // self.hosts_per_nic)

    def name(self, link: int) -> str:
        """Return what a link is called."""
        first, planes = self._first, self.fabric.tor_uplinks
        depth = int(np.searchsorted(first, link, side="right")) - 1
        inside, across = link - first[depth], self.counts[depth] * (planes if depth > 1 else 1)
        down, index = divmod(inside, across)
        which, plane = divmod(index, planes) if depth > 1 else (index, 0)
        if depth == 0:
            ends = f"host {which}", f"nic {self._nic(np.array(which))}"
        elif depth == 1:
            rack = which // (self._nics_per_sled * self.sleds_per_rack)
            ends = f"{'nic' if self.counts[0] else 'host'} {which}", f"rack {rack}"
        elif depth == 2:
            ends = f"rack {which}", f"pod {which // self.fabric.racks_per_pod} plane {plane}"
        elif depth == 3:
            above = f"datacenter {which // self.fabric.pods_per_datacenter} plane {plane}"
            ends = f"pod {which} plane {plane}", above
        else:
            ends = f"datacenter {which} plane {plane}", f"core plane {plane}"
        return " > ".join(ends[::-1] if down else ends)

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        planes = self.fabric.tor_uplinks
        nics = self._nics_per_sled * self.sleds_per_rack
        above = (nics, self.fabric.racks_per_pod, self.fabric.pods_per_datacenter)
        ups, downs, crossed = [], [], []
        a, b = src, dst
        for depth, (first, count) in enumerate(zip(self._first, self.counts, strict=False)):
            width = planes if depth > 1 else 1
            ups.append(first + a * width)
            downs.append(first + (count + b) * width)
            crossed.append((a != b) & (count > 0))
            if depth == 0:
                a, b = self._nic(a), self._nic(b)
            elif depth <= len(above):
                a, b = a // above[depth - 1], b // above[depth - 1]
        alive = None
        if failed is not None:
            alive = np.ones((len(src), planes), np.bool_)
            for depth, crosses in enumerate(crossed):
                for way in (ups[depth], downs[depth]):
                    every = np.where(crosses, way, 0)[:, None] + (np.arange(planes) if depth > 1 else 0)
                    alive &= ~(failed[every] & crosses[:, None])
        plane = choose(self.fabric.routing, src, dst, planes, alive=alive)
        steps = [np.where(c, up + plane * (d > 1), -1) for d, (c, up) in enumerate(zip(crossed, ups, strict=True))]
        back = [np.where(c, down + plane * (d > 1), -1) for d, (c, down) in enumerate(zip(crossed, downs, strict=True))]
        return packed([*steps, *back[::-1]], self.latency)


def pods(
    fabric: PodFabric,
    hosts: int,
    *,
    nic: Nic,
    adapters: int,
    hosts_per_sled: int,
    hosts_per_nic: int,
    sleds_per_rack: int,
    switch: Switch | None,
) -> PodTopology:
    """Return as many racks, pods and datacenters as the hosts need, filled one after the other.

    A pod has the spine links that it was built with, however many of its racks stand.

    Parameters
    ----------
    fabric : PodFabric
        Uplinks, pods and planes.
    hosts : int
        How many.
    nic : Nic
        The adapter; all links above it carry the same frames and so have the same efficiency.
    adapters : int
        Adapters that one host has to itself, taken as one link.
    hosts_per_sled, hosts_per_nic, sleds_per_rack : int
        How many.
    switch : Switch, optional
        Top-of-rack switch, whose packet memory stands in front of the links that leave it; without it, or where the
        adapters stop senders (``transport: rdma``), nothing is dropped.
    """
    planes, share = fabric.tor_uplinks, nic.protocol_efficiency
    sleds = -(-hosts // hosts_per_sled)
    nics = sleds * -(-hosts_per_sled // hosts_per_nic)
    racks = -(-sleds // sleds_per_rack)
    count = -(-racks // fabric.racks_per_pod)
    datacenters = -(-count // fabric.pods_per_datacenter)
    shared = hosts if hosts_per_nic > 1 else 0
    line = nic.bandwidth * adapters * share
    uplink = fabric.uplink_bandwidth * share
    spine = fabric.racks_per_pod * uplink / fabric.spine_oversubscription
    core = fabric.pods_per_datacenter * spine
    memory = None
    if switch is not None and switch.buffer is not None and nic.transport == "tcp":
        memory = switch.buffer / switch.buffer_partitions
    hop = fabric.hop_latency
    links = lay(
        [
            Block("host", 2 * shared, nic.host_bandwidth or line, 0.0),
            Block("nic", nics, line, hop),
            Block("nic", nics, line, hop, memory),
            Block("rack", racks * planes, uplink, hop, memory),
            Block("rack", racks * planes, uplink, hop),
            Block("pod", 2 * count * planes, spine, hop),
            Block("core", 2 * datacenters * planes, core, hop),
        ]
    )
    counts = (shared, nics, racks, count, datacenters)
    return PodTopology(hosts, *links, fabric, hosts_per_sled, hosts_per_nic, sleds_per_rack, counts)
