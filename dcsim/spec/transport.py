"""Transports: what hosts and ports do when more arrives than a port can send on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import Bytes, NonNegativeSeconds, PositiveInt, Ratio, Seconds, Sourced

__all__ = ["Transport"]


class Transport(Sourced):
    """One way of running TCP over a network that drops what does not fit.

    Parameters
    ----------
    congestion_control : {"reno", "dctcp"}
        What shrinks the window: losses, or also the share of packets that ports marked.
    recovery : {"newreno", "sack"}
        How losses are repaired: one a round trip, or all of those that selective acknowledgements tell of.
    segment : Bytes
        Payload of a full packet.
    framing : Bytes
        What a packet takes on the wire beyond its payload: headers, checksum, preamble, gap.
    initial_window : int
        Segments that a fresh connection, or one that was idle for long, sends at once.
    receive_window : Bytes
        Most that a receiver lets be under way.
    rto_min, rto_max : Seconds
        Bounds of the retransmission time-out.
    rtt : Seconds
        Round trip between two hosts of a rack, their software included, without waiting and without the time of the
        packets themselves on the wires.
    jitter : NonNegativeSeconds
        Spread of the moments at which synchronised senders begin, and of their round trips.
    tail_probe : Seconds, optional
        Least silence after which the last segment is sent again, to learn of a lost tail before the time-out; for
        ``sack``.
    threshold : float, optional
        Dynamic threshold of the ports: a queue is kept below so many times the free part of the packet buffer; without
        it, a queue may take all.
    marking_delay : Seconds, optional
        Ports mark packets that find a longer queue than is sent in this time; for ``dctcp``.
    gain : Ratio, optional
        Weight of the newest observation in the estimate of the marked share; for ``dctcp``.
    """

    congestion_control: Literal["reno", "dctcp"]
    recovery: Literal["newreno", "sack"]
    segment: Bytes
    framing: Bytes
    initial_window: PositiveInt
    receive_window: Bytes
    rto_min: Seconds
    rto_max: Seconds
    rtt: Seconds
    jitter: NonNegativeSeconds
    tail_probe: Seconds | None = None
    threshold: Annotated[float, Field(gt=0)] | None = None
    marking_delay: Seconds | None = None
    gain: Annotated[Ratio, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Transport:
        if self.rto_min > self.rto_max:
            raise ValueError("rto_min is above rto_max")
        if self.receive_window < self.segment:
            raise ValueError("receive_window is smaller than one segment")
        if self.tail_probe is not None and self.recovery != "sack":
            raise ValueError("tail_probe has no effect without recovery 'sack'")
        needs = self.congestion_control == "dctcp"
        for name, value in (("marking_delay", self.marking_delay), ("gain", self.gain)):
            if needs and value is None:
                raise ValueError(f"congestion_control 'dctcp' needs {name}")
            if not needs and value is not None:
                raise ValueError(f"{name} has no effect without congestion_control 'dctcp'")
        return self
