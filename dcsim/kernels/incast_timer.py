"""When a TCP sender stops waiting: retransmission time-outs, and probes for a lost tail before them.

Every function takes the sender, a row of ``SENDER``, and those that set its timer change it.
"""

from __future__ import annotations

from typing import Any

from dcsim.kernels.incast_arrays import NEVER, Tcp
from dcsim.kernels.jit import kernel

__all__ = ["may_probe", "on_sent", "set_timer", "time_out"]

Sender = Any
"""A row of ``SENDER``."""


@kernel
def time_out(s: Sender, tcp: Tcp) -> float:
    """Return the retransmission time-out with its exponential back-off, s (RFC 6298, sections 2 and 5.5)."""
    rto: float = max(tcp.rto_min, s["srtt"] + 4.0 * s["rttvar"])
    for _ in range(s["backoff"]):
        if rto >= tcp.rto_max:
            break
        rto *= 2.0
    return min(rto, tcp.rto_max)


@kernel
def may_probe(s: Sender, tcp: Tcp) -> bool:
    """Return whether silence is first answered with a probe: not with one segment out, whose answer may be delayed."""
    calm = s["recovering"] == 0 and s["backoff"] == 0 and s["probe"] < 0 and s["nxt"] - s["una"] > 1
    return bool(tcp.sack and calm and max(2.0 * s["srtt"], tcp.probe) < time_out(s, tcp))


@kernel
def set_timer(s: Sender, tcp: Tcp, now: float) -> None:
    """Start the timer anew, as a probe's or a time-out's."""
    probes = may_probe(s, tcp)
    s["probing"] = 1 if probes else 0
    s["timer_at"] = now + (max(2.0 * s["srtt"], tcp.probe) if probes else time_out(s, tcp))


@kernel
def on_sent(s: Sender, tcp: Tcp, now: float) -> None:
    """Start the timer for a segment just sent where none runs; a probe waits for the last segment; ``s`` is changed.

    Parameters
    ----------
    s, tcp, now
        As for ``on_ack``.
    """
    if s["timer_at"] == NEVER or may_probe(s, tcp):
        set_timer(s, tcp, now)
