"""Many senders, one port, packet by packet: the event loop behind TCP's throughput collapse.

Synchronised senders each have one block of data for a receiver behind one egress port; when the last of them is
through, all begin the next block (Phanishayee et al., FAST 2008; Vasudevan et al., SIGCOMM 2009). The port is a
first-come-first-served server with a finite share of a packet buffer. Since it never reorders, a frame that it
takes has its departure, the receiver's answer and the answer's arrival fixed at once. So there are two events to a
frame, its arrival at the port and its acknowledgement's at the sender, and each sender has at most one pending event
of a kind.

A sender's clock is set back by the way to the port, which is the same for all its frames: then frames reach the port
as they leave the adapter, and acknowledgements come back one round trip after their frames have left the port.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.earliest import new_clocks, set_clock
from dcsim.kernels.incast_arrays import ACK, NEVER, Framing, Incast, PortRule, Tcp, new_incast, new_senders
from dcsim.kernels.incast_recovery import TOLD
from dcsim.kernels.incast_sender import begin_block, next_segment, on_ack, on_timer
from dcsim.kernels.incast_timer import on_sent
from dcsim.kernels.jit import kernel

__all__ = ["incast"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Records = NDArray[np.void]
Clocks = tuple[Floats, Ints]
FREE, BLOCK, WAITING = 0, 1, 2
"""Places in the book: first free place for an acknowledgement, current block, senders that it waits for."""
FIRST_PLACES = 1024


@kernel
def _with_room(acks: Records, book: Ints) -> Records:
    """Return the acknowledgements with at least one free place; ``book[FREE]`` is the first of them."""
    if book[FREE] >= 0:
        return acks
    more = np.empty(max(2 * acks.size, FIRST_PLACES), ACK)
    more[: acks.size] = acks
    for place in range(acks.size, more.size):
        more[place]["next"] = place + 1
    more[more.size - 1]["next"] = -1
    book[FREE] = acks.size
    return more


@kernel
def _queued(port: PortRule, busy_until: float, now: float) -> float:
    """Return what waits at the port and what is left of the frame on its wire, bytes."""
    return max(busy_until - now, 0.0) * port.capacity


@kernel
def _admits(port: PortRule, queue: float, wire: float) -> bool:
    """Return whether a frame finds room below the dynamic threshold."""
    free = port.buffer - queue
    return wire <= free and queue < port.alpha * free


@kernel
def _receive(s: Any, held: NDArray[np.uint8], segment: int) -> None:
    """Take a segment at the receiver, whose first missing segment may move."""
    mask = held.size - 1
    if segment > s["expected"]:
        held[segment & mask] = 1
    elif segment == s["expected"]:
        s["expected"] += 1
        while held[s["expected"] & mask] == 1:
            held[s["expected"] & mask] = 0
            s["expected"] += 1


@kernel
def _answer(s: Any, acks: Records, book: Ints, segment: int, arrives: float, marked: bool) -> None:
    """Send the acknowledgement of a segment on its way behind the sender's earlier ones."""
    place = book[FREE]
    ack = acks[place]
    book[FREE] = ack["next"]
    ack["time"] = arrives
    ack["sent"] = s["picked_at"]
    ack["number"] = s["expected"]
    ack["trigger"] = segment
    ack["serial"] = s["sends"]
    ack["marked"] = 1 if marked else 0
    ack["next"] = -1
    if s["head"] < 0:
        s["head"] = place
        s["ack_at"] = arrives
    else:
        acks[s["tail"]]["next"] = place
    s["tail"] = place


@kernel
def _take_answer(s: Any, acks: Records, book: Ints, board: Ints, tcp: Tcp, marking: bool) -> None:
    """Give the sender its next acknowledgement, whose place becomes free."""
    place = s["head"]
    ack = acks[place]
    s["head"] = ack["next"]
    s["ack_at"] = NEVER if s["head"] < 0 else acks[s["head"]]["time"]
    ack["next"] = book[FREE]
    book[FREE] = place
    s["newest"] = ack["serial"]
    on_ack(s, board, tcp, marking, ack["number"], ack["trigger"], ack["marked"], ack["sent"], ack["time"])


@kernel
def _fill_adapter(s: Any, board: Ints, tcp: Tcp, framing: Framing, rate: float, now: float) -> int:
    """Put the next segment into an idle adapter where the windows allow one; return how many: 0 or 1."""
    if s["picked"] >= 0:
        return 0
    segment = next_segment(s, board, tcp)
    if segment < 0:
        return 0
    place = segment & (board.size - 1)
    s["sends"] += 1
    if board[place] != TOLD:
        board[place] = s["sends"]
    s["picked"] = segment
    s["picked_at"] = now
    s["send_at"] = now + _frame(framing, segment) / rate
    on_sent(s, tcp, now)
    return 1


@kernel
def _frame(framing: Framing, segment: int) -> float:
    """Return what a segment takes on the wire, bytes."""
    return framing.last_wire if (segment + 1) % framing.segments == 0 else framing.wire


@kernel
def _finish_block(senders: Records, rtt: Floats, start: Floats, told: Incast, book: Ints, clocks: Clocks) -> None:
    """Close a block when its last frame has left the port, and set when each sender begins the next."""
    block = book[BLOCK]
    book[BLOCK] = block + 1
    book[WAITING] = rtt.size
    if block + 1 == told.begin.size:
        return
    told.begin[block + 1] = told.finish[block] + rtt.min()
    for i in range(rtt.size):
        s = senders[i]
        s["start_at"] = told.finish[block] + rtt[i] + start[block + 1, i]
        set_clock(clocks[0], clocks[1], i, _next_event(s))


@kernel
def _next_event(s: Any) -> float:
    """Return when something next happens at a sender."""
    first: float = min(s["ack_at"], s["start_at"], s["timer_at"], s["send_at"])
    return first


@kernel
def _arrive(
    s: Any, i: int, acks: Records, held: NDArray[np.uint8], told: Incast, book: Ints, busy_until: float,
    framing: Framing, port: PortRule, rtt: float,
) -> float:  # fmt: skip
    """Bring the frame in a sender's adapter to the port, which takes or drops it; return when the port falls idle."""
    now, segment, block = s["send_at"], s["picked"], book[BLOCK]
    s["send_at"] = NEVER
    s["picked"] = -1
    queue, wire = _queued(port, busy_until, now), _frame(framing, segment)
    if not _admits(port, queue, wire):
        told.dropped[block] += 1
        return busy_until
    told.peak[block] = max(told.peak[block], queue + wire)
    told.delivered[i] += 1
    departs: float = max(busy_until, now) + wire / port.capacity
    missing = s["expected"] < s["end"]
    _receive(s, held, segment)
    _answer(s, acks, book, segment, departs + rtt, queue > port.mark)
    if missing and s["expected"] == s["end"]:
        book[WAITING] -= 1
        told.finish[block] = departs
    return departs


@kernel
def _run(
    senders: Records, start: Floats, rtt: Floats, rate: Floats, framing: Framing, port: PortRule, tcp: Tcp, told: Incast
) -> None:
    """Act out all blocks; what happened goes into ``told``."""
    blocks, n = start.shape
    places = 1
    while places < min(tcp.window, framing.segments):
        places *= 2
    held, board = np.zeros((n, places), np.uint8), np.zeros((n, places), np.int64)
    clocks = new_clocks(n)
    for i in range(n):
        senders[i]["start_at"] = rtt[i] - rtt.min() + start[0, i]
        set_clock(clocks[0], clocks[1], i, senders[i]["start_at"])
    acks, book = np.empty(0, ACK), np.array([-1, 0, n])
    marking, busy_until = port.mark < np.inf, 0.0
    while book[BLOCK] < blocks:
        i = clocks[1][1]
        s, now, block = senders[i], clocks[0][i], book[BLOCK]
        if s["ack_at"] == now:
            _take_answer(s, acks, book, board[i], tcp, marking)
        elif s["start_at"] == now:
            begin_block(s, tcp, framing.segments, now)
        elif s["timer_at"] == now:
            told.timeouts[block] += on_timer(s, board[i], tcp, now)
        else:
            acks = _with_room(acks, book)
            busy_until = _arrive(s, i, acks, held[i], told, book, busy_until, framing, port, rtt[i])
        told.sent[block] += _fill_adapter(s, board[i], tcp, framing, rate[i], now)
        set_clock(clocks[0], clocks[1], i, _next_event(s))
        if book[WAITING] == 0:
            _finish_block(senders, rtt, start, told, book, clocks)


def incast(start: Floats, rtt: Floats, rate: Floats, framing: Framing, port: PortRule, tcp: Tcp) -> Incast:
    """Let synchronised senders share one port for a number of blocks.

    Parameters
    ----------
    start : float64[B, n]
        How much later than the first possible moment each sender begins each block, s.
    rtt : float64[n]
        Round trip of each sender in an empty network, without the time that its frames take on the wires, s.
    rate : float64[n]
        Line rate of each sender's adapter, wire bytes/s.
    framing : Framing
        How a sender's block is cut into frames.
    port : PortRule
        The port; its buffer must hold at least one frame.
    tcp : Tcp
        Constants of the transport.

    Returns
    -------
    Incast
        Begin, end, frames, drops and time-outs of each block. The next block begins one round trip after the end of
        the last, as if the receiver asked for it.

    Notes
    -----
    Of two events at one instant the one at the sender with the lower number comes first; at one sender acknowledgements
    come before the begin of a block, that before a time-out, and that before the arrival of its frame at the port. A
    frame that leaves the port counts in the buffer until its last byte is out.

    Examples
    --------
    One sender as fast as the port, ten frames of 1500 bytes at 1 Gbit/s: 12 us in the adapter, then 12 us each.

    >>> port, tcp = PortRule(125e6, 64e3, np.inf, np.inf), Tcp(10.0, 100, 0.2, 120.0, False, np.inf, 0.0)
    >>> told = incast(np.zeros((1, 1)), np.full(1, 1e-4), np.full(1, 125e6), Framing(10, 1500.0, 1500.0), port, tcp)
    >>> round(float(told.finish[0] - told.begin[0]), 9)
    0.000132
    """
    told, senders = new_incast(*start.shape), new_senders(rtt, tcp)
    _run(senders, start, rtt, rate, framing, port, tcp, told)
    told.on_the_wire[:] = senders["picked"] >= 0
    return told
