"""Schedules of jobs, slowly: lists that are gone through, instant by instant and pass by pass.

A job is ``(submit, slots, duration, walltime)`` in seconds; a schedule is the start of each job, None for one that
never starts. In between times are counted in whole microseconds, so that every tie is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.oracles.ticks import seconds, ticks

Jobs = list[tuple[float, int, float, float]]


class Cluster:
    """Counted slots: what is free, and who runs."""

    def __init__(self, jobs: Jobs, slots: int) -> None:
        self.jobs = [(ticks(at), need, ticks(lasts), ticks(promised)) for at, need, lasts, promised in jobs]
        self.slots = slots
        self.free = slots
        self.now = -math.inf
        self.queue: list[int] = []
        self.running: list[int] = []
        self.start: list[float | None] = [None] * len(jobs)

    def end(self, job: int) -> float:
        return self.start[job] + self.jobs[job][2]

    def promise(self, job: int) -> float:
        return self.start[job] + self.jobs[job][3]

    def fits(self, job: int) -> bool:
        return self.jobs[job][1] <= self.free

    def begin(self, job: int) -> None:
        self.free -= self.jobs[job][1]
        self.start[job] = self.now
        self.queue.remove(job)
        self.running.append(job)

    def leave(self, job: int) -> None:
        self.free += self.jobs[job][1]
        self.running.remove(job)


class Nodes(Cluster):
    """Equal nodes, jobs on as few of them as can be."""

    def __init__(self, jobs: Jobs, nodes: int, size: int) -> None:
        super().__init__(jobs, nodes * size)
        self.size = size
        self.left = [size] * nodes
        self.where: dict[int, list[tuple[int, int]]] = {}

    def place(self, job: int) -> list[tuple[int, int]] | None:
        need = self.jobs[job][1]
        if need == 0:
            return []
        if need <= self.size:
            enough = [(left, node) for node, left in enumerate(self.left) if left >= need]
            return [(min(enough)[1], need)] if enough else None
        by_room = sorted(range(len(self.left)), key=lambda node: (-self.left[node], node))
        whole, rest = divmod(need, self.size)
        wanted = [self.size] * whole + ([rest] if rest else [])
        if len(wanted) > len(by_room):
            return None
        place = list(zip(by_room, wanted, strict=False))
        return place if all(self.left[node] >= slots for node, slots in place) else None

    def fits(self, job: int) -> bool:
        return self.place(job) is not None

    def begin(self, job: int) -> None:
        self.where[job] = self.place(job)
        for node, slots in self.where[job]:
            self.left[node] -= slots
        super().begin(job)

    def leave(self, job: int) -> None:
        for node, slots in self.where.pop(job):
            self.left[node] += slots
        super().leave(job)


def replay(cluster: Cluster, one_pass: Callable[[Cluster], None]) -> list[float | None]:
    """Go through all instants: all that ends, all that arrives, one pass; again while something ends then."""
    jobs = cluster.jobs
    coming = list(range(len(jobs)))
    while True:
        times = [jobs[job][0] for job in coming[:1]] + [cluster.end(job) for job in cluster.running]
        cluster.now = min(times, default=math.inf)
        if cluster.now == math.inf:
            return [None if start is None else seconds(start) for start in cluster.start]
        for job in [job for job in cluster.running if cluster.end(job) <= cluster.now]:
            cluster.leave(job)
        while coming and jobs[coming[0]][0] <= cluster.now:
            cluster.queue.append(coming.pop(0))
        one_pass(cluster)


def fifo(cluster: Cluster) -> None:
    for job in list(cluster.queue):
        if not cluster.fits(job):
            return
        cluster.begin(job)


def first_fit(cluster: Cluster) -> None:
    for job in list(cluster.queue):
        if cluster.fits(job):
            cluster.begin(job)


def shortest_first(cluster: Cluster) -> None:
    for job in sorted(cluster.queue, key=lambda job: (cluster.jobs[job][3], job)):
        if not cluster.fits(job):
            return
        cluster.begin(job)


def easy_backfill(cluster: Cluster) -> None:
    fifo(cluster)
    if not cluster.queue:
        return
    head, *others = cluster.queue
    shadow, extra = reservation(cluster, head)
    for job in others:
        slots, walltime = cluster.jobs[job][1], cluster.jobs[job][3]
        in_time = cluster.now + walltime <= shadow
        if cluster.fits(job) and (in_time or slots <= extra):
            cluster.begin(job)
            extra -= 0 if in_time else slots


def reservation(cluster: Cluster, head: int) -> tuple[float, float]:
    """Return when enough slots will be free for the head, and how many more than it needs."""
    need = cluster.jobs[head][1]
    for moment in sorted({cluster.promise(job) for job in cluster.running}):
        free = cluster.free + sum(cluster.jobs[job][1] for job in cluster.running if cluster.promise(job) <= moment)
        if free >= need:
            return moment, free - need
    return math.inf, math.inf


def conservative_backfill(cluster: Cluster) -> None:
    """Every waiting job gets the first place that delays nobody before it; who has it now starts."""
    held = [(cluster.now, cluster.promise(job), cluster.jobs[job][1]) for job in cluster.running]
    for job in list(cluster.queue):
        slots, walltime = cluster.jobs[job][1], cluster.jobs[job][3]
        moment = first_place(cluster, held, slots, walltime)
        held.append((moment, moment + walltime, slots))
        if moment == cluster.now and cluster.fits(job):
            cluster.begin(job)


def first_place(cluster: Cluster, held: list[tuple[float, float, int]], slots: int, walltime: float) -> float:
    """Return the first moment from which on so many slots are free long enough; infinite if there is none."""
    for moment in sorted({cluster.now, *(end for _, end, _ in held if end < math.inf)}):
        edges = {moment, *(begin for begin, _, _ in held if moment < begin < moment + walltime)}
        if all(cluster.slots - sum(n for b, e, n in held if b <= edge < e) >= slots for edge in edges):
            return moment
    return math.inf
