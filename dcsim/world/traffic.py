"""What one gang puts on the shared links while it trains: its exchanges, its readers and its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.compute.step import StepTime, exposed_time
from dcsim.world.crossings import Border, crossing
from dcsim.world.demands import Demand, Wants
from dcsim.world.shared_links import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from dcsim.world.crossings import Messages
    from dcsim.world.shared_links import Pair, SharedLinks
    from dcsim.world.units import Run

__all__ = ["Layout", "StreamTraffic", "gang_demand"]


@dataclass(frozen=True)
class StreamTraffic:
    """What the gangs of one stream exchange, read and write on the hosts of one pool.

    Parameters
    ----------
    plan : callable
        Messages of one exchange among so many ranks.
    ranks : int
        Ranks of the gang for which ``step`` holds.
    step : StepTime
        One step of such a gang alone.
    overlap : float
        Share of an exchange that may hide behind the backward pass.
    sync_every : int
        Steps from one exchange to the next.
    bandwidth, latency : float
        Goodput of a rank, each way (bytes/s), and time of an empty message (s).
    read_bytes : float
        What is read for each slot (a GPU, or a host) in a step.
    checkpoint_bytes, checkpoint_every_s, checkpoint_s : float
        Size of a checkpoint, compute between two, and time to write one.
    away : int
        Region to which checkpoints are copied; -1 where they stay.
    """

    plan: Callable[[int], Messages]
    ranks: int
    step: StepTime
    overlap: float
    sync_every: int
    bandwidth: float
    latency: float
    read_bytes: float
    checkpoint_bytes: float
    checkpoint_every_s: float
    checkpoint_s: float
    away: int


@dataclass(frozen=True)
class Layout:
    """Where the ranks of a gang stand in a pool.

    Parameters
    ----------
    pool, region : int
        Index of the pool and of its region.
    hosts_per_rack, hosts_per_unit, ranks_per_unit : int
        Of the pool.
    slots : int
        GPUs, or hosts, of the gang.
    runs : tuple of Run
        Units that it holds entirely.
    part, part_ranks : int
        Unit that it holds in part (-1 for none) and its ranks there.
    """

    pool: int
    region: int
    hosts_per_rack: int
    hosts_per_unit: int
    ranks_per_unit: int
    slots: int
    runs: tuple[Run, ...]
    part: int
    part_ranks: int

    def unit_of_ranks(self) -> NDArray[np.int64]:
        """Return the unit of each rank; ranks are ordered by unit, those of the unit held in part last."""
        whole = [np.arange(first, behind) for first, behind in self.runs]
        units = np.repeat(np.concatenate(whole), self.ranks_per_unit) if whole else np.empty(0, np.int64)
        return np.append(units, np.full(self.part_ranks, self.part)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Level:
    """The groups of ranks at one level: number, ranks and links of each, and the group of each rank."""

    number: list[int]
    ranks: list[int]
    pairs: list[Pair]
    group: NDArray[np.int64]

    def border(self, links: SharedLinks) -> Border | None:
        """Return the border if the gang crosses it and it can bind anywhere."""
        if len(self.number) < 2 or all(pair[0] == NONE for pair in self.pairs):
            return None
        ends = np.array(self.pairs).T
        return Border(self.group, np.where(ends != NONE, links.capacity[ends], np.inf))


class _Place:
    """Racks, pods and NICs of a gang."""

    def __init__(self, links: SharedLinks, layout: Layout) -> None:
        units = layout.unit_of_ranks()
        rack = units * layout.hosts_per_unit // layout.hosts_per_rack
        racks = _level(links.first_rack[layout.pool] + rack, links.racks)
        pods = _level(np.array([links.pod_of_rack[rack] for rack in racks.number])[racks.group], links.pods)
        self.total = len(units)
        self.racks, self.pods = racks, pods
        self.levels = [racks, pods]
        if layout.pool in links.nics and layout.part >= 0:
            first = links.nics[layout.pool] + 2 * layout.part
            shared = (units == layout.part).astype(np.int64)
            counts = [self.total - layout.part_ranks, layout.part_ranks]
            self.levels.append(_Level([0, 1], counts, [(NONE, NONE), (first, first + 1)], shared))


def _level(numbers: NDArray[np.int64], pairs: tuple[Pair, ...]) -> _Level:
    """Return the groups of ranks that stand under the same number."""
    found, group, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return _Level(found.tolist(), counts.tolist(), [pairs[number] for number in found.tolist()], group)


def gang_demand(links: SharedLinks, traffic: StreamTraffic, layout: Layout, *, saves: bool) -> Demand:
    """Return what a gang puts on the shared links.

    Parameters
    ----------
    links : SharedLinks
        Links that can bind.
    traffic : StreamTraffic
        What its stream does.
    layout : Layout
        Where it stands.
    saves : bool
        Whether it lives long enough to write checkpoints.
    """
    place, step, every = _Place(links, layout), traffic.step, traffic.sync_every
    at = [(level, border) for level in place.levels if (border := level.border(links)) is not None]
    exchange_s, cross_s, wants = step.collective_s, 0.0, Wants()
    alone = exposed_time(step.inside_s, step.backward_s, traffic.overlap)
    found = None
    if at or place.total != traffic.ranks:
        found = crossing(traffic.plan(place.total), [border for _, border in at], traffic.bandwidth, traffic.latency)
        exchange_s = exchange_s if place.total == traffic.ranks else found.total_s
        cross_s = exchange_s * found.cross_s / found.total_s if found.total_s > 0.0 else 0.0
    exposed = exposed_time(step.inside_s + exchange_s, step.backward_s, traffic.overlap)
    base = step.compute_s + step.straggler_s + (every - 1) * alone / every
    step_s = base + exposed / every
    cycle = traffic.checkpoint_every_s + traffic.checkpoint_s
    busy = traffic.checkpoint_every_s / cycle if saves else 1.0
    if found is not None:
        for (level, _), sent in zip(at, found.nbytes, strict=True):
            for pair, both in zip(level.pairs, sent.T.tolist(), strict=True):
                for link, nbytes in zip(pair, both, strict=True):
                    wants.add("training", link, nbytes / every / step_s * busy)
    reading = traffic.read_bytes * layout.slots / place.total / step_s * busy
    for link, ranks in _reads(links, layout, place):
        wants.add("readers", link, reading * ranks, ranks)
    for link, share in _saves(links, layout, place, traffic.away) if saves else ():
        wants.add("checkpoints", link, traffic.checkpoint_bytes * share / cycle, share)
    gang = np.array([base, step.inside_s + exchange_s - cross_s, cross_s, traffic.overlap, step.backward_s, every])
    return wants.demand(gang, step_s, cross_s / every / step_s * busy, traffic.bandwidth, links.capacity)


def _reads(links: SharedLinks, layout: Layout, place: _Place) -> Iterator[tuple[int, float]]:
    """Yield the links between storage and ranks, with the number of ranks whose reading crosses each."""
    stores = links.stores[layout.region]
    if not stores:
        return
    for (_, down), ranks in zip(place.racks.pairs, place.racks.ranks, strict=True):
        yield down, ranks
    here = dict(zip(place.pods.number, place.pods.ranks, strict=True))
    near = {pod: sum(store.share for store in stores if store.pod == pod) for pod in here}
    for pod, ranks in here.items():
        yield links.pods[pod][1], ranks * (1.0 - near[pod])
    for store in stores:
        yield store.links[0], place.total * store.share
        yield links.pods[store.pod][0], (place.total - here.get(store.pod, 0)) * store.share
    for nic in place.levels[2:]:
        yield nic.pairs[1][1], nic.ranks[1]


def _saves(links: SharedLinks, layout: Layout, place: _Place, away: int) -> Iterator[tuple[int, float]]:
    """Yield the links that checkpoints take from the first rank on, with the share of their bytes on each."""
    stores = links.stores[layout.region]
    if not stores and away < 0:
        return
    rack, pod = int(place.racks.group[0]), place.pods.number[int(place.pods.group[0])]
    yield place.racks.pairs[rack][0], 1.0
    yield links.pods[pod][0], 1.0 - sum(store.share for store in stores if store.pod == pod)
    for store in stores:
        yield store.links[1], store.share
        if store.pod != pod:
            yield links.pods[store.pod][1], store.share
        if away >= 0:
            yield store.links[0], store.share
            yield links.pods[store.pod][0], store.share
    if away >= 0:
        yield links.wan[layout.region][0], 1.0
        yield links.wan[away][1], 1.0
    for nic in place.levels[2:]:
        if not nic.ranks[0]:
            yield nic.pairs[1][0], 1.0
