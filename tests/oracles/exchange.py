"""Networks that take a fixed time and a time for each byte, for plans of a step."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from dcsim.parallelism.plan import Work


@dataclass(frozen=True)
class AlphaBeta:
    """Hosts of equal devices; ``(latency, bandwidth)`` inside a host and among hosts."""

    devices: int
    hosts: int
    box: tuple[float, float] = (0.0, 1.0)
    net: tuple[float, float] = (0.0, 1.0)

    def part(self, devices, hosts):
        assert devices <= self.devices
        assert hosts <= self.hosts
        return replace(self, devices=devices, hosts=hosts)

    def all_reduce(self, sizes, scope):
        assert scope in ("box", "hosts", "all")
        total = np.zeros(len(sizes))
        if scope != "hosts" and self.devices > 1:
            total += 2 * (self.devices - 1) * (self.box[0] + sizes / self.devices / self.box[1])
        if scope != "box" and self.hosts > 1:
            total += 2 * (self.hosts - 1) * (self.net[0] + sizes / self.hosts / self.net[1])
        return total

    def send(self, nbytes, scope):
        latency, bandwidth = self.box if scope == "box" else self.net
        return latency + nbytes / bandwidth

    def all_to_all(self, nbytes, scope):
        ranks = self.devices * self.hosts
        latency, bandwidth = self.net if self.hosts > 1 else self.box
        return (ranks - 1) * (latency + nbytes / ranks / bandwidth)

    def push_pull(self, nbytes, servers):
        crowd = max(1.0, self.hosts / servers) if servers else (self.hosts - 1) / self.hosts
        return 2 * (self.net[0] + crowd * nbytes / self.net[1])


def make_work(forward, backward, tensors, *, optimiser_s=0.0, output=0.0, batch=1, kinds=(), repeats=()):
    """A ``Work`` of lists: seconds of either pass and bytes of the tensors by row."""
    tensors = tuple(np.array(row, dtype=float) for row in tensors)
    return Work(
        names=tuple(f"row{number}" for number in range(len(forward))),
        forward_s=np.array(forward, dtype=float),
        backward_s=np.array(backward, dtype=float),
        tensors=tensors,
        parameter_bytes=np.array([row.sum() for row in tensors]),
        output_bytes=np.broadcast_to(np.asarray(output, dtype=float), (len(forward),)).copy(),
        optimiser_s=optimiser_s,
        batch=batch,
        kinds=tuple(kinds),
        repeats=tuple(repeats),
    )


def check_timeline(plan):
    """The spans of a plan: no lane does two things at once, devices are never without one, all ends with the period."""
    lanes = {}
    for span in plan.spans:
        assert span.end_s >= span.begin_s
        lanes.setdefault(span.lane, []).append(span)
    tiny = 1e-9 * max(plan.period_s, 1e-300)
    for lane, spans in lanes.items():
        for one, after in itertools.pairwise(spans):
            assert after.begin_s >= one.end_s - tiny, (lane, one, after)
        assert spans[0].begin_s >= -tiny
        assert spans[-1].end_s <= plan.period_s + tiny
        if lane == "compute" or (lane.startswith("stage") and " to " not in lane):
            assert abs(spans[0].begin_s) <= tiny
            assert abs(spans[-1].end_s - plan.period_s) <= tiny
            assert abs(sum(span.end_s - span.begin_s for span in spans) - plan.period_s) <= 10 * tiny
    return lanes
