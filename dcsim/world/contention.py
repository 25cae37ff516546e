"""Speeds of gangs that meet on links too narrow for all of them, and whom each of them has to thank for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.collisions import colliding_steps
from dcsim.kernels.fairshare import fair_rates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dcsim.world.sessions import Session
    from dcsim.world.shared_links import SharedLinks

    Floats = NDArray[np.float64]

__all__ = ["LEAST", "SERVING", "Slowed", "shared_speeds"]

SERVING = "serving"
"""Name of the traffic of the serving hosts among the sharers of a link."""
LEAST = 1e-3
"""Part of a link that serving leaves to training, so that nothing stands still for ever."""
_UNSLOWED = 1.0 - 1e-9
"""Speed from which on a gang counts as not slowed."""


class Slowed:
    """Why a gang is slower than alone: the link it waits for, and who else is on it.

    Parameters
    ----------
    link : int
        The link.
    sharers : int
        Other gangs on it.
    main, share : str, float
        The service or stream that has most of it apart from the gang itself, or ``SERVING``, and its share.
    """

    def __init__(self, link: int, sharers: int, main: str, share: float) -> None:
        self.link = link
        self.sharers = sharers
        self.main = main
        self.share = share
        self.since = self.clock = 0.0

    def begin(self, now: float, clock: float) -> None:
        """Take note of when this began (s), by the world's clock and by the gang's own."""
        self.since, self.clock = now, clock

    def same(self, other: Slowed) -> bool:
        """Return whether another is the same reason."""
        return self.link == other.link and self.main == other.main

    def widen(self, other: Slowed) -> None:
        """Go on with the larger numbers of both."""
        self.sharers, self.share = max(self.sharers, other.sharers), max(self.share, other.share)


class _System(NamedTuple):
    """Gangs on the links that can bind, as the kernels take them; entries by gang, then by link."""

    start: NDArray[np.int64]
    link: NDArray[np.int32]
    burst: Floats
    steady: Floats
    flows: Floats
    capacity: Floats
    gangs: Floats
    use: Floats
    """Bytes of one step."""
    alone: Floats
    """Undisturbed step (s)."""

    def load(self, rates: Floats, use: Floats) -> Floats:
        """Return the bytes/s on each link when the gangs make so many steps a second of so many bytes each."""
        each = use * np.repeat(rates, np.diff(self.start))
        return np.asarray(np.bincount(self.link, weights=each, minlength=len(self.capacity)), np.float64)

    def fair(self, rates: Floats, use: Floats) -> Floats:
        """Return the steps a second of which no link gets more than it carries; nobody makes more than told."""
        load = self.load(rates, use)
        if (load <= self.capacity).all():
            return rates
        weight, fullness = rates.copy(), load / self.capacity
        for number in range(len(rates)):  # so that every flow has one byte a second on the gang's fullest link
            entries = slice(self.start[number], self.start[number + 1])
            if use[entries].any():
                fullest = entries.start + int(np.argmax(fullness[self.link[entries]] * (use[entries] > 0.0)))
                weight[number] = self.flows[:, fullest].sum() / use[fullest]
        return fair_rates(self.start, self.link, use, self.capacity, weight, rates)


def shared_speeds(
    sessions: Sequence[Session], narrow: Sequence[int], links: SharedLinks, serving: Sequence[float]
) -> list[tuple[float, Slowed | None]]:
    """Return the speed of each gang, 1 where it is as fast as alone, and what slows it.

    Serving goes first. Gangs are held up by what their readers and checkpoints get of a link in the mean, max-min
    fairly by flows (``dcsim.kernels.fairshare``); exchanges that collide share their links for as long as they do
    (``dcsim.kernels.collisions``). What then still is more than a link carries is shared like the means of readers.

    Parameters
    ----------
    sessions : sequence of Session
        All gangs on those links, and such as have left them.
    narrow : sequence of int
        Links that they could overload.
    links : SharedLinks
        All links.
    serving : sequence of float
        What serving puts on each of all links (bytes/s).
    """
    if not narrow:
        return [(1.0, None)] * len(sessions)
    system = _system(sessions, narrow, links.capacity, serving)
    reading = system.steady * np.repeat(system.alone, np.diff(system.start))
    least = 1.0 / system.fair(1.0 / system.alone, reading)
    step, share = colliding_steps(*system[:7], least)
    rates = system.fair(1.0 / step, system.use)
    ratio = system.load(rates, system.use) / system.capacity
    speeds = rates * system.alone
    sharers = _sharers(sessions, narrow, speeds)
    found: list[tuple[float, Slowed | None]] = []
    for number, (session, speed) in enumerate(zip(sessions, speeds.tolist(), strict=True)):
        entries = slice(system.start[number], system.start[number + 1])
        if speed >= _UNSLOWED or entries.start == entries.stop:
            found.append((1.0, None))
            continue
        collides = least[number] < _UNSLOWED * step[number] and rates[number] * step[number] >= _UNSLOWED
        waits = -share[entries] if collides else ratio[system.link[entries]]
        link = narrow[int(system.link[entries][int(np.argmax(waits))])]
        found.append((speed, _reason(session, speed, link, sharers[link], links.capacity[link], serving[link])))
    return found


def _system(
    sessions: Sequence[Session], narrow: Sequence[int], capacity: Floats, serving: Sequence[float]
) -> _System:
    """Return the gangs as arrays."""
    at = {link: place for place, link in enumerate(narrow)}
    counts, link, columns = [0], [np.empty(0, np.int32)], [np.empty((5, 0))]
    for session in sessions:
        demand = session.demand
        places = [(at[each], place) for place, each in enumerate(demand.links.tolist()) if each in at]
        counts.append(len(places))
        link.append(np.array([each for each, _ in places], np.int32))
        mine = [place for _, place in places]
        rows = (demand.burst, demand.steady, *demand.flows, demand.total * demand.step_s)
        columns.append(np.stack([row[mine] for row in rows]))
    burst, steady, exchanging, streaming, use = np.concatenate(columns, axis=1)
    wide = capacity[list(narrow)]
    return _System(
        np.cumsum(counts), np.concatenate(link), burst, steady, np.stack([exchanging, streaming]),
        np.maximum(wide - np.array([serving[each] for each in narrow]), LEAST * wide),
        np.stack([session.demand.gang for session in sessions]), use,
        np.array([session.demand.step_s for session in sessions]),
    )  # fmt: skip


def _sharers(sessions: Sequence[Session], narrow: Sequence[int], speeds: Floats) -> dict[int, dict[str, list[float]]]:
    """Return bytes/s and number of gangs on each link by service."""
    found: dict[int, dict[str, list[float]]] = {link: {} for link in narrow}
    for session, speed in zip(sessions, speeds.tolist(), strict=True):
        for link, rate in zip(session.demand.links.tolist(), session.demand.total.tolist(), strict=True):
            if link in found:
                sums = found[link].setdefault(session.service, [0.0, 0.0])
                sums[0] += rate * speed
                sums[1] += 1.0
    return found


def _reason(
    session: Session, speed: float, link: int, sharers: Mapping[str, list[float]], capacity: float, serving: float
) -> Slowed:
    """Return who has most of a link apart from a gang itself."""
    own = float(session.demand.total[int(np.searchsorted(session.demand.links, link))]) * speed
    others = {name: rate - own if name == session.service else rate for name, (rate, _) in sharers.items()}
    if serving > 0.0:
        others[SERVING] = others.get(SERVING, 0.0) + serving
    main = max(others, key=lambda name: others[name])
    gangs = sum(int(count) for _, count in sharers.values()) - 1
    return Slowed(link, gangs, main, others[main] / capacity)
