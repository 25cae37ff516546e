"""The timeline of one device and its network, drawn step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.parallelism.plan.step import Span

if TYPE_CHECKING:
    from dcsim.parallelism.plan.synchronise import Flight
    from dcsim.parallelism.plan.work import Work

__all__ = ["Timeline"]


class Timeline:
    """Spans of the lanes ``compute``, without a gap, ``network`` and ``network among hosts``.

    Parameters
    ----------
    work : Work
        Of the device.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.now = 0.0
        self._compute: list[Span] = []
        self._network: list[Span] = []
        self._among: list[Span] = []

    def compute(self, what: str, seconds: float) -> None:
        """Let the device do one thing, or wait."""
        if seconds > 0:
            self._compute.append(Span("compute", what, self.now, self.now + seconds))
            self.now += seconds

    def network(self, what: str, begin_s: float, end_s: float) -> None:
        """Let the network carry something."""
        if end_s > begin_s:
            self._network.append(Span("network", what, begin_s, end_s))

    def among_hosts(self, what: str, begin_s: float, end_s: float) -> None:
        """Let the network among hosts carry something, while that inside them is busy with other things."""
        if end_s > begin_s:
            self._among.append(Span("network among hosts", what, begin_s, end_s))

    def wait(self, seconds: float) -> None:
        """Let the device wait for the network."""
        self.compute("exposed communication", seconds)

    def forward(self) -> None:
        """Compute the forward pass, row by row."""
        for name, seconds in zip(self.work.names, self.work.forward_s.tolist(), strict=True):
            self.compute(f"forward {name}", seconds)

    def backward(self, overhead_s: float = 0.0) -> None:
        """Compute the backward pass, row by row; the overhead is shared out by tensors."""
        counts = [row.size for row in self.work.tensors]
        each = overhead_s / max(1, sum(counts))
        rows = list(zip(self.work.names, self.work.backward_s.tolist(), counts, strict=True))
        for name, seconds, count in reversed(rows):
            self.compute(f"backward {name}", seconds + each * count)

    def step(self, flight: Flight | None = None, what: str = "all-reduce", extra_s: float = 0.0) -> None:
        """Compute one step: both passes, the wait for gradients on their way and ``extra_s`` more, and the update."""
        self.forward()
        start = self.now
        self.backward(0.0 if flight is None else flight.overhead_s)
        if flight is not None:
            flown = zip(flight.begin.tolist(), flight.end.tolist(), strict=True)
            for number, (begin, end) in enumerate(flown, 1):
                self.network(f"{what} {number}", start + begin, start + end)
        self.wait(extra_s + (0.0 if flight is None else flight.exposed_s))
        self.compute("optimiser", self.work.optimiser_s)

    def spans(self) -> tuple[Span, ...]:
        """Return what was drawn, lane by lane."""
        return (*self._compute, *self._network, *self._among)
