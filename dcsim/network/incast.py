"""What is left of a port's capacity when synchronised senders overrun its packet buffer (incast).

The flow level shares a port without loss. Where more senders burst at once than the buffer in front of the port can
hold, packets are dropped, and with TCP a drop that no later packet reveals costs a retransmission time-out, far longer
than the transfer (Phanishayee et al., FAST 2008). How much longer than the flow level says it takes is measured here
packet by packet (``dcsim.kernels.incast``) and returned as the share of its capacity that the port still yields.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.incast import incast
from dcsim.kernels.incast_arrays import Framing, Incast, PortRule, Tcp
from dcsim.network.measurements import kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.transport import Transport

__all__ = ["MOST_PACKETS", "Congestion", "Port", "congestion", "port_of"]

MOST_PACKETS = 3_000_000
"""Packets that one measurement sends at most; longer transfers are extrapolated."""
FEWEST_BLOCKS = 4
"""Blocks that are acted out even so."""


@dataclass(frozen=True)
class Port:
    """An egress port where senders meet, and the transport that they use.

    Parameters
    ----------
    capacity : float
        Goodput, as a ``Topology`` gives it, bytes/s.
    buffer : float
        Packet memory that the port shares with others (its own partition of the chip's), bytes; inf: nothing is
        dropped, as on a lossless network.
    held : float
        What queues of other ports hold of it, bytes.
    threshold : float
        Dynamic threshold: the queue is kept below ``threshold`` times the free buffer (Choudhury and Hahne, 1998).
    rtt, jitter : float
        Round trip in an empty network, hosts included, and by how much senders differ, s.
    rto_min, rto_max : float
        Bounds of the retransmission time-out, s.
    initial_window : int
        Segments of a fresh connection.
    receive_window : float
        Most that may be under way, bytes.
    segment, framing : float
        Payload of a full packet and what it takes on the wire beyond, bytes.
    sack : bool
        Whether losses are repaired by selective acknowledgements; else one a round trip.
    probe : float
        Least wait before a sender with selective acknowledgements probes for a lost tail, s; inf: it never does.
    marking_delay : float
        Packets that find a longer queue than is sent in this time are marked, and senders follow DCTCP, s; inf: none.
    gain : float
        Weight of the newest observation in DCTCP's estimate.
    """

    capacity: float
    buffer: float
    rtt: float
    rto_min: float
    jitter: float = 5e-6
    rto_max: float = 120.0
    initial_window: int = 10
    receive_window: float = 3e6
    segment: float = 1448.0
    framing: float = 90.0
    sack: bool = True
    probe: float = math.inf
    threshold: float = 1.0
    held: float = 0.0
    marking_delay: float = math.inf
    gain: float = 0.0625

    @property
    def share(self) -> float:
        """Longest queue that the dynamic threshold allows, bytes on the wire."""
        free = max(self.buffer - self.held, 0.0)
        return free if math.isinf(self.threshold) else self.threshold / (1.0 + self.threshold) * free


@dataclass(frozen=True)
class Congestion:
    """What synchronised senders do to each other at a port.

    Parameters
    ----------
    time_s : float
        From the first packet on its way to the last one through the port, mean of the blocks, s. As on the flow level,
        latency is not part of it.
    fluid_s : float
        What the flow level says, s.
    goodput_ratio : float
        ``fluid_s / time_s``, in (0, 1]: what the port's capacity has to be multiplied by.
    loss_ratio : float
        Packets dropped over packets sent.
    timeouts : float
        Retransmission time-outs a block, of all senders together.
    """

    time_s: float
    fluid_s: float
    goodput_ratio: float
    loss_ratio: float
    timeouts: float


def port_of(
    transport: Transport, capacity: float, buffer: float, *, held: float = 0.0, rtt: float | None = None
) -> Port:
    """Return a port with the constants of a transport of the catalogue.

    Parameters
    ----------
    transport : Transport
        Entry of ``hardware_catalog/transports``.
    capacity, buffer, held
        As for a ``Port``.
    rtt : float, optional
        Round trip, s; by default the transport's.
    """
    return Port(
        capacity=capacity,
        buffer=buffer,
        held=held,
        rtt=transport.rtt if rtt is None else rtt,
        jitter=transport.jitter,
        rto_min=transport.rto_min,
        rto_max=transport.rto_max,
        initial_window=transport.initial_window,
        receive_window=transport.receive_window,
        segment=transport.segment,
        framing=transport.framing,
        sack=transport.recovery == "sack",
        probe=math.inf if transport.tail_probe is None else transport.tail_probe,
        threshold=math.inf if transport.threshold is None else transport.threshold,
        marking_delay=math.inf if transport.marking_delay is None else transport.marking_delay,
        gain=transport.gain or 0.0,
    )


def congestion(
    port: Port, senders: int, nbytes: float, sender_rate: float, *, blocks: int = 1000, seed: int = 0
) -> Congestion:
    """Measure what a port yields when senders begin at once, block after block.

    Each sends ``nbytes`` over a connection that stays open, and the next block begins when all are through. Jitter is
    drawn from ``SeedSequence(seed, spawn_key=(senders, bytes))``. The same arguments are measured only
    once, by whichever process comes first.

    Parameters
    ----------
    port : Port
        The port and the transport.
    senders : int
        How many.
    nbytes : float
        Payload of each sender in a block, bytes.
    sender_rate : float
        What the adapter of each can send, goodput, bytes/s.
    blocks : int
        Blocks to act out, the first half of which only warms the connections up; fewer where they would be more than
        ``MOST_PACKETS``.
    seed : int
        Of the jitter.

    Returns
    -------
    Congestion
        A ratio of exactly 1 where nothing can be lost: a lossless port, no bytes, or senders that cannot fill the port.

    Raises
    ------
    ValueError
        For fewer than one sender, less than no bytes, a rate of zero, or a buffer that cannot hold one packet.

    Notes
    -----
    Where a few blocks of ``nbytes`` are more than ``MOST_PACKETS``, the time lost is measured with as many bytes as fit
    and with half of them, and extended in proportion. What that costs in accuracy is tabulated in the explanation of
    incast. Where time-outs are rare and long, a ratio is no surer than their number among the blocks.

    Examples
    --------
    Four servers on 64 kB of buffer at 1 Gbit/s hardly disturb each other with small replies, but do with large ones.

    >>> port = Port(capacity=117e6, buffer=64e3, rtt=1e-4, rto_min=0.2, threshold=math.inf, sack=False)
    >>> small, large = (congestion(port, 4, nbytes, 117e6) for nbytes in (10e3, 256e3))
    >>> small.goodput_ratio > 0.9, large.goodput_ratio < 0.7, large.timeouts > 0.0
    (True, True, True)
    """
    if senders < 1 or nbytes < 0.0 or blocks < 1:
        raise ValueError(f"needs senders, bytes and blocks, not {senders}, {nbytes:g} and {blocks}")
    if not (port.capacity > 0.0 and sender_rate > 0.0):
        raise ValueError("the port and its senders need rates above zero")
    fluid_s = senders * nbytes / min(port.capacity, senders * sender_rate)
    if math.isinf(port.buffer) or nbytes == 0.0 or senders * sender_rate <= port.capacity:
        return Congestion(fluid_s, fluid_s, 1.0, 0.0, 0.0)
    if port.share < port.segment + port.framing:
        raise ValueError(f"a buffer of {port.buffer:g} bytes, {port.held:g} of them held, has no room for a packet")
    return _measured(port, senders, math.ceil(nbytes), sender_rate, blocks, seed)


@lru_cache(maxsize=4096)
def _measured(port: Port, senders: int, nbytes: int, sender_rate: float, blocks: int, seed: int) -> Congestion:
    """Return the congestion of whole bytes, from as many packets as are worth it."""
    fluid_s = senders * nbytes / min(port.capacity, senders * sender_rate)
    most = int(port.segment) * max(MOST_PACKETS // (FEWEST_BLOCKS * senders), 2)
    lost_s, loss, timeouts = _blocks(port, senders, min(nbytes, most), sender_rate, blocks, seed)
    if nbytes > most:
        half_s, _, half_timeouts = _blocks(port, senders, most // 2, sender_rate, blocks, seed)
        times = (nbytes - most) / (most - most // 2)
        lost_s += times * max(lost_s - half_s, 0.0)
        timeouts += times * max(timeouts - half_timeouts, 0.0)
    time_s = fluid_s + lost_s
    return Congestion(time_s, fluid_s, fluid_s / time_s, loss, timeouts)


@lru_cache(maxsize=4096)
def _blocks(
    port: Port, senders: int, nbytes: int, sender_rate: float, blocks: int, seed: int
) -> tuple[float, float, float]:
    """Return the time lost, s, the share of packets dropped, and the time-outs, each as the mean of the blocks."""
    arguments = port, senders, nbytes, sender_rate, blocks, seed
    lost_s, loss, timeouts = kept(__file__, arguments, lambda: _acted_out(*arguments))
    return lost_s, loss, timeouts


def _acted_out(
    port: Port, senders: int, nbytes: int, sender_rate: float, blocks: int, seed: int
) -> tuple[float, float, float]:
    segments = max(math.ceil(nbytes / port.segment), 1)
    count = max(min(blocks, MOST_PACKETS // (senders * segments)), FEWEST_BLOCKS)
    wire = (port.segment + port.framing) / port.segment
    framing = Framing(segments, port.segment + port.framing, nbytes - (segments - 1) * port.segment + port.framing)
    rule = PortRule(
        port.capacity * wire, port.buffer - port.held, port.threshold, port.marking_delay * port.capacity * wire
    )
    tcp = Tcp(
        float(port.initial_window), max(int(port.receive_window / port.segment), 1), port.rto_min, port.rto_max,
        port.sack, port.probe, port.gain,
    )  # fmt: skip
    draws = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(senders, nbytes)))
    rtt = port.rtt + draws.uniform(0.0, port.jitter, senders)
    start = draws.uniform(0.0, port.jitter, (count, senders))
    told = incast(start, rtt, np.full(senders, sender_rate * wire), framing, rule, tcp)
    lost = told.finish - told.begin - _unhindered(start + rtt - rtt.min(), framing, rule.capacity, sender_rate * wire)
    kept = slice(count // 2, None)  # slow start overshoots in the first blocks, and Reno's windows recover slowly
    return max(float(lost[kept].mean()), 0.0), _share_dropped(told, kept), float(told.timeouts[kept].mean())


def _share_dropped(told: Incast, kept: slice) -> float:
    return float(told.dropped[kept].sum() / told.sent[kept].sum())


def _unhindered(begins: NDArray[np.float64], framing: Framing, capacity: float, rate: float) -> NDArray[np.float64]:
    """Return how soon each block could be over: the port works without a pause once frames reach it.

    After the k-th sender has begun, the bytes of all that begin no earlier are still to pass; and the last to begin has
    to get its own out.

    Parameters
    ----------
    begins : float64[B, n]
        When each sender begins, after the begin of the block, s.
    framing : Framing
        The frames of each.
    capacity, rate : float
        Of the port and of each sender, wire bytes/s.
    """
    own = (framing.segments - 1) * framing.wire + framing.last_wire
    first = (framing.wire if framing.segments > 1 else framing.last_wire) / rate
    after = np.arange(begins.shape[1], 0, -1) * own / capacity
    port_bound = (np.sort(begins, axis=1) + after).max(axis=1) + first
    bound: NDArray[np.float64] = np.maximum(
        port_bound, begins.max(axis=1) + own / rate + framing.last_wire / capacity
    )
    return bound
