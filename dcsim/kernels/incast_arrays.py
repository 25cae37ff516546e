"""Arrays of the packet level: what a port and its transport are, and what is known of each sender.

Sizes: ``n`` senders, ``B`` blocks, ``W`` segments that may be outstanding (a power of two). A *segment* is one packet's
worth of payload and is known by its number, counted through all blocks; a *frame* is what it takes on the wire. All
bytes of the port (rate, buffer, thresholds) are wire bytes.

Nothing here needs numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACK", "NEVER", "SENDER", "Framing", "Incast", "PortRule", "Tcp", "new_incast", "new_senders"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = np.inf


class PortRule(NamedTuple):
    """One egress port and its share of the packet buffer.

    Parameters
    ----------
    capacity : float
        Line rate, wire bytes/s.
    buffer : float
        Buffer that this port and others share, less what the others hold, bytes; inf: never drops.
    alpha : float
        Dynamic threshold: the queue is kept below ``alpha`` times the free buffer (Choudhury and Hahne, IEEE/ACM
        Transactions on Networking 6(2), 1998); inf: it may take all.
    mark : float
        Queue beyond which frames are marked (explicit congestion notification), bytes; inf: never.
    """

    capacity: float
    buffer: float
    alpha: float
    mark: float


class Framing(NamedTuple):
    """How a transfer is cut into frames.

    Parameters
    ----------
    segments : int
        Segments of one sender in one block.
    wire : float
        Bytes of a full frame.
    last_wire : float
        Bytes of the frame of the last segment of a block.
    """

    segments: int
    wire: float
    last_wire: float


class Tcp(NamedTuple):
    """Constants of the transport, all windows in segments.

    Parameters
    ----------
    initial_window : float
        Congestion window of a fresh connection, and the least to which idle time shrinks it.
    window : int
        Most that the receiver lets be outstanding.
    rto_min, rto_max : float
        Bounds of the retransmission time-out, s.
    sack : bool
        Whether the receiver tells which segments it holds (RFC 6675); else NewReno (RFC 6582).
    probe : float
        Least time after which a sender that hears nothing sends its last segment again, to learn of a lost tail before
        the time-out (Dukkipati et al., draft-dukkipati-tcpm-tcp-loss-probe-01), s; inf: never. Only with ``sack``.
    gain : float
        Weight of the newest observation in the estimate of the marked share (RFC 8257); only used where the port marks.
    """

    initial_window: float
    window: int
    rto_min: float
    rto_max: float
    sack: bool
    probe: float
    gain: float


class Incast(NamedTuple):
    """What happened, by block.

    Parameters
    ----------
    begin : float64[B]
        When the first frame could have been on its way from a sender, s.
    finish : float64[B]
        When the last frame that a receiver lacked had left the port, s.
    sent, dropped : int64[B]
        Frames that senders put on the wire, and those that the port dropped.
    timeouts : int64[B]
        Retransmission time-outs of all senders together.
    peak : float64[B]
        Longest queue that a frame found or made, bytes.
    delivered : int64[n]
        Frames that the port carried for each sender, those sent in vain included.
    on_the_wire : int64[n]
        Frames that had left no sender's adapter when the last block ended.
    """

    begin: Floats
    finish: Floats
    sent: Ints
    dropped: Ints
    timeouts: Ints
    peak: Floats
    delivered: Ints
    on_the_wire: Ints


ACK = np.dtype(
    [
        ("time", np.float64),  # it reaches the sender, s
        ("sent", np.float64),  # the segment that it answers was sent, s
        ("number", np.int64),  # first segment that the receiver lacks
        ("trigger", np.int64),  # segment that it answers
        ("serial", np.int64),  # how many frames its sender had sent with that one
        ("marked", np.int64),  # 1: that segment was marked
        ("next", np.int64),  # the sender's next acknowledgement, or the next free place; -1: none
    ]
)
"""One acknowledgement on its way."""

SENDER = np.dtype(
    [
        ("start_at", np.float64),  # next block begins, s
        ("ack_at", np.float64),  # next acknowledgement arrives, s
        ("timer_at", np.float64),  # retransmission time-out, s
        ("send_at", np.float64),  # frame in the adapter is through, s
        ("picked_at", np.float64),  # that frame went into the adapter, s
        ("cwnd", np.float64),  # congestion window
        ("ssthresh", np.float64),  # slow-start threshold
        ("srtt", np.float64),  # smoothed round trip, s
        ("rttvar", np.float64),  # its mean deviation, s
        ("fraction", np.float64),  # estimate of the marked share (DCTCP's alpha)
        ("una", np.int64),  # oldest segment that is not acknowledged
        ("nxt", np.int64),  # next segment to send
        ("top", np.int64),  # one beyond the highest ever sent
        ("end", np.int64),  # one beyond the last of this block
        ("recover", np.int64),  # recovery ends with this segment
        ("dup", np.int64),  # acknowledgements in a row that tell of a hole
        ("backoff", np.int64),  # time-outs in a row
        ("recovering", np.int64),  # 1: in fast recovery
        ("partial", np.int64),  # 1: a partial acknowledgement came in this recovery
        ("resend", np.int64),  # segment that goes out next whatever the window; -1: none
        ("probing", np.int64),  # 1: the timer is that of a tail loss probe
        ("probe", np.int64),  # segment sent as a probe and not yet told of; -1: none
        ("picked", np.int64),  # segment in the adapter; -1: none
        ("high", np.int64),  # highest segment that the receiver told it holds; -1: none
        ("hole", np.int64),  # where the search for lost segments goes on
        ("sends", np.int64),  # frames sent
        ("newest", np.int64),  # serial of the last frame that was answered
        ("flight", np.int64),  # segments that were out when recovery began
        ("arrived", np.int64),  # segments that the receiver told of since
        ("entry", np.int64),  # frames sent before
        ("cut", np.int64),  # no second cut for marks before this segment is acknowledged
        ("watch", np.int64),  # observation of marks ends with this segment
        ("answers", np.int64),  # acknowledgements seen in this observation
        ("marks", np.int64),  # those of marked segments
        ("head", np.int64),  # first acknowledgement on its way; -1: none
        ("tail", np.int64),  # last one
        ("expected", np.int64),  # the receiver's first missing segment
    ]
)
"""What is known of one sender, and of the receiver about it."""


def new_incast(blocks: int, senders: int) -> Incast:
    """Return an account in which nothing has happened yet."""
    begin, finish, peak = np.zeros((3, blocks))
    sent, dropped, timeouts = np.zeros((3, blocks), np.int64)
    delivered, on_the_wire = np.zeros((2, senders), np.int64)
    return Incast(begin, finish, sent, dropped, timeouts, peak, delivered, on_the_wire)


def new_senders(rtt: Floats, tcp: Tcp) -> NDArray[np.void]:
    """Return fresh connections, whose handshake has measured the round trip (RFC 6298, section 2.2).

    Parameters
    ----------
    rtt : float64[n]
        Round trip of each sender in an empty network, without the time that frames take on the wire, s.
    tcp : Tcp
        Constants of the transport.
    """
    senders = np.zeros(rtt.size, SENDER)
    for name in ("start_at", "ack_at", "timer_at", "send_at"):
        senders[name] = NEVER
    for name in ("resend", "probe", "picked", "high", "head", "tail"):
        senders[name] = -1
    senders["cwnd"] = min(tcp.initial_window, float(tcp.window))
    senders["ssthresh"] = NEVER
    senders["srtt"] = rtt
    senders["rttvar"] = rtt / 2.0
    senders["fraction"] = 1.0
    return senders
