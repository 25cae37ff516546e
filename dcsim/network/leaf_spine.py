"""Leaf switches with hosts below and every spine switch above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.ecmp import choose
from dcsim.network.topology import Block, Routes, Topology, lay, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import LeafSpine

__all__ = ["LeafSpineTopology", "leaf_spine"]


@dataclass(frozen=True, eq=False)
class LeafSpineTopology(Topology):
    """Links of a leaf-spine: hosts up, hosts down, then leaf by leaf to each spine, then from each spine to the leaf.

    Parameters
    ----------
    fabric : LeafSpine
        What it is made of.
    """

    fabric: LeafSpine

    def name(self, link: int) -> str:
        """Return what a link is called."""
        if link < 2 * self.hosts:
            host = link % self.hosts
            leaf = host // self.fabric.hosts_per_leaf
            return f"host {host} > leaf {leaf}" if link < self.hosts else f"leaf {leaf} > host {host}"
        down, pair = divmod(link - 2 * self.hosts, self.fabric.leaves * self.fabric.spines)
        leaf, spine = divmod(pair, self.fabric.spines)
        return f"spine {spine} > leaf {leaf}" if down else f"leaf {leaf} > spine {spine}"

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        spines, leaves = self.fabric.spines, self.fabric.leaves
        here, there = src // self.fabric.hosts_per_leaf, dst // self.fabric.hosts_per_leaf
        up, down = 2 * self.hosts + here * spines, 2 * self.hosts + (leaves + there) * spines
        alive = None
        if failed is not None:
            every = np.arange(spines)
            alive = ~(failed[up[:, None] + every] | failed[down[:, None] + every])
            alive &= ~(failed[src] | failed[self.hosts + dst])[:, None]
        spine = choose(self.fabric.routing, src, dst, spines, alive=alive)
        moves, leaves_leaf = src != dst, here != there
        return packed(
            [
                np.where(moves, src, -1),
                np.where(leaves_leaf, up + spine, -1),
                np.where(leaves_leaf, down + spine, -1),
                np.where(moves, self.hosts + dst, -1),
            ],
            self.latency,
        )


def leaf_spine(fabric: LeafSpine) -> LeafSpineTopology:
    """Return a leaf-spine with all the hosts that fit."""
    hosts, pairs = fabric.leaves * fabric.hosts_per_leaf, fabric.leaves * fabric.spines
    links = lay(
        [
            Block("host", hosts, fabric.host_bandwidth, fabric.hop_latency),
            Block("host", hosts, fabric.host_bandwidth, fabric.hop_latency, fabric.buffer),
            Block("spine", 2 * pairs, fabric.uplink_bandwidth, fabric.hop_latency, fabric.buffer),
        ]
    )
    return LeafSpineTopology(hosts, *links, fabric)
