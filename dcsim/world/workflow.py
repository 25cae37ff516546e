"""One training workflow as a process: prepare data, train as a gang, evaluate and publish."""

from __future__ import annotations

from collections.abc import Generator
from math import isnan, nan
from typing import TYPE_CHECKING, Any

import simpy

from dcsim.world.pool import Gang

if TYPE_CHECKING:
    from dcsim.world.sessions import Session
    from dcsim.world.stream import TrainingStream
    from dcsim.world.training import Training

__all__ = ["DATA_LOST", "DRAINED", "REGION_LOST", "SUPERSEDED", "Workflow"]

REGION_LOST, DATA_LOST, DRAINED, SUPERSEDED = "region_lost", "data_lost", "drained", "superseded"
Events = Generator[simpy.Event, Any, None]


class Workflow(Gang):
    """One training of one model, from arrival to publication; in between, a gang.

    Parameters
    ----------
    world : Training
        Clock, cluster, regions and trace.
    stream : TrainingStream
        What all workflows of the stream share.
    code : int
        The stream's number.
    number : int
        Job number: its order of arrival.
    arrived : float
        Time of arrival (s); negative for what was in flight when the scenario began.
    model : int
        Which of the stream's models it trains.
    slots : int
        GPUs, or hosts; 0 where the stream decides.
    duration : float
        Compute of the training (s); NaN where the stream decides.
    """

    done = 0.0  # share of the training that is committed
    home = place = checkpoint_region = -1
    holding = False  # spending time in ``home`` without a gang
    queued = started = trained = nan
    interruptions = 0
    lost_s = checkpoint_s = 0.0
    asked = overhead = total = forgotten = contended = served = 0.0
    grant: simpy.Event | None = None
    session: Session | None = None  # on the shared links, while it trains
    process: simpy.Process | None = None

    def __init__(
        self,
        world: Training,
        stream: TrainingStream,
        code: int,
        number: int,
        arrived: float,
        model: int,
        slots: int,
        duration: float,
    ) -> None:
        super().__init__(stream.kind, slots or stream.slots, stream.priority, number)
        self.arrived = arrived
        self.model = model
        self.duration = duration
        self.world = world
        self.stream = stream
        self.code = code
        self.came = self.submitted = world.env.now
        self.tenant = stream.tenant
        self.opportunistic = stream.opportunistic
        self.deadline = arrived + stream.due_s
        self.behind = stream.timing.after_s

    def run(self) -> Events:
        """Live through the workflow; ends when it is published or superseded."""
        world, timing = self.world, self.stream.timing
        elapsed = max(0.0, -self.arrived)  # of a workflow that was in flight when the scenario began
        try:
            yield from self._hold(max(0.0, timing.before_s - elapsed), self.stream.data_regions)
            yield from self._train(max(0.0, elapsed - timing.before_s))
            end = max(self.arrived + timing.beside_s, self.trained + timing.after_s)
            anywhere = world.starting_at[self.home] if self.stream.replicated else (self.home,)
            yield from self._hold(end - world.env.now, anywhere)
        except _SupersededError:
            world.finish(self, SUPERSEDED)
        else:
            world.finish(self, "done")

    @property
    def attained(self) -> float:
        """Return the service received until now: slot-seconds, all its runs together."""
        held = self.slots * (self.world.env.now - self.begun) if self.held is not None else 0.0
        return self.served + held

    @property
    def checkpoint_every(self) -> float:  # type: ignore[override]  # of every gang that never tells
        """Return the compute between two checkpoints, s."""
        return min(saving.every_s for saving in self.stream.checkpoints.values())

    @property
    def unsaved(self) -> float:  # type: ignore[override]
        """Return the compute that a stop would lose now, s; what shared links held up counts as compute."""
        ran = self.world.env.now - self.begun - self.overhead
        return self.stream.checkpoints[self.place].progress(ran)[1] if ran > 0.0 else 0.0

    def speed_in(self, place: int) -> float:
        """Return how fast it trains in a pool of the fleet, relative to the first that it could have."""
        compute = self.stream.compute_s
        if not isnan(self.duration) or not compute[place]:
            return 1.0
        return next(iter(compute.values())) / compute[place]

    @property
    def in_cluster(self) -> bool:
        """Whether it runs as a gang or waits for its slots."""
        return self.held is not None or self.grant is not None

    def granted(self, _pace: float) -> None:
        """Take note that the gang holds its slots."""
        if self.grant is not None:
            self.grant.succeed()

    def evicted(self, why: str) -> None:
        """Take note that the scheduler took the slots."""
        self.interrupt(why)

    def interrupt(self, cause: str) -> None:
        """Interrupt whatever the workflow is at."""
        if self.process is not None:
            self.process.interrupt(cause)

    def _hold(self, seconds: float, regions: tuple[int, ...]) -> Events:
        """Spend time in the first of some regions that is up; start over in the next when it is lost."""
        world = self.world
        while True:
            try:
                while (home := world.first_up(regions)) < 0:
                    yield world.region_back
                self.home, self.holding = home, True
                if seconds > 0.0:
                    yield world.env.timeout(seconds)
            except simpy.Interrupt as interrupt:
                self.holding = False
                if interrupt.cause == SUPERSEDED:
                    raise _SupersededError from None
            else:
                self.holding = False
                return

    def _train(self, elapsed: float) -> Events:
        """Get a gang, train, and come back after every interruption until all is committed."""
        world, stream = self.world, self.stream
        if elapsed > 0.0 and (nominal := stream.nominal_s()) > 0.0:
            self.queued = self.started = self.arrived + stream.timing.before_s
            self.done = min(1.0, elapsed / nominal)
            if elapsed >= nominal:
                self.trained = self.started + nominal
                return
        while True:
            try:
                while world.first_up(stream.data_regions) < 0:
                    yield world.region_back
                self.asked = world.env.now
                if isnan(self.queued):
                    self.queued = self.submitted = self.asked
                self.estimate = self._nominal_s() * (1.0 - self.done)
                world.cluster.submit(self)
                self.grant = world.env.event()
                yield self.grant
                self.grant = None
                world.waited(self)
            except simpy.Interrupt as interrupt:
                self._leave_queue(str(interrupt.cause))
                continue
            if (yield from self._run_gang()):
                return

    def _nominal_s(self) -> float:
        """Return the length of the whole training where nothing disturbs it, s."""
        stream = self.stream
        if isnan(self.duration):
            return stream.nominal_s()
        return stream.restart_s + next(iter(stream.checkpoints.values())).wall(self.duration)

    def _leave_queue(self, cause: str) -> None:
        """Give up the place in the queue (or slots granted at this very instant) when interrupted while waiting."""
        world = self.world
        if self.grant is not None:
            self.grant = None
            world.waited(self)
            if self.held is not None:
                world.cluster.release(self)
            else:
                world.cluster.withdraw(self)
        if cause == SUPERSEDED:
            raise _SupersededError

    def _run_gang(self) -> Generator[simpy.Event, Any, bool]:
        """Train on the slots just granted; return whether the training is complete."""
        world, stream, pool = self.world, self.stream, self.held
        if pool is None:  # the region went down at the instant of the grant
            return False
        self.begun = world.env.now
        self.home, self.place = pool.region, pool.index
        if isnan(self.started):
            self.started = self.begun
        self.total = stream.compute_s[pool.index] if isnan(self.duration) else self.duration
        self.forgotten = 0.0
        if not stream.replicated and self.checkpoint_region not in (-1, pool.region):
            self.forgotten, self.done = self.done * self.total, 0.0
            self.lost_s += self.forgotten
        self.overhead = stream.restart_s
        if pool.region not in stream.data_regions:
            self.overhead += world.stage_s(stream, pool.region)
        left = self.total * (1.0 - self.done)
        wall = stream.checkpoints[pool.index].wall(left)
        try:
            demand = world.network.demand(self, left, wall) if world.network is not None else None
            if world.network is None or demand is None:
                yield world.env.timeout(self.overhead + wall)
            else:
                if self.overhead > 0.0:
                    yield world.env.timeout(self.overhead)
                self.session = world.network.join(self, demand, wall)
                yield self.session.over
        except simpy.Interrupt as interrupt:
            yield from self._stopped(str(interrupt.cause))
            return False
        self._ran()
        self.done, self.trained = 1.0, world.env.now
        self.checkpoint_s += wall - left
        world.segment(self, left, 0.0, "done")
        world.cluster.release(self)
        return True

    def _ran(self) -> float:
        """Return for how long the gang that stops now has trained; what others took of its time is noted apart."""
        since = max(0.0, self.world.env.now - self.begun - self.overhead)
        session, self.session, self.contended = self.session, None, 0.0
        if session is None or self.world.network is None:
            return since
        ran = self.world.network.leave(session)
        if session.disturbed:
            self.contended = max(0.0, since - ran)
        return min(ran, since)

    def _stopped(self, cause: str) -> Events:
        """Account for an interrupted gang: what its checkpoints kept and what is lost."""
        world, stream = self.world, self.stream
        saving = stream.checkpoints[self.place]
        kept, open_s, writing = saving.progress(self._ran())
        saved = cause == DRAINED and stream.saves_on_notice and saving.write_s <= world.notice_left()
        if saved:
            kept, open_s = kept + open_s, 0.0
        if self.total > 0.0:
            self.done = min(1.0, self.done + kept / self.total)
        if kept > 0.0:
            self.checkpoint_region = self.home
        self.interruptions += 1
        self.lost_s += open_s
        self.checkpoint_s += writing
        world.segment(self, kept, open_s, cause)
        if self.held is not None:
            world.cluster.release(self)
        if saved and saving.write_s > 0.0:
            self.checkpoint_s += saving.write_s
            yield from self._hold(saving.write_s, world.starting_at[self.home])

    def cut(self) -> None:
        """Record the gang that still runs at the end of the run; its open work counts as kept."""
        saving = self.stream.checkpoints[self.place]
        kept, open_s, writing = saving.progress(self._ran())
        self.checkpoint_s += writing
        self.world.segment(self, kept + open_s, 0.0, "horizon")


class _SupersededError(Exception):
    """A newer workflow of the same model arrived before this one had started to train."""
