"""A tree of equal switches in three tiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.ecmp import choose
from dcsim.network.topology import Block, Routes, Topology, lay, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import FatTree

__all__ = ["FatTreeTopology", "fat_tree"]


@dataclass(frozen=True, eq=False)
class FatTreeTopology(Topology):
    """Links of a fat tree: hosts up, hosts down, edges up and down, aggregation switches up and down.

    An edge switch has a link to each aggregation switch of its pod; aggregation switch a of each pod has one to each
    core switch of group a. The links of one tier and direction are numbered pod by pod, lower switch by lower switch.

    Parameters
    ----------
    fabric : FatTree
        What it is made of.
    """

    fabric: FatTree

    @property
    def half(self) -> int:
        """Half of the ports: hosts of an edge switch, switches of one tier of a pod, core switches of one group."""
        return self.fabric.ports // 2

    @property
    def tier(self) -> int:
        """Links of one tier above the hosts, in one direction."""
        return self.fabric.ports * self.half**2

    def name(self, link: int) -> str:
        """Return what a link is called."""
        h = self.half
        if link < 2 * self.hosts:
            host = link % self.hosts
            edge = f"edge {host // h**2}.{host // h % h}"
            return f"host {host} > {edge}" if link < self.hosts else f"{edge} > host {host}"
        block, index = divmod(link - 2 * self.hosts, self.tier)
        switch, upper = divmod(index, h)
        pod, lower = divmod(switch, h)
        if block < 2:
            ends = f"edge {pod}.{lower}", f"aggregation {pod}.{upper}"
        else:
            ends = f"aggregation {pod}.{lower}", f"core {lower}.{upper}"
        return " > ".join(ends if block % 2 == 0 else ends[::-1])

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        h, tier, first = self.half, self.tier, 2 * self.hosts
        edge_a, edge_b = src // h, dst // h
        pod_a, pod_b = edge_a // h, edge_b // h
        near, far = (edge_a != edge_b) & (pod_a == pod_b), pod_a != pod_b

        def steps(way: NDArray[np.int64], core: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
            """Return the links above the edge by aggregation switch and core switch of its group."""
            return (
                first + edge_a * h + way,
                first + 2 * tier + (pod_a * h + way) * h + core,
                first + 3 * tier + (pod_b * h + way) * h + core,
                first + tier + edge_b * h + way,
            )

        inside, across = None, None
        if failed is not None:
            a = np.repeat(np.arange(h), h)[:, None]
            up, over, back, down = steps(a, np.tile(np.arange(h), h)[:, None])
            ends = failed[src] | failed[self.hosts + dst]
            inside = ~(failed[up] | failed[down] | ends)[::h].T
            across = ~(failed[up] | failed[over] | failed[back] | failed[down] | ends).T
        routing = self.fabric.routing
        path = choose(routing, src, dst, h * h, alive=across)
        way = np.where(far, path // h, choose(routing, src, dst, h, alive=inside))
        up, over, back, down = steps(way, path % h)
        moves, climbs = src != dst, near | far
        return packed(
            [
                np.where(moves, src, -1),
                np.where(climbs, up, -1),
                np.where(far, over, -1),
                np.where(far, back, -1),
                np.where(climbs, down, -1),
                np.where(moves, self.hosts + dst, -1),
            ],
            self.latency,
        )


def fat_tree(fabric: FatTree) -> FatTreeTopology:
    """Return a fat tree with all the hosts that fit."""
    half = fabric.ports // 2
    hosts, tier = fabric.ports * half**2, fabric.ports * half**2
    above = fabric.bandwidth / fabric.oversubscription
    links = lay(
        [
            Block("host", hosts, fabric.bandwidth, fabric.hop_latency),
            Block("host", hosts, fabric.bandwidth, fabric.hop_latency, fabric.buffer),
            Block("edge", 2 * tier, above, fabric.hop_latency, fabric.buffer),
            Block("core", 2 * tier, above, fabric.hop_latency, fabric.buffer),
        ]
    )
    return FatTreeTopology(hosts, *links, fabric)
