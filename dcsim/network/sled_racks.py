"""Racks of sleds with one NIC each under a core that never blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.topology import Block, Routes, Topology, lay, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import SledRacks

__all__ = ["SledRacksTopology", "sled_racks"]


@dataclass(frozen=True, eq=False)
class SledRacksTopology(Topology):
    """Links of sleds and racks: hosts up, hosts down (both only where hosts share), NICs up, down, racks up, down.

    Parameters
    ----------
    fabric : SledRacks
        What it is made of.
    shared : int
        Host links in one direction; zero where a NIC is the host's own.
    sleds, racks : int
        How many stand.
    """

    fabric: SledRacks
    shared: int
    sleds: int
    racks: int

    def name(self, link: int) -> str:
        """Return what a link is called."""
        index = link
        for count, lower, upper in (
            (self.shared, "host", "nic"), (self.sleds, "nic" if self.shared else "host", "rack"),
            (self.racks, "rack", "core"),
        ):  # fmt: skip
            if index < 2 * count:
                which = index % count
                above = {
                    "nic": f"nic {which // self.fabric.hosts_per_sled}",
                    "rack": f"rack {which // self.fabric.sleds_per_rack}",
                    "core": "core",
                }[upper]
                return f"{lower} {which} > {above}" if index < count else f"{above} > {lower} {which}"
            index -= 2 * count
        raise IndexError(link)

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None  # noqa: ARG002  # one path
    ) -> Routes:
        nic, rack = 2 * self.shared, 2 * (self.shared + self.sleds)
        a, b = src // self.fabric.hosts_per_sled, dst // self.fabric.hosts_per_sled
        ra, rb = a // self.fabric.sleds_per_rack, b // self.fabric.sleds_per_rack
        shares = (src != dst) & (self.shared > 0)
        return packed(
            [
                np.where(shares, src, -1),
                np.where(a != b, nic + a, -1),
                np.where(ra != rb, rack + ra, -1),
                np.where(ra != rb, rack + self.racks + rb, -1),
                np.where(a != b, nic + self.sleds + b, -1),
                np.where(shares, self.shared + dst, -1),
            ],
            self.latency,
        )


def sled_racks(fabric: SledRacks, hosts: int) -> SledRacksTopology:
    """Return as many sleds and racks as the hosts need."""
    sleds = -(-hosts // fabric.hosts_per_sled)
    racks = -(-sleds // fabric.sleds_per_rack)
    shared = 0 if fabric.host_bandwidth is None else hosts
    links = lay(
        [
            Block("host", 2 * shared, fabric.host_bandwidth or 0.0, fabric.host_latency or 0.0),
            Block("nic", sleds, fabric.nic_bandwidth, fabric.nic_latency),
            Block("nic", sleds, fabric.nic_bandwidth, fabric.nic_latency, fabric.buffer),
            Block("rack", racks, fabric.uplink_bandwidth, fabric.uplink_latency, fabric.buffer),
            Block("rack", racks, fabric.uplink_bandwidth, fabric.uplink_latency),
        ]
    )
    return SledRacksTopology(hosts, *links, fabric, shared, sleds, racks)
