"""A pool of nodes on which jobs are placed, as the cluster handles it."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.placements.plan import Request, Spots
    from dcsim.schedulers import plan
    from dcsim.world.job_run import JobRun
    from dcsim.world.nodes import NodePool

__all__ = ["PlacedPool"]


class PlacedPool:
    """Nodes, and jobs on them where their placement puts them.

    Parameters
    ----------
    nodes : NodePool
        The nodes and their placement.
    price : float
        Cost of one slot for one second, USD; 0 where not known.
    """

    kind = ""
    counted = False

    def __init__(self, nodes: NodePool, price: float = 0.0) -> None:
        self.nodes = nodes
        self.price = price
        self.slots = nodes.slots
        self.free = nodes.free
        self.cpus = float(nodes.nodes.cpus.sum())
        self.memory = float(nodes.nodes.memory.sum())

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any job could be given."""
        return self.nodes.full

    @property
    def free_share(self) -> float:
        """Return how many slots are free, free parts of shared ones counted."""
        return self.nodes.free_share

    def fragmentation(self) -> float:
        """Return how many slots are free where the mix of the jobs that arrived cannot use them, in the mean."""
        return self.nodes.fragmentation()

    def speed(self, _job: plan.Job) -> float:
        """Return the speed of the recorded cluster."""
        return 1.0

    def pace(self, job: plan.Job) -> float:
        """Return how fast a job runs where it is."""
        return self.speed(job)

    def least_pace(self, job: plan.Job, _slots: int) -> float:
        """Return how fast a job would run in the worst of places."""
        return self.speed(job)

    def possible(self, job: JobRun) -> bool:
        """Return whether a job that arrives could ever start, were it alone."""
        return self.nodes.possible(self._request(job, job.slots))

    def fits(
        self, job: JobRun, slots: int, without: Sequence[JobRun] = (), beside: Sequence[JobRun] = ()
    ) -> bool:
        """Return whether the placement has a place for a job, some gone and others there first."""
        request = self._request(job, slots)
        if not without and not beside:
            return self.nodes.place(request) is not None
        return self.nodes.fits(
            request,
            [(other.spots, other.held) for other in without],
            [self._request(other, other.slots) for other in beside],
        )

    def take(self, job: JobRun, slots: int) -> None:
        """Give a job its slots."""
        request = self._request(job, slots)
        spots = self.nodes.place(request)
        if spots is None:
            raise ValueError(f"job {job.order} has no place for {slots} slots")
        self._hold(job, spots, request)

    def keep(self, job: JobRun, slots: int) -> None:
        """Give a job fewer slots of those that it has just given back: the nodes that it named first."""
        before = np.cumsum(job.spots.slots) - job.spots.slots
        kept = np.clip(slots - before, 0, job.spots.slots)
        some = kept > 0
        self._hold(job, job.spots._replace(nodes=job.spots.nodes[some], slots=kept[some]), self._request(job, slots))

    def _hold(self, job: JobRun, spots: Spots, request: Request) -> None:
        self.nodes.take(spots, request)
        job.spots, job.held = spots, request
        self.free = self.nodes.free

    def give_back(self, job: JobRun) -> None:
        """Take a job's slots back."""
        self.nodes.give_back(job.spots, job.held)
        self.free = self.nodes.free

    def _request(self, job: JobRun, slots: int) -> Request:
        """Return what a job asks for here, made once for each number of slots.

        Its cores and bytes go with its slots: every slot more or less than it asked for comes with so many whole
        millionths of a core and whole bytes as a slot has at least. So a job that shrinks where it is always fits.
        """
        known: dict[tuple[PlacedPool, int], Request] | None = job.requests
        if known is None:
            known = job.requests = {}
        request = known.get((self, slots))
        if request is None:
            types = self.nodes.type_codes(job.gpu_type) if job.gpu_type else ()
            cpus, memory, asked = job.cpus, job.memory, job.asked
            if slots != asked and asked:
                cpus, memory = floor(cpus / asked * 1e6) / 1e6 * slots, float(memory // asked * slots)
            request = self.nodes.request(slots, job.share, cpus, memory, types, counts=slots == asked)
            known[self, slots] = request
        return request
