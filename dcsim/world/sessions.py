"""The gangs that train at a time, on the links that they share: who slows whom, and when each is done."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from dcsim.world.contention import Slowed, shared_speeds

if TYPE_CHECKING:
    from collections.abc import Iterable

    import simpy
    from numpy.typing import NDArray

    from dcsim.trace.recorder import Recorder
    from dcsim.world.demands import Demand
    from dcsim.world.link_meter import LinkMeter
    from dcsim.world.shared_links import SharedLinks

__all__ = ["Session", "Sessions"]

_FULL = 1.0 + 1e-9
"""Demand over capacity from which on a link can bind."""
_SAME = 1e-12
"""Change of a speed that is rounding."""


class Session:
    """A gang while it trains: a clock that runs at the speed that the network leaves it.

    Parameters
    ----------
    number, job : int
        Order of joining, and job.
    service : str
        Whose it is.
    demand : Demand
        What it wants of the links when it runs at full speed.
    over : simpy.Event
        Fires when its clock has reached ``length``.
    now, length : float
        When it joined, and how long it lasts undisturbed (s).
    """

    def __init__(
        self, number: int, job: int, service: str, demand: Demand, over: simpy.Event, now: float, length: float
    ) -> None:
        self.number = number
        self.job = job
        self.service = service
        self.demand = demand
        self.over = over
        self.length = length
        self.begun = now
        self.clock = 0.0
        self.since = now
        self.speed = 1.0
        self.version = 0  # of the end that is foreseen
        self.disturbed = False  # was ever slower than alone
        self.left = False
        self.slowed: Slowed | None = None

    def ran(self, now: float) -> float:
        """Return what its clock shows (s)."""
        if self.left:
            return self.clock
        if not self.disturbed:
            return now - self.begun
        return min(self.clock + (now - self.since) * self.speed, self.length)


class Sessions:
    """All gangs that have anything on a shared link.

    Demands that no link is too narrow for cost a few additions. Where bursts could overload a link, the gangs on it,
    and all that are joined to them by other such links, are solved together, once for all that changed at an instant.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    links : SharedLinks
        What is shared.
    meter : LinkMeter
        Told of every change of a rate.
    recorder : Recorder
        Takes the table ``contention``.
    """

    def __init__(self, env: simpy.Environment, links: SharedLinks, meter: LinkMeter, recorder: Recorder) -> None:
        self._env = env
        self._links = links
        self._meter = meter
        self._recorder = recorder
        self._capacity = links.capacity.tolist()
        self._serving = [0.0] * len(links.names)
        self._wanted = [0.0] * len(links.names)
        self._on: list[dict[Session, None]] = [{} for _ in links.names]
        self._joined = 0
        self._touched: dict[int, None] = {}
        self._due: list[tuple[float, int, int, Session]] = []
        self._next = np.inf

    def join(self, job: int, service: str, demand: Demand, length: float) -> Session:
        """Let a gang begin to train; its ``over`` fires when it has trained for ``length`` undisturbed seconds."""
        now = self._env.now
        session = Session(self._joined, job, service, demand, self._env.event(), now, length)
        self._joined += 1
        for link, most in demand.most.items():
            self._on[link][session] = None
            self._wanted[link] += most
        self._meter.change(now, demand, 1.0)
        self._touch(link for link in demand.most if self._full(link))
        self._time(session)
        return session

    def leave(self, session: Session) -> float:
        """Let a gang stop and return for how long it trained on its own clock (s); one that is over has left."""
        if session.left:
            return session.clock
        now = self._env.now
        ran = session.ran(now)
        if session.slowed is not None:
            self._tell(session)
        session.clock, session.left, session.version = ran, True, -1
        self._touch(link for link in session.demand.most if self._full(link))
        self._meter.change(now, session.demand, -session.speed)
        for link, most in session.demand.most.items():
            del self._on[link][session]
            self._wanted[link] -= most
            if not self._on[link]:
                self._wanted[link] = 0.0
                self._meter.rest(link)
        return ran

    def serve(self, rates: NDArray[np.float64]) -> None:
        """Take note of what serving puts on each link from now on (bytes/s), shape (L,)."""
        for link in np.flatnonzero(rates != self._serving).tolist():
            full = self._full(link)
            self._serving[link] = float(rates[link])
            if full or self._full(link):
                self._touch((link,))

    def _full(self, link: int) -> bool:
        """Return whether those on a link could overload it together."""
        return self._wanted[link] + self._serving[link] > self._capacity[link] * _FULL and bool(self._on[link])

    def _touch(self, links: Iterable[int]) -> None:
        """Solve what has to do with some links when all that happens now has happened."""
        for link in links:
            if not self._touched:
                event = self._env.event()
                event.callbacks.append(lambda _: self._settle())
                event.succeed()
            self._touched[link] = None

    def _settle(self) -> None:
        """Set the speeds of everybody whom the touched links have to do with."""
        links, reached = list(self._touched), dict.fromkeys(self._touched)
        self._touched = {}
        found: dict[Session, None] = {}
        for link in links:
            for session in self._on[link]:
                if session in found:
                    continue
                found[session] = None
                for other in session.demand.most:
                    if other not in reached and self._full(other):
                        reached[other] = None
                        links.append(other)
        sessions = sorted(found, key=lambda session: session.number)
        narrow = sorted(link for link in reached if self._full(link))
        speeds = shared_speeds(sessions, narrow, self._links, self._serving)
        for session, (speed, slowed) in zip(sessions, speeds, strict=True):
            self._slow(session, speed, slowed)

    def _slow(self, session: Session, speed: float, slowed: Slowed | None) -> None:
        """Let a gang go on at another speed, for the reason given."""
        now = self._env.now
        if abs(speed - session.speed) > _SAME:
            session.clock = session.ran(now)
            session.since = now
            session.disturbed = True
            self._meter.change(now, session.demand, speed - session.speed)
            session.speed = speed
            session.version += 1
            self._time(session)
        before = session.slowed
        if before is not None and slowed is not None and before.same(slowed):
            before.widen(slowed)
            return
        if before is not None:
            self._tell(session)
        if slowed is not None:
            slowed.begin(now, session.ran(now))
        session.slowed = slowed

    def _tell(self, session: Session) -> None:
        """Record why a gang was slowed, and how much, since that reason began."""
        slowed, now = session.slowed, self._env.now
        session.slowed = None
        if slowed is None or now <= slowed.since:
            return
        progress = session.ran(now) - slowed.clock
        ratio = (now - slowed.since) / progress if progress > 0.0 else np.inf
        self._recorder.span(
            "contention", session.job, session.service, slowed.since, now, ratio,
            self._links.names[slowed.link], slowed.sharers, slowed.main, slowed.share,
        )  # fmt: skip

    def _time(self, session: Session) -> None:
        """Foresee the end of a session, and wake up at the first of all ends."""
        if session.speed > 0.0:
            left = session.length - session.clock
            heappush(self._due, (session.since + left / session.speed, session.number, session.version, session))
        self._wait()

    def _wait(self) -> None:
        due = self._due
        while due and due[0][3].version != due[0][2]:
            heappop(due)
        if due and due[0][0] < self._next:
            self._next = due[0][0]
            wake = self._env.timeout(max(0.0, self._next - self._env.now), self._next)
            wake.callbacks.append(self._wake)

    def _wake(self, event: simpy.Event) -> None:
        """End the sessions that are due."""
        if event.value != self._next:  # an earlier end was foreseen since, and went before
            return
        due, now = self._due, event.value
        self._next = np.inf
        while due and (due[0][0] <= now or due[0][3].version != due[0][2]):
            _, _, version, session = heappop(due)
            if session.version == version:
                self.leave(session)
                session.over.succeed()
        self._wait()
