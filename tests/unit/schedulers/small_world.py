"""A slow little world of counted slots that acts plans out one by one, for schedules worked out by hand.

Durations are promises that hold; a stopped job keeps whole checkpoint intervals of its run; restarts cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, inf, nan

from dcsim.schedulers.plan import Stop, Wake


@dataclass(eq=False)
class Job:
    order: int
    slots: int
    duration: float
    submitted: float = 0.0
    tenant: str = ""
    priority: int = 0
    opportunistic: bool = False
    deadline: float = inf
    behind: float = 0.0
    least: int = 0
    most: int = 0
    cpus: float = 0.0
    memory: float = 0.0
    known: bool = True
    speeds: tuple[float, ...] = ()
    pool: int = -1
    begun: float = nan
    done: float = 0.0
    served: float = 0.0
    world: object = None
    spans: list = field(default_factory=list)

    def __post_init__(self):
        self.asked = self.slots
        self.least, self.most = self.least or self.slots, self.most or self.slots

    def rate(self):
        return (self.slots / self.asked) * (self.speeds[self.pool] if self.speeds else 1.0)

    def since(self):
        return self.world.now - self.begun if self.pool >= 0 else 0.0

    @property
    def left(self):
        return self.duration - self.done - (self.since() * self.rate() if self.pool >= 0 else 0.0)

    @property
    def estimate(self):
        return self.left if self.known else inf

    @property
    def ends(self):
        return self.world.now + self.estimate / self.rate() if self.pool >= 0 else nan

    @property
    def attained(self):
        return self.served + self.since() * self.slots


@dataclass(eq=False)
class Pool:
    slots: int
    price: float = 0.0
    number: int = 0
    free: int = 0

    def speed(self, job):
        return job.speeds[self.number] if job.speeds else 1.0


class SmallWorld:
    def __init__(self, plan, pools, jobs, tenants=None, every=inf, order=None):
        self.now, self.plan, self.every, self.order = 0.0, plan, every, order or (lambda job: job.order)
        self.pools = [pool if isinstance(pool, Pool) else Pool(pool) for pool in pools]
        for number, pool in enumerate(self.pools):
            pool.number, pool.free = number, pool.slots
        self.jobs, self.tenants, self.queue, self.running = jobs, tenants or {}, [], []
        self.cpus = self.memory = inf
        self.wake = inf
        for job in jobs:
            job.world = self

    free = property(lambda self: sum(pool.free for pool in self.pools))
    slots = property(lambda self: sum(pool.slots for pool in self.pools))

    @property
    def lines(self):
        names = {(job.tenant, job.opportunistic, job.slots): [] for job in self.queue}
        for job in sorted(self.queue, key=self.order):
            names[job.tenant, job.opportunistic, job.slots].append(job)
        return names

    def fits(self, job, slots=0, pool=-1, without=(), beside=()):
        def room(number):
            back = sum(other.slots for other in without if other.pool == number)
            return self.pools[number].speed(job) > 0 and self.pools[number].free + back >= (slots or job.slots)

        assert not beside
        assert all(other in self.running for other in without)
        return room(pool) if pool >= 0 else any(room(number) for number in range(len(self.pools)))

    def act(self):
        """Let the plan act at this instant until a pass stops nothing; return the actions in words."""
        said, stopped = [], True
        while stopped:
            stopped, self.wake = False, inf
            for action in self.plan(sorted(self.queue, key=self.order), self):
                getattr(self, f"_{type(action).__name__.lower()}")(action)
                stopped |= isinstance(action, Stop)
                if not isinstance(action, Wake):
                    said.append((type(action).__name__, action.job.order))
            assert all(pool.free >= 0 for pool in self.pools)
        return said

    def _start(self, action):
        job, pool = action.job, action.pool
        if pool < 0:
            fitting = [number for number in range(len(self.pools)) if self.fits(job, action.slots, number)]
            pool = max(fitting, key=lambda number: self.pools[number].free)
        assert self.fits(job, action.slots, pool)
        self.queue.remove(job)
        job.slots, job.pool, job.begun = action.slots or job.slots, pool, self.now
        self.pools[pool].free -= job.slots
        self.running.append(job)

    def _leave(self, job, kept):
        job.spans.append((job.begun, self.now, job.slots))
        job.served, job.done = job.attained, job.done + kept
        self.pools[job.pool].free += job.slots
        self.running.remove(job)
        job.pool, job.begun, job.slots = -1, nan, job.asked

    def _stop(self, action):
        job = action.job
        self._leave(job, self._kept(job.since()) * job.rate())
        self.queue.append(job)

    def _kept(self, ran):
        """Return what of a run lies before its last checkpoint; all of it where ``every`` is 0."""
        if self.every == inf:
            return 0.0
        return floor(ran / self.every) * self.every if self.every else ran

    def _resize(self, action):
        job, place, slots = action.job, self.running.index(action.job), action.slots
        assert job.least <= slots <= job.most
        pool = job.pool
        self._leave(job, job.since() * job.rate())
        job.slots, job.pool, job.begun = slots, pool, self.now
        self.pools[pool].free -= slots
        self.running.insert(place, job)

    def _wake(self, action):
        assert action.at > self.now
        self.wake = min(self.wake, action.at)

    def play(self):
        """Play all jobs to their end and return the spans (begin, end, slots) of each."""
        coming = sorted(self.jobs, key=lambda job: (job.submitted, job.order))
        while coming or self.queue or self.running:
            ends = {job: self.now + job.left / job.rate() for job in self.running}
            self.now = min([*ends.values(), coming[0].submitted if coming else inf, self.wake])
            assert self.now < inf, "somebody waits for ever"
            for job in [job for job in self.running if ends[job] == self.now]:
                self._leave(job, inf)
            while coming and coming[0].submitted == self.now:
                self.queue.append(coming.pop(0))
            self.act()
        return [job.spans for job in self.jobs]
