"""What the places of a gang cost it: hosts that share an adapter, and racks and pods between them.

Gradients go around a ring in the order of the nodes after every step. Each host has its share of its adapter among the
hosts of its own gang, and every message the latency of as many switches as the farthest neighbours need (closed form;
``dcsim.collectives.plan.closed_form``). What other gangs send is left out: ``dcsim run`` is there for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.collectives.plan import closed_form
from dcsim.world.synchronisation import Place

if TYPE_CHECKING:
    from dcsim.placements.plan import Nodes, Spots
    from dcsim.world.fleet import Fleet, HostPool
    from dcsim.world.synchronisation import Collective

__all__ = ["GangNetwork", "Layout"]

_LINKS = {"rack": 2, "pod": 4, "away": 6}
"""Cables between neighbours of one rack, of one pod (by a fabric switch), and of several pods (by a spine switch)."""


class Layout(NamedTuple):
    """Where the hosts of a gang stand: how many, how many of them share an adapter at most, how far apart."""

    hosts: int
    sharing: int
    reach: str


class GangNetwork:
    """The network of a pool, as a gang that is alone on it sees it.

    Parameters
    ----------
    fleet : Fleet
        The fleet.
    pool : HostPool
        Its hosts.
    collective : callable
        The exchange: ``(ranks, nbytes) -> plan``.
    """

    def __init__(self, fleet: Fleet, pool: HostPool, collective: Collective) -> None:
        self._fleet = fleet
        self._pool = pool
        self._collective = collective

    def layout(self, spots: Spots, nodes: Nodes) -> Layout:
        """Return how a gang stands."""
        at = spots.nodes
        sharing = int(np.unique(nodes.nic[at], return_counts=True)[1].max(initial=1))
        if len(np.unique(nodes.rack[at])) <= 1:
            return Layout(len(at), sharing, "rack")
        return Layout(len(at), sharing, "pod" if len(np.unique(nodes.pod[at])) <= 1 else "away")

    def best(self, hosts: int) -> Layout:
        """Return the layout that costs least: an adapter for each host, in one rack."""
        return Layout(hosts, 1, "rack")

    def worst(self, hosts: int) -> Layout:
        """Return the layout that costs most: full adapters, in several pods."""
        return Layout(hosts, min(hosts, self._pool.hosts_per_nic), "away" if hosts > 1 else "rack")

    def exchange(self, layout: Layout, nbytes: float) -> float:
        """Return the time of one exchange of gradients among the hosts of a gang, s."""
        fleet, pool = self._fleet, self._pool
        place = Place(fleet.sleds[pool.sled], fleet.nics[pool.nic], layout.sharing, fleet.fabric)
        more = (_LINKS[layout.reach] - _LINKS["rack"]) * fleet.fabric.hop_latency
        return float(closed_form(self._collective(layout.hosts, nbytes), place.bandwidth, place.latency + more))
