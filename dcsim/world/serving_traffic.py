"""What serving puts on the shared links, load step by load step."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.world.contention import LEAST
from dcsim.world.shared_links import NONE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import simpy
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_outputs import ServingOutputs
    from dcsim.spec.service import Service
    from dcsim.world.fleet import Fleet
    from dcsim.world.link_meter import LinkMeter
    from dcsim.world.sessions import Sessions
    from dcsim.world.shared_links import Pair, SharedLinks

    Floats = NDArray[np.float64]

__all__ = ["ServingTraffic", "traffic_of_kinds"]


def traffic_of_kinds(services: Mapping[str, Service]) -> dict[str, float]:
    """Return what a fully busy host of each kind that sends anything sends at most, and receives (bytes/s)."""
    found: dict[str, float] = {}
    for service in services.values():
        each = service.serving.host_traffic
        if each is not None:
            found[service.serving.kind] = max(found.get(service.serving.kind, 0.0), each)
    return found


class ServingTraffic:
    """The traffic of the serving hosts.

    A busy host sends to, and receives from, other serving hosts of its region, wherever they stand: nothing stays in
    its rack, and what leaves its pod is in proportion to the serving hosts outside. Work that another region serves
    crosses the WAN of both. Serving has a link to itself up to the little that it leaves to training (``LEAST``).

    Parameters
    ----------
    links : SharedLinks
        Links that can bind.
    fleet : Fleet
        Regions and pools.
    services : mapping of str to Service
        In the order of the arrays.
    sessions, meter
        Told of what serving takes of the links.
    """

    def __init__(
        self, links: SharedLinks, fleet: Fleet, services: Mapping[str, Service], sessions: Sessions, meter: LinkMeter
    ) -> None:
        self._sessions = sessions
        self._meter = meter
        self._most = (1.0 - LEAST) * links.capacity
        self._waiting: deque[Floats] = deque()
        self._served, self._spilled = _shares(links, fleet, services)
        self.sends = bool(self._served.any() or self._spilled.any())

    def hear(self, out: ServingOutputs) -> None:
        """Take note of what was served in the load steps ahead."""
        local = out.served - out.spilled
        foreign = out.assigned - local + out.spilled
        rates = np.einsum("lsr,nsr->nl", self._served, out.assigned)
        rates = np.minimum(rates + np.einsum("lsr,nsr->nl", self._spilled, foreign), self._most)
        self._meter.serving(rates)
        self._waiting.extend(rates)

    def run(self, env: simpy.Environment, resolution: float) -> Generator[simpy.Event, Any, None]:
        """Let serving take its part of the links, step by step."""
        while self._waiting:
            self._sessions.serve(self._waiting.popleft())
            yield env.timeout(resolution)


def _shares(links: SharedLinks, fleet: Fleet, services: Mapping[str, Service]) -> tuple[Floats, Floats]:
    """Return bytes/s on each link per host of work served, and per host of work served for another region.

    Both of shape (L, S, R).
    """
    shape = (len(links.names), len(services), len(fleet.regions))
    served, spilled = np.zeros(shape), np.zeros(shape)
    on_links = {index: _of_pool(links, fleet, index) for index in fleet.with_role("serving")}
    capacity: defaultdict[tuple[str, int], float] = defaultdict(float)
    for index in on_links:
        pool = fleet.pools[index]
        capacity[pool.kind, pool.region] += pool.hosts * pool.speed
    for column, service in enumerate(services.values()):
        each = service.serving.host_traffic or 0.0
        for region, pair in enumerate(links.wan):
            _add(spilled, pair, column, region, each)
        for index, crossed in on_links.items():
            pool = fleet.pools[index]
            if pool.kind == service.serving.kind:
                part = each * pool.hosts * pool.speed / capacity[pool.kind, pool.region]
                for pair, share in crossed:
                    _add(served, pair, column, pool.region, part * share)
    return served, spilled


def _of_pool(links: SharedLinks, fleet: Fleet, index: int) -> list[tuple[Pair, float]]:
    """Return the links that the traffic of a serving pool crosses, and which share of it."""
    places, pool = fleet.rack_arrays, fleet.pools[index]
    serves = np.array([each.role == "serving" for each in fleet.pools])
    hosts = np.array([each.hosts / each.racks for each in fleet.pools]) * serves
    of_rack = hosts[places.pool]
    inside = np.bincount(places.pod, weights=of_rack)
    whole = of_rack[places.region == pool.region].sum()
    racks = np.bincount(places.pod[places.pool == index])
    leaving = racks / pool.racks * (1.0 - inside[: len(racks)] / whole)
    return [(links.serving[index], 1.0), *((links.pods[pod], leaving[pod]) for pod in np.flatnonzero(racks).tolist())]


def _add(rates: Floats, pair: Pair, service: int, region: int, rate: float) -> None:
    for link in pair:
        if link != NONE:
            rates[link, service, region] += rate
