"""Ports at which the messages of a round collide, and what each loses there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.incast import congestion, port_of

if TYPE_CHECKING:
    from dcsim.network.incast import Port
    from dcsim.network.topology import Routes, Topology
    from dcsim.spec.transport import Transport

__all__ = ["Crowd", "Toll", "crowds", "toll"]


@dataclass(frozen=True)
class Crowd:
    """Messages that meet at a port from different links, which together bring more than the port can send on.

    Parameters
    ----------
    link : int
        The port.
    port : Port
        Its capacity, memory and transport.
    senders : int
        Messages that cross it.
    rate : float
        What the links before it can bring of each, bytes/s.
    """

    link: int
    port: Port
    senders: int
    rate: float

@dataclass(frozen=True)
class Toll:
    """What a crowd pays at its port.

    Parameters
    ----------
    time_s : float
        From the first packet of the round to the last.
    goodput_ratio : float
        Share of its capacity that the port still yields.
    lost_bytes : float
        Dropped and sent again.
    timeouts : float
        Retransmission time-outs, all senders together.
    """

    time_s: float
    goodput_ratio: float
    lost_bytes: float
    timeouts: float


def crowds(routes: Routes, topology: Topology, transport: Transport | None) -> list[Crowd]:
    """Return the ports where messages collide.

    A port drops packets only if it has finite packet memory, if messages reach it from at least two links, and if these
    can together bring more than it sends on. A sender's own first link never does: its host waits instead.

    Parameters
    ----------
    routes : Routes
        Links of each message.
    topology : Topology
        Their capacities and memories.
    transport : Transport, optional
        How hosts answer to losses; without it there are none.
    """
    finite = np.isfinite(topology.buffer)
    if transport is None or not finite.any():
        return []
    later = np.ones(len(routes.link), np.bool_)
    later[routes.start[:-1][np.diff(routes.start) > 0]] = False
    at = np.flatnonzero(later & finite[routes.link])
    port = routes.link[at].astype(np.int64)
    before, into = np.divmod(np.unique(routes.link[at - 1].astype(np.int64) * topology.links + port), topology.links)
    ways = np.bincount(into, minlength=topology.links)
    inflow = np.bincount(into, weights=topology.capacity[before], minlength=topology.links)
    senders = np.bincount(port, minlength=topology.links)
    return [
        Crowd(
            link,
            port_of(transport, float(topology.capacity[link]), float(topology.buffer[link])),
            int(senders[link]),
            float(inflow[link] / senders[link]),
        )
        for link in np.flatnonzero((ways > 1) & (inflow > topology.capacity)).tolist()
    ]


def toll(crowd: Crowd, nbytes: float) -> Toll:
    """Return what messages of a size pay, packet by packet: the mean of many rounds of exactly this crowd.

    Parameters
    ----------
    crowd : Crowd
        Who meets where.
    nbytes : float
        Size of each message.
    """
    found = congestion(crowd.port, crowd.senders, nbytes, crowd.rate)
    carried, loss = crowd.senders * nbytes, found.loss_ratio
    time_s = carried / (crowd.port.capacity * found.goodput_ratio)
    return Toll(time_s, found.goodput_ratio, carried * loss / (1.0 - loss), found.timeouts)
