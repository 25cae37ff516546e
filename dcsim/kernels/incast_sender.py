"""What one TCP sender does when an acknowledgement, a time-out or new data comes.

Reno's windows (RFC 5681) with limited transmit (RFC 3042). Losses are repaired one a round trip (NewReno, RFC 6582),
or by selective acknowledgements (RFC 6675): since one port never reorders, what went out before a frame that was
answered and is not told of is lost (RFC 8985), and the window shrinks in proportion to what arrives (RFC 6937).
Time-outs after RFC 6298 with a time stamp on every segment (RFC 7323), tail loss probes before them where wanted;
DCTCP's cuts (RFC 8257) where the port marks; idle time shrinks the window as in Linux (RFC 2861). Every segment is
acknowledged at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.incast_arrays import NEVER, Tcp
from dcsim.kernels.incast_recovery import (
    DUPLICATES,
    LEAST_WINDOW,
    LONG_AGO,
    end_recovery,
    enter_recovery,
    is_lost,
    next_lost,
    note,
    reduce_window,
    repair,
)
from dcsim.kernels.incast_timer import set_timer, time_out
from dcsim.kernels.jit import kernel

__all__ = ["begin_block", "next_segment", "on_ack", "on_timer"]

Ints = NDArray[np.int64]
Sender = Any
"""A row of ``SENDER``."""


@kernel
def begin_block(s: Sender, tcp: Tcp, segments: int, now: float) -> None:
    """Hand a sender one more block; ``s`` is changed.

    The window halves for every time-out's worth of idle time, down to the initial one, and the threshold remembers
    three quarters of it (RFC 2861, as Linux does by default).

    Parameters
    ----------
    s : record
        The sender.
    tcp : Tcp
        Constants of the transport.
    segments : int
        Segments of the block.
    now : float
        The time, s.
    """
    idle = now - s["picked_at"]
    s["start_at"] = NEVER
    s["end"] += segments
    least = min(tcp.initial_window, s["cwnd"])
    rto = time_out(s, tcp)
    if idle > rto:
        s["ssthresh"] = max(s["ssthresh"], 0.75 * s["cwnd"])
        while idle > rto and s["cwnd"] > least:
            s["cwnd"] /= 2.0
            idle -= rto
        s["cwnd"] = max(s["cwnd"], least)


@kernel
def _next_new(s: Sender, board: Ints) -> int:
    """Return the next segment in order, new or after going back; nothing is told yet of a new one."""
    segment: int = s["nxt"]
    s["nxt"] += 1
    if segment == s["top"]:
        s["top"] = s["nxt"]
        board[segment & (board.size - 1)] = LONG_AGO
    return segment


@kernel
def next_segment(s: Sender, board: Ints, tcp: Tcp) -> int:
    """Choose the segment that goes into the adapter next; ``s`` is changed.

    Parameters
    ----------
    s : record
        The sender.
    board : int64[W]
        By segment modulo ``W``: frames sent up to its last copy, or ``TOLD``.
    tcp : Tcp
        Constants of the transport.

    Returns
    -------
    int
        Its number; -1 where the windows allow none or none is left.
    """
    segment: int = s["resend"]
    if segment >= 0:
        s["resend"] = -1
        return segment
    allowed = float(tcp.window)
    if s["recovering"] == 1 and tcp.sack:
        if s["sends"] - s["newest"] >= s["cwnd"]:
            return -1
        segment = next_lost(s, board)
        if segment >= 0:
            return segment
    else:
        more = s["dup"] if s["dup"] < DUPLICATES and s["recovering"] == 0 else 0
        allowed = min(np.floor(s["cwnd"]) + more, allowed)
    if s["nxt"] >= s["end"] or s["nxt"] - s["una"] >= allowed:
        return -1
    return _next_new(s, board)


@kernel
def _cut_for_marks(s: Sender, tcp: Tcp, number: int, marked: int) -> None:
    """Keep the estimate of the marked share and cut the window by half of it, at most once a round trip (RFC 8257)."""
    s["answers"] += 1
    s["marks"] += marked
    if number > s["watch"]:
        s["fraction"] += tcp.gain * (s["marks"] / s["answers"] - s["fraction"])
        s["answers"] = 0
        s["marks"] = 0
        s["watch"] = s["nxt"]
    if marked == 1 and number >= s["cut"] and s["recovering"] == 0:
        s["ssthresh"] = max(s["cwnd"] * (1.0 - s["fraction"] / 2.0), LEAST_WINDOW)
        s["cwnd"] = s["ssthresh"]
        s["cut"] = s["nxt"]


@kernel
def _grow(s: Sender, tcp: Tcp, flight: int) -> None:
    """Let the window grow by one acknowledgement, where the window is what held the sender back (RFC 7661)."""
    if s["una"] < s["cut"]:
        return
    if s["cwnd"] < s["ssthresh"]:
        if s["cwnd"] < 2.0 * flight:
            s["cwnd"] += 1.0
    elif flight >= np.floor(s["cwnd"]):
        s["cwnd"] += 1.0 / s["cwnd"]
    s["cwnd"] = min(s["cwnd"], float(tcp.window))





@kernel
def _advance(s: Sender, tcp: Tcp, number: int, now: float) -> None:
    """Take an acknowledgement of new data: windows, recovery and the timer."""
    before, flight = s["una"], s["nxt"] - s["una"]
    s["una"] = number
    s["nxt"] = max(s["nxt"], number)
    s["backoff"] = 0
    if s["resend"] < number:
        s["resend"] = -1
    if s["probe"] < number:
        s["probe"] = -1
    rearm = True
    if s["recovering"] == 0:
        s["dup"] = 0
        _grow(s, tcp, flight)
    elif number >= s["recover"]:
        end_recovery(s, tcp)
    else:  # without SACK only the first of these postpones the time-out (RFC 6582, section 3.2)
        rearm = tcp.sack or s["partial"] == 0
        repair(s, tcp, number, number - before)
    if s["una"] == s["nxt"]:
        s["timer_at"] = NEVER
    elif rearm:
        set_timer(s, tcp, now)



@kernel
def on_ack(
    s: Sender, board: Ints, tcp: Tcp, marking: bool, number: int, trigger: int, marked: int, sent: float, now: float
) -> None:
    """React to an acknowledgement; ``s`` and ``board`` are changed.

    Parameters
    ----------
    s : record
        The sender.
    board : int64[W]
        By segment modulo ``W``: frames sent up to its last copy, or ``TOLD``.
    tcp : Tcp
        Constants of the transport.
    marking : bool
        Whether the port marks frames.
    number : int
        First segment that the receiver lacks.
    trigger : int
        Segment that it answers.
    marked : int
        1 where that segment was marked.
    sent, now : float
        When that segment was sent, and the time, s.
    """
    if marking:
        _cut_for_marks(s, tcp, number, marked)
    news = note(s, board, trigger) if tcp.sack else True
    progress = number > s["una"]
    if progress:
        sample = now - sent
        s["rttvar"] = 0.75 * s["rttvar"] + 0.25 * abs(s["srtt"] - sample)
        s["srtt"] = 0.875 * s["srtt"] + 0.125 * sample
        _advance(s, tcp, number, now)
    elif number == s["una"] and s["nxt"] > s["una"] and news:
        s["dup"] += 1
        if s["recovering"] == 1:
            if not tcp.sack:
                s["cwnd"] += 1.0
        elif (s["dup"] == DUPLICATES or 0 <= s["probe"] <= s["high"]) and s["una"] >= s["recover"]:
            enter_recovery(s)
    if tcp.sack and s["recovering"] == 1:
        lost_again = s["una"] < s["hole"] and s["resend"] < 0 and is_lost(s, board, s["una"])
        if lost_again:
            s["hole"] = s["una"]
        reduce_window(s, news, progress and not lost_again)


@kernel
def on_timer(s: Sender, board: Ints, tcp: Tcp, now: float) -> int:
    """Probe for a lost tail, or go back to the oldest segment not acknowledged with a window of one.

    ``s`` and ``board`` are changed. A probe is new data, or else the last segment sent. The threshold is halved by the
    first of several time-outs in a row only (RFC 5681, section 3.1); what the receiver told that it holds is forgotten
    (RFC 2018, section 8).

    Parameters
    ----------
    s, board, tcp, now
        As for ``on_ack``.

    Returns
    -------
    int
        1 for a time-out, 0 for a probe.
    """
    if s["probing"] == 1:
        if s["nxt"] < s["end"] and s["nxt"] - s["una"] < tcp.window:
            _next_new(s, board)
        s["probe"] = s["nxt"] - 1
        s["resend"] = s["probe"]
        s["probing"] = 0
        s["timer_at"] = now + time_out(s, tcp)
        return 0
    if s["backoff"] == 0:
        s["ssthresh"] = max((s["nxt"] - s["una"]) / 2.0, LEAST_WINDOW)
    for segment in range(s["una"], s["high"] + 1):
        place = segment & (board.size - 1)
        board[place] = max(board[place], LONG_AGO)
    s["high"] = -1
    s["cwnd"] = 1.0
    s["nxt"] = s["una"]
    s["recover"] = s["top"]
    s["recovering"] = 0
    s["dup"] = 0
    s["resend"] = -1
    s["probe"] = -1
    s["backoff"] += 1
    s["timer_at"] = now + time_out(s, tcp)
    return 1
