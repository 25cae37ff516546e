"""Ports at which the messages of a round collide, and what each loses there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.incast import congestion, port_of

if TYPE_CHECKING:
    from dcsim.network.incast import Congestion, Port
    from dcsim.network.topology import Routes, Topology
    from dcsim.spec.transport import Transport

__all__ = ["Crowd", "Toll", "crowds", "exact_toll", "toll"]

BLOCKS = 50
"""Rounds of a crowd that the penalty of the flow level is the mean of."""


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

    @property
    def load_s(self) -> float:
        """Time that one byte of every sender takes (s)."""
        return self.senders / self.port.capacity


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
    """Return what messages of a size pay, from measurements packet by packet of similar crowds.

    So that few are needed, senders and rates are rounded to powers of two or, for senders, half-way between; sizes lie
    between two powers of two.

    Parameters
    ----------
    crowd : Crowd
        Who meets where.
    nbytes : float
        Size of each message.
    """
    senders = min(_similar(crowd.senders), key=lambda count: abs(math.log(count / crowd.senders)))
    rate = 2.0 ** round(math.log2(crowd.rate))
    while rate * senders <= crowd.port.capacity:
        rate *= 2.0
    low = max(math.floor(math.log2(max(nbytes, 1.0))), 0)
    part = math.log2(max(nbytes, 1.0)) - low
    less = more = congestion(crowd.port, senders, 2.0**low, rate, blocks=BLOCKS)
    if part > 0.0:
        more = congestion(crowd.port, senders, 2.0 ** (low + 1), rate, blocks=BLOCKS)
    return _toll(crowd, nbytes, less, more, part, crowd.senders / senders)


def _similar(senders: int) -> tuple[int, ...]:
    """Return numbers of senders that are measured, around one."""
    power = 1 << (senders.bit_length() - 1)
    return power, power + power // 2, 2 * power


def exact_toll(crowd: Crowd, nbytes: float) -> Toll:
    """Return what messages of exactly this size pay, packet by packet."""
    found = congestion(crowd.port, crowd.senders, nbytes, crowd.rate)
    return _toll(crowd, nbytes, found, found, 0.0, 1.0)


def _toll(crowd: Crowd, nbytes: float, less: Congestion, more: Congestion, part: float, times: float) -> Toll:
    """Return the toll a part of the way from one measurement to another, of so many times their senders."""
    ratio, loss, timeouts = (
        (1.0 - part) * getattr(less, name) + part * getattr(more, name)
        for name in ("goodput_ratio", "loss_ratio", "timeouts")
    )
    carried = crowd.senders * nbytes
    return Toll(carried / (crowd.port.capacity * ratio), ratio, carried * loss / (1.0 - loss), times * timeouts)
