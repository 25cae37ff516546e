"""Outages: what the timelines of all drills mean for each region, as intervals and as shares of the load steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import simpy
    from numpy.typing import NDArray

    from dcsim.drills.plan import Fault
    from dcsim.world.training import Training

__all__ = ["Availability", "Outage", "availability", "merge_outages", "strike"]


@dataclass(frozen=True, order=True)
class Outage:
    """One region without power for one span of time.

    Parameters
    ----------
    down_at, up_at : float
        Begin and end of the loss (s).
    region : int
        Index of the region.
    drain_at : float
        When the region stopped to take work (s); equal to ``down_at`` if nobody was warned.
    """

    down_at: float
    up_at: float
    region: int
    drain_at: float

    @property
    def warned(self) -> bool:
        """Whether there was notice."""
        return self.drain_at < self.down_at


def merge_outages(faults: Iterable[Fault], regions: list[str]) -> tuple[Outage, ...]:
    """Return disjoint outages, overlapping losses of a region being one.

    A loss that nobody ends lasts for ever.
    """
    merged: list[Outage] = []
    for index, name in enumerate(regions):
        depth, drain, down = 0, inf, inf
        for fault in sorted(fault for fault in faults if fault.region == name):
            if fault.kind == "region_drain":
                drain = min(drain, fault.time_s)
            elif fault.kind == "region_down":
                depth += 1
                down = min(down, fault.time_s)
            elif depth:
                depth -= 1
                if not depth:
                    merged.append(Outage(down, fault.time_s, index, min(drain, down)))
                    drain = down = inf
        if depth:
            merged.append(Outage(down, inf, index, min(drain, down)))
    return tuple(sorted(merged))


class Availability(NamedTuple):
    """Shares of each load step, float64[steps, regions].

    Parameters
    ----------
    up : ndarray
        With power.
    open : ndarray
        Taking work.
    unserved : ndarray
        Share of the load of a region's users that reaches no region.
    """

    up: NDArray[np.float64]
    open: NDArray[np.float64]
    unserved: NDArray[np.float64]


def availability(
    outages: Iterable[Outage], regions: int, steps: int, resolution: float, failover: float
) -> Availability:
    """Return what the outages leave of each load step.

    From the drain on (or from the loss, where nobody was warned) the users of the region move elsewhere at an even
    pace that takes ``failover`` seconds. Those who have not moved when it goes down are unserved until they have, or
    until it is back; each step holds the exact mean of their share.
    """
    edges = np.arange(steps + 1, dtype=np.float64) * resolution
    up, opened, unserved = np.ones((steps, regions)), np.ones((steps, regions)), np.zeros((steps, regions))
    for outage in outages:
        up[:, outage.region] -= _overlap(edges, outage.down_at, outage.up_at)
        opened[:, outage.region] -= _overlap(edges, outage.drain_at, outage.up_at)
        begin = outage.down_at - outage.drain_at
        end = max(begin, min(failover, outage.up_at - outage.drain_at))
        since = np.clip(edges - outage.drain_at, begin, end)
        unserved[:, outage.region] += np.diff(since - since**2 / (2 * failover)) / resolution
    return Availability(np.clip(up, 0, 1), np.clip(opened, 0, 1), np.clip(unserved, 0, 1))


def _overlap(edges: NDArray[np.float64], begin: float, end: float) -> NDArray[np.float64]:
    """Return which share of each step lies within an interval."""
    inside = np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin)
    return np.asarray(np.maximum(inside, 0.0) / np.diff(edges))


def strike(env: simpy.Environment, outage: Outage, training: Training) -> Generator[simpy.Event, Any, None]:
    """Carry one outage out on the training side."""
    if outage.warned:
        yield env.timeout(max(0.0, outage.drain_at - env.now))
        training.drain(outage.region, outage.down_at)
    yield env.timeout(max(0.0, outage.down_at - env.now))
    training.lose(outage.region)
    if outage.up_at < inf:
        yield env.timeout(outage.up_at - env.now)
        training.restore(outage.region)
