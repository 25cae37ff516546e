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
from dcsim.kernels.jit import kernel

__all__ = ["TOLD", "begin_block", "next_segment", "on_ack", "on_sent", "on_timer"]

Ints = NDArray[np.int64]
Sender = Any
"""A row of ``SENDER``."""
TOLD, LONG_AGO = 0, 1
"""On a sender's board: the receiver told that it holds the segment; its last copy is not remembered."""
DUPLICATES = 3  # that tell of a loss (RFC 5681, section 3.2)
LEAST_WINDOW = 2.0  # segments after a cut (RFC 5681, equation 4; tcp_dctcp.c of Linux)


@kernel
def _time_out(s: Sender, tcp: Tcp) -> float:
    """Return the retransmission time-out with its exponential back-off, s (RFC 6298, sections 2 and 5.5)."""
    rto: float = max(tcp.rto_min, s["srtt"] + 4.0 * s["rttvar"])
    for _ in range(s["backoff"]):
        if rto >= tcp.rto_max:
            break
        rto *= 2.0
    return min(rto, tcp.rto_max)


@kernel
def _may_probe(s: Sender, tcp: Tcp) -> bool:
    """Return whether silence is first answered with a probe: not with one segment out, whose answer may be delayed."""
    calm = s["recovering"] == 0 and s["backoff"] == 0 and s["probe"] < 0 and s["nxt"] - s["una"] > 1
    return bool(tcp.sack and calm and max(2.0 * s["srtt"], tcp.probe) < _time_out(s, tcp))


@kernel
def _set_timer(s: Sender, tcp: Tcp, now: float) -> None:
    """Start the timer anew, as a probe's or a time-out's."""
    probes = _may_probe(s, tcp)
    s["probing"] = 1 if probes else 0
    s["timer_at"] = now + (max(2.0 * s["srtt"], tcp.probe) if probes else _time_out(s, tcp))


@kernel
def on_sent(s: Sender, tcp: Tcp, now: float) -> None:
    """Start the timer for a segment just sent where none runs; a probe waits for the last segment; ``s`` is changed.

    Parameters
    ----------
    s, tcp, now
        As for ``on_ack``.
    """
    if s["timer_at"] == NEVER or _may_probe(s, tcp):
        _set_timer(s, tcp, now)


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
    rto = _time_out(s, tcp)
    if idle > rto:
        s["ssthresh"] = max(s["ssthresh"], 0.75 * s["cwnd"])
        while idle > rto and s["cwnd"] > least:
            s["cwnd"] /= 2.0
            idle -= rto
        s["cwnd"] = max(s["cwnd"], least)


@kernel
def _lost(s: Sender, board: Ints, segment: int) -> bool:
    """Return whether a frame sent after the segment was answered and the segment is not told of."""
    serial = board[segment & (board.size - 1)]
    return bool(serial != TOLD and serial < s["newest"])


@kernel
def _reduce(s: Sender, news: bool, safe: bool) -> None:
    """Let out, for what arrived, the share that the halved window has of the flight before (RFC 6937, section 3).

    Below the halved window one goes out for one that arrived, or two while repairs succeed, as in Linux.
    """
    told = 1 if news else 0
    s["arrived"] += told
    pipe, since = s["sends"] - s["newest"], s["sends"] - s["entry"]
    if pipe > s["ssthresh"]:
        more = np.ceil(s["arrived"] * s["ssthresh"] / s["flight"]) - since
    elif safe:
        more = min(s["ssthresh"] - pipe, max(s["arrived"] - since, told) + 1.0)
    else:
        more = min(s["ssthresh"] - pipe, 1.0 * told)
    s["cwnd"] = pipe + max(more, 0.0)


@kernel
def _next_lost(s: Sender, board: Ints) -> int:
    """Return the next lost segment from the hole on, -1 where there is none; the hole moves beyond it."""
    while s["hole"] < s["nxt"]:
        segment: int = s["hole"]
        lost = _lost(s, board, segment)
        if not lost and segment > s["high"]:
            return -1
        s["hole"] += 1
        if lost:
            return segment
    return -1


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
        segment = _next_lost(s, board)
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
def _note(s: Sender, board: Ints, trigger: int) -> bool:
    """Take down that the receiver holds a segment; return whether that was news."""
    place = trigger & (board.size - 1)
    if trigger < s["una"] or board[place] == TOLD:
        return False
    board[place] = TOLD
    s["high"] = max(s["high"], trigger)
    return True


@kernel
def _repair(s: Sender, tcp: Tcp, number: int, news: int) -> None:
    """Go on with a recovery that an acknowledgement of new data did not end: the segment it stops at is lost too."""
    if not tcp.sack:
        s["resend"] = number
        s["cwnd"] = max(s["cwnd"] - news + 1.0, 1.0)  # the window gives back what left the network
    s["partial"] = 1


@kernel
def _end_recovery(s: Sender, tcp: Tcp) -> None:
    """Leave fast recovery with the halved window, without a burst where little is in flight (RFC 6582, section 3.2)."""
    s["recovering"] = 0
    s["dup"] = 0
    s["cwnd"] = s["ssthresh"]
    if not tcp.sack:
        s["cwnd"] = min(s["ssthresh"], max(s["nxt"] - s["una"], 1) + 1.0)


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
        _end_recovery(s, tcp)
    else:  # without SACK only the first of these postpones the time-out (RFC 6582, section 3.2)
        rearm = tcp.sack or s["partial"] == 0
        _repair(s, tcp, number, number - before)
    if s["una"] == s["nxt"]:
        s["timer_at"] = NEVER
    elif rearm:
        _set_timer(s, tcp, now)


@kernel
def _enter_recovery(s: Sender) -> None:
    """Halve the window and send the segment that is missing again (RFC 5681, section 3.2; RFC 6675, section 5)."""
    s["ssthresh"] = max((s["nxt"] - s["una"]) / 2.0, LEAST_WINDOW)
    s["cwnd"] = s["ssthresh"] + DUPLICATES
    s["recover"] = s["top"]
    s["flight"] = s["nxt"] - s["una"]
    s["arrived"] = 0
    s["entry"] = s["sends"]
    s["recovering"] = 1
    s["partial"] = 0
    s["probe"] = -1
    s["resend"] = s["una"]
    s["hole"] = s["una"] + 1


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
    news = _note(s, board, trigger) if tcp.sack else True
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
            _enter_recovery(s)
    if tcp.sack and s["recovering"] == 1:
        lost_again = s["una"] < s["hole"] and s["resend"] < 0 and _lost(s, board, s["una"])
        if lost_again:
            s["hole"] = s["una"]
        _reduce(s, news, progress and not lost_again)


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
        s["timer_at"] = now + _time_out(s, tcp)
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
    s["timer_at"] = now + _time_out(s, tcp)
    return 1
