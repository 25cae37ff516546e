"""What a scheduler sees and what it answers.

A scheduler is a pure function ``(queue, view) -> actions``: a generator that yields what is to be done at this
instant. The world carries each action out before it asks for the next, so ``view`` is always up to date. At one
instant all finishes come first, then all arrivals, then one call. Jobs that need different kinds of server never
compete, so each call sees the queue and the pools of one kind.

>>> def fifo(queue, view):
...     for job in queue:
...         if not view.fits(job):
...             return
...         yield Start(job)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["Action", "Job", "Pool", "Resize", "Scheduler", "Start", "Stop", "Tenant", "View", "Wake"]


class Job(Protocol):
    """A job that waits or runs.

    Attributes
    ----------
    order : int
        Position in order of arrival; unique.
    slots : int
        GPUs (hosts where a server has none): asked for while it waits, held while it runs.
    priority : int
        Higher is more important.
    submitted : float
        When it was submitted, s.
    estimate : float
        Run time left by what its user promised, at the speed of the recorded cluster, s; infinite if nothing was.
    begun, ends : float
        Of a running job: when it last started, and when it ends by ``estimate``, s; NaN while it waits.
    attained : float
        Service received until now: slot-seconds, all its runs together.
    tenant : str
        Who pays; empty if nobody is named.
    opportunistic : bool
        Whether it may be stopped for jobs that are not.
    deadline : float
        When it should be done, s; infinite if nobody minds.
    behind : float
        Length of the longest chain of jobs that cannot start before it is done, s.
    least, most : int
        Slots between which it may be resized; both equal to what it asked for where it may not.
    cpus, memory : float
        Cores and bytes in all, with the slots that it asked for; 0 where nothing is said.
    checkpoint_every : float
        Run time between two of its checkpoints, s; infinite for none.
    unsaved : float
        Of a running job: what it would lose if it were stopped now, its run time since the last checkpoint, s.
    pool : int
        Where it runs; -1 while it waits.
    """

    order: int
    slots: int
    priority: int
    submitted: float
    begun: float
    ends: float
    tenant: str
    opportunistic: bool
    deadline: float
    behind: float
    least: int
    most: int
    cpus: float
    memory: float
    pool: int

    @property
    def estimate(self) -> float:
        """Return the run time left by what its user promised, s."""

    @property
    def attained(self) -> float:
        """Return the service received until now, slot-seconds."""

    @property
    def checkpoint_every(self) -> float:
        """Return the run time between two checkpoints, s."""

    @property
    def unsaved(self) -> float:
        """Return the run time since the last checkpoint, s."""


class Pool(Protocol):
    """A pool of equal servers; a job runs within one.

    Attributes
    ----------
    free, slots : int
        Slots that nobody holds, and slots in service.
    price : float
        Capital and energy cost of one slot for one second, USD; 0 where not known.
    """

    free: int
    slots: int
    price: float

    def speed(self, job: Job) -> float:
        """Return how fast the job runs here, relative to the recorded cluster; 0 if it may not run here."""


class Tenant(NamedTuple):
    """What a tenant is entitled to: ``quota`` slots, and a ``weight`` in what is left."""

    quota: int
    weight: float


class View(Protocol):
    """The cluster at this instant.

    Attributes
    ----------
    now : float
        The time, s.
    free, slots : int
        Of all pools together; ``free`` is negative while slots that jobs hold have gone out of service. What the
        scheduler does not give back then (by ``Stop`` or ``Resize``) is taken from the jobs that started last,
        opportunistic ones first.
    cpus, memory : float
        Cores and bytes of all pools together; infinite where not known.
    counted : bool
        Whether slots are only counted: then a job has a place exactly if enough are free.
    pools : sequence of Pool
        The pools that these jobs may run in.
    running : sequence of Job
        Running jobs, in order of start.
    ending : sequence of Job
        The same in order of ``ends``, then of arrival.
    tenants : mapping of str to Tenant
        Every tenant of the trace.
    falls : sequence of (float, int)
        Forecast: when fewer slots than ever before from now on will be in service (s, ascending), and how many then.
        Seasonal, from nothing but the past: what is in service stays until the time of day at which yesterday's
        changed; from then on it is what it was yesterday. A fall that is late is expected for an hour yet, at a
        time that lies behind ``now``. Empty if nothing changed within a day.
    lines : mapping of (str, bool, int) to iterable of Job
        The waiting jobs by tenant, by whether they are opportunistic, and by slots; each line in the order of the
        queue, and none empty when the call begins. For who would else go through a long queue at every call.
    """

    now: float
    free: int
    slots: int
    cpus: float
    memory: float
    counted: bool
    tenants: Mapping[str, Tenant]

    @property
    def pools(self) -> Sequence[Pool]:
        """Return the pools that these jobs may run in."""

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any job could be given; then nobody need be asked about."""

    @property
    def running(self) -> Sequence[Job]:
        """Return the running jobs, in order of start."""

    @property
    def ending(self) -> Sequence[Job]:
        """Return the running jobs, in order of ``ends``, then of arrival."""

    @property
    def falls(self) -> Sequence[tuple[float, int]]:
        """Return the expected falls of the slots in service: when, and how many stay."""

    @property
    def lines(self) -> Mapping[tuple[str, bool, int], Iterable[Job]]:
        """Return the waiting jobs by tenant, by whether they are opportunistic, and by slots."""

    def fits(
        self, job: Job, slots: int = 0, pool: int = -1, without: Sequence[Job] = (), beside: Sequence[Job] = ()
    ) -> bool:
        """Return whether a waiting job has a place, by the placement in force.

        Parameters
        ----------
        job : Job
            Which.
        slots : int
            How many slots it would get; as many as it asks for where 0.
        pool : int
            Where; anywhere where -1.
        without : sequence of Job
            Running jobs to think away.
        beside : sequence of Job
            Waiting jobs to think started now, before those of ``without`` are gone.
        """

    def would_end(self, job: Job, slots: int = 0, pool: int = -1, at: float | None = None) -> float:
        """Return when a waiting job would end by its ``estimate`` if it started now (or at a time), s.

        Where no pool is named, in the slowest that it may run in.
        """


class Start(NamedTuple):
    """Start a waiting job; ``slots`` 0: as many as it asks for; ``pool`` -1: the pool with the most free slots."""

    job: Job
    slots: int = 0
    pool: int = -1


class Stop(NamedTuple):
    """Stop a running job and put it back into the queue; it loses what it did since its last checkpoint.

    The queue of this call does not have it yet: there is another call at the same instant.
    """

    job: Job


class Resize(NamedTuple):
    """Let a running elastic job go on with another number of slots, from its last checkpoint on."""

    job: Job
    slots: int


class Wake(NamedTuple):
    """Call again at a later time though nothing else happens then."""

    at: float


Action = Start | Stop | Resize | Wake
Scheduler = Callable[[Sequence[Job], View], Iterator[Action]]
"""``(queue, view) -> actions``.

The queue is a snapshot sorted by the registration's ``order=`` (a function of a job that never changes while it waits;
order of arrival where none is given). ``discipline=`` names the compiled twin of a scheduler, where it has one;
``tenants=True`` says that it looks at ``view.tenants``, ``resizes=True`` that without resizing it is first come first
served.
"""
