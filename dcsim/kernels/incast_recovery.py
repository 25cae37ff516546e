"""How a TCP sender repairs what was lost: by NewReno or by selective acknowledgements.

NewReno repairs one loss a round trip (RFC 6582). With selective acknowledgements (RFC 6675), since one port never
reorders, what went out before a frame that was answered and is not told of is lost (RFC 8985), and the window shrinks
in proportion to what arrives (RFC 6937).

A sender's *board* says of each segment, by number modulo its size, how many frames had been sent with its last copy,
or that the receiver told it holds it. Every function takes the sender, a row of ``SENDER``, and changes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from dcsim.kernels.incast_arrays import Tcp

__all__ = [
    "DUPLICATES", "LEAST_WINDOW", "LONG_AGO", "TOLD", "end_recovery", "enter_recovery", "is_lost", "next_lost", "note",
    "reduce_window", "repair",
]  # fmt: skip

Ints = NDArray[np.int64]
Sender = Any
"""A row of ``SENDER``."""
TOLD, LONG_AGO = 0, 1
"""On a sender's board: the receiver told that it holds the segment; its last copy is not remembered."""
DUPLICATES = 3  # that tell of a loss (RFC 5681, section 3.2)
LEAST_WINDOW = 2.0  # segments after a cut (RFC 5681, equation 4; tcp_dctcp.c of Linux)


@kernel
def is_lost(s: Sender, board: Ints, segment: int) -> bool:
    """Return whether a frame sent after the segment was answered and the segment is not told of."""
    serial = board[segment & (board.size - 1)]
    return bool(serial != TOLD and serial < s["newest"])


@kernel
def next_lost(s: Sender, board: Ints) -> int:
    """Return the next lost segment from the hole on, -1 where there is none; the hole moves beyond it."""
    while s["hole"] < s["nxt"]:
        segment: int = s["hole"]
        lost = is_lost(s, board, segment)
        if not lost and segment > s["high"]:
            return -1
        s["hole"] += 1
        if lost:
            return segment
    return -1


@kernel
def note(s: Sender, board: Ints, trigger: int) -> bool:
    """Take down that the receiver holds a segment; return whether that was news."""
    place = trigger & (board.size - 1)
    if trigger < s["una"] or board[place] == TOLD:
        return False
    board[place] = TOLD
    s["high"] = max(s["high"], trigger)
    return True


@kernel
def enter_recovery(s: Sender) -> None:
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
def reduce_window(s: Sender, news: bool, safe: bool) -> None:
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
def repair(s: Sender, tcp: Tcp, number: int, news: int) -> None:
    """Go on with a recovery that an acknowledgement of new data did not end: the segment it stops at is lost too."""
    if not tcp.sack:
        s["resend"] = number
        s["cwnd"] = max(s["cwnd"] - news + 1.0, 1.0)  # the window gives back what left the network
    s["partial"] = 1


@kernel
def end_recovery(s: Sender, tcp: Tcp) -> None:
    """Leave fast recovery with the halved window, without a burst where little is in flight (RFC 6582, section 3.2)."""
    s["recovering"] = 0
    s["dup"] = 0
    s["cwnd"] = s["ssthresh"]
    if not tcp.sack:
        s["cwnd"] = min(s["ssthresh"], max(s["nxt"] - s["una"], 1) + 1.0)
