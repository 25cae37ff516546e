"""How long the hosts of a gang exchange their gradients, at each fidelity of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.collectives.plan import Plan, closed_form
from dcsim.network.build import build_topology
from dcsim.world.collective import plan_time

if TYPE_CHECKING:
    from dcsim.spec.fabric import PodFabric
    from dcsim.spec.hardware import Nic, Rack, Sled, Switch
    from dcsim.spec.network import Fidelity
    from dcsim.spec.transport import Transport

__all__ = ["Collective", "Place", "Synchronisation", "synchronise"]

Collective = Callable[[int, float], Plan]
"""``(ranks, nbytes) -> plan``."""


@dataclass(frozen=True)
class Place:
    """Where the hosts of a gang stand: side by side, sled after sled, rack after rack.

    Parameters
    ----------
    sled : Sled
        What a host stands on; a host with several adapters uses all of them.
    nic : Nic
        The adapter.
    sharing : int
        Hosts of the adapter that communicate at the same time.
    fabric : PodFabric
        The network between the racks.
    rack : Rack, optional
        How many sleds share a top-of-rack switch; not needed for the closed form.
    switch : Switch, optional
        That switch; its buffer decides whether colliding senders lose packets.
    transport : Transport, optional
        What the hosts send with; nothing is lost where not given.
    """

    sled: Sled
    nic: Nic
    sharing: int
    fabric: PodFabric
    rack: Rack | None = None
    switch: Switch | None = None
    transport: Transport | None = None

    @property
    def adapters(self) -> int:
        """Adapters of one host; 1 where hosts share them."""
        return max(1, self.sled.nics // self.sled.hosts)

    @property
    def bandwidth(self) -> float:
        """Goodput that each of the communicating hosts has (bytes/s)."""
        return float(self.nic.bandwidth * self.nic.protocol_efficiency * self.adapters / self.sharing)

    @property
    def latency(self) -> float:
        """Time of an empty message, up and down through one switch, its software included (s)."""
        return float(self.nic.message_overhead + 2 * self.fabric.hop_latency)


@dataclass(frozen=True)
class Synchronisation:
    """One exchange of gradients.

    Parameters
    ----------
    time_s : float
        From the first message to the last.
    loss_ratio : float
        Packets dropped over packets sent.
    timeouts : float
        Retransmission time-outs.
    """

    time_s: float
    loss_ratio: float = 0.0
    timeouts: float = 0.0


def synchronise(
    collective: Collective, hosts: int, nbytes: float, place: Place, fidelity: Fidelity
) -> Synchronisation:
    """Return one exchange of ``nbytes`` among the hosts of a gang that is alone on the network.

    The closed form gives every host its share of the adapter, and every message the latency up and down through one
    switch; the other fidelities act the collective's plan out on the links.

    Parameters
    ----------
    collective : callable
        Plan of the exchange.
    hosts : int
        Hosts of the gang, one rank each.
    nbytes : float
        Gradients of one host.
    place : Place
        Where they stand.
    fidelity : Fidelity
        How closely the network is looked at.
    """
    plan = collective(hosts, nbytes)
    if fidelity == "closed_form" or hosts == 1:
        return Synchronisation(closed_form(plan, place.bandwidth, place.latency))
    topology = build_topology(
        place.fabric,
        hosts,
        sled=place.sled,
        nic=place.nic,
        rack=place.rack,
        switch=place.switch,
        hosts_per_sled=place.sharing,
    )
    found = plan_time(
        plan,
        topology,
        np.arange(hosts),
        fidelity=fidelity,
        overhead_s=place.nic.message_overhead,
        transport=place.transport,
    )
    return Synchronisation(found.time_s, found.loss_ratio, found.timeouts)
