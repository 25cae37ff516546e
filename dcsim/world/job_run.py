"""A job of a trace while it is alive: how far it is, and what its runs were good for."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any, NamedTuple

from dcsim.jobs.instants import snap, times_within

if TYPE_CHECKING:
    from dcsim.world.job_ledger import Ledger
    from dcsim.world.job_rows import Rows

__all__ = ["JobRules", "JobRun", "Nodes", "Segment"]

Nodes = tuple[tuple[int, int], ...]


class JobRules(NamedTuple):
    """What stopping and resizing cost.

    Parameters
    ----------
    checkpoint_every : float
        Run time between two checkpoints, counted from the start of each run, s; infinite for none. The time that it
        takes to write one is part of a job's recorded duration.
    restart : float
        What every resume and every resize costs before work goes on, s.
    elasticity : float
        A job with n instead of its N slots runs at (n / N) ** elasticity of its speed.
    """

    checkpoint_every: float = 600.0
    restart: float = 60.0
    elasticity: float = 0.9


class Segment(NamedTuple):
    """One uninterrupted run of a job.

    Parameters
    ----------
    order : int
        Row of the job in the trace.
    job_id, tenant : str
        As the trace has them.
    pool : int
        Index of the pool.
    nodes : tuple of (int, int)
        Nodes and how many slots of each; empty where slots are only counted.
    slots : int
        How many it held.
    begin, end : float
        When, s.
    useful, lost, overhead : float
        What that time was good for, s; they add up to it.
    why : str
        What ended it: ``done``, ``preempted``, ``evicted``, ``resized``, or ``running`` at the end of the replay.
    share : float
        Part of each slot that it held.
    """

    order: int
    job_id: str
    tenant: str
    pool: int
    nodes: Nodes
    slots: int
    begin: float
    end: float
    useful: float
    lost: float
    overhead: float
    why: str
    share: float = 1.0


class JobRun:
    """A job of a trace, from its arrival to its end; see ``dcsim.schedulers.plan.Job``.

    Parameters
    ----------
    ledger : Ledger
        Clock, agenda, rules and sums of the replay.
    rows : Rows
        The block of the trace that it is part of.
    row, order : int
        Row within the block and within the trace.
    slots : int
        What it asks for.
    submitted, duration, walltime : float
        As the trace has them, s.
    """

    kind = ""
    priority = 0
    tenant = ""
    opportunistic = False
    deadline = inf
    behind = 0.0
    begun = ends = nan
    pool = last_pool = -1
    rank: Any = None
    in_queue = False
    queued_at = nan  # when it last came into the queue
    share = 1.0
    cpus = memory = 0.0
    gpu_type = model = ""
    requests: Any = None  # what it asks for, by pool of nodes and number of slots
    held: Any = None  # what it asked for there when it got its
    spots: Any = None  # nodes; kept until it gets others
    runs = 0
    overhead = 0.0  # of the run at hand
    finishes = inf
    attained_before = 0.0
    speed_now = 1.0

    def __init__(
        self,
        ledger: Ledger,
        rows: Rows,
        row: int,
        order: int,
        slots: int,
        submitted: float,
        duration: float,
        walltime: float,
    ) -> None:
        self.ledger = ledger
        self.rows = rows
        self.row = row
        self.order = order
        self.slots = self.asked = self.least = self.most = slots
        self.submitted = submitted
        self.left = duration
        self.promised = walltime  # run time left when it began its run

    @property
    def estimate(self) -> float:
        """Return the run time left by what its user promised, at the speed of the recorded cluster, s."""
        if self.pool < 0:
            return self.promised
        worked = max(0.0, self.ledger.now - self.begun - self.overhead)
        return max(0.0, snap(self.promised - worked * self.speed_now))

    @property
    def attained(self) -> float:
        """Return the service received until now, slot-seconds."""
        if self.pool < 0:
            return self.attained_before
        return self.attained_before + self.slots * snap(self.ledger.now - self.begun)

    @property
    def checkpoint_every(self) -> float:
        """Return the run time between two checkpoints, s."""
        return self.ledger.rules.checkpoint_every

    @property
    def unsaved(self) -> float:
        """Return the run time since the last checkpoint, s."""
        ran = snap(self.ledger.now - self.begun - self.overhead)
        return snap(ran - self._kept(ran)) if ran > 0.0 else 0.0

    def rate(self, slots: int, speed: float) -> float:
        """Return how much of its duration it does in one second."""
        return speed if slots == self.asked else speed * (slots / self.asked) ** self.ledger.rules.elasticity

    def lasts(self, slots: int, speed: float) -> float:
        """Return the length of a run that would begin now, by the estimate, s."""
        rate = self.rate(slots, speed)
        if rate == 1.0 and not self.runs:
            return self.promised
        return snap(self.promised / rate + (self.ledger.rules.restart if self.runs else 0.0))

    def granted(self, pace: float) -> None:
        """Begin a run."""
        ledger, now = self.ledger, self.ledger.now
        self.last_pool = self.pool
        if not self.runs:
            self.rows.start[self.row] = now
        self.waited()
        self._begin(self.slots, pace, now)
        ledger.waiting -= 1

    def waited(self) -> None:
        """Account for the time in the queue that is over."""
        self.rows.queued[self.row] += snap(self.ledger.now - self.queued_at)

    def evicted(self, why: str) -> None:
        """Account for the run that ended before the job did, and wait again."""
        ledger, rows, row = self.ledger, self.rows, self.row
        self._cut(why)
        rows.preemptions[row] += 1
        ledger.preemptions += 1
        self.slots = self.asked
        self.begun = self.ends = nan
        ledger.enqueue(self)

    def resized(self, _slots: int) -> None:
        """Account for the run so far."""
        self._cut("resized")

    def goes_on(self, pace: float) -> None:
        """Begin another run, with the slots that it holds now."""
        self._begin(self.slots, pace, self.ledger.now)

    def finish(self) -> None:
        """Account for the last run."""
        now = self.ledger.now
        self.rows.finish[self.row] = now
        self._account(snap(now - self.begun - self.overhead), 0.0, "done")
        self.rows.open -= 1

    def interrupt(self) -> None:
        """Account for a run that goes on when the replay ends; its open work counts as useful."""
        held = snap(self.ledger.now - self.begun)
        self.overhead = min(held, self.overhead)
        self._account(snap(held - self.overhead), 0.0, "running")

    def _begin(self, slots: int, speed: float, now: float) -> None:
        ledger = self.ledger
        self.speed_now = rate = self.rate(slots, speed)
        self.overhead = ledger.rules.restart if self.runs else 0.0
        self.runs += 1
        self.finishes = snap(now + self.overhead + self.left / rate)
        ledger.due(self)

    def _cut(self, why: str) -> None:
        """Account for a run that ends early: what its checkpoints kept, and what is lost."""
        ledger = self.ledger
        held = snap(ledger.now - self.begun)
        self.overhead = min(held, self.overhead)
        ran = snap(held - self.overhead)
        kept = self._kept(ran)
        self.left = max(0.0, snap(self.left - kept * self.speed_now))
        self.promised = max(0.0, snap(self.promised - kept * self.speed_now))
        self.finishes = inf
        self._account(kept, snap(ran - kept), why)

    def _kept(self, ran: float) -> float:
        """Return what the last checkpoint of a run keeps, s."""
        every = self.ledger.rules.checkpoint_every
        return snap(times_within(every, ran) * every) if every < inf else 0.0

    def _account(self, useful: float, lost: float, why: str) -> None:
        """Book the time held since the run began: useful, lost and overhead are all of it."""
        ledger, rows, row, overhead = self.ledger, self.rows, self.row, self.overhead
        width = self.slots * self.share
        ledger.useful += width * useful
        if lost:
            rows.lost[row] = snap(rows.lost[row] + lost)
            ledger.lost += width * lost
        if overhead:
            rows.overhead[row] = snap(rows.overhead[row] + overhead)
            ledger.overhead += width * overhead
        held = snap(ledger.now - self.begun)
        ledger.busy += width * held
        self.attained_before += self.slots * held
        if ledger.segments is not None:
            ledger.segments(
                Segment(
                    self.order, str(rows.block.job_id[row]), self.tenant, self.last_pool, ledger.nodes(self),
                    self.slots, self.begun, ledger.now, useful, lost, overhead, why, self.share,
                )
            )  # fmt: skip
