"""Tenants with quotas: reserved slots for each, idle ones borrowed, and taken back from those who borrowed."""

from __future__ import annotations

from collections import Counter
from heapq import heapify, heappop, heappush, merge
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Stop, Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["quotas"]

_UNNAMED = Tenant(0, 1.0)
_ORDER = attrgetter("order")


@scheduler("quotas", tenants=True)
def quotas(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Give every tenant its quota, then lend what is idle.

    1. A reserved job that keeps its tenant within the quota starts; where it has no place, opportunistic jobs are
       stopped for it, then jobs of tenants beyond their quota, last started first. A tenant's jobs keep their order,
       but those larger than the quota do not hold up others.
    2. Other reserved jobs borrow: the tenant that has borrowed least for its weight goes next, with its first job;
       where that has no place, opportunistic jobs are stopped for it, else the tenant is passed over.
    3. Opportunistic jobs take what is left, in order of arrival.
    """
    if not queue:
        return
    used = Counter(dict.fromkeys(view.tenants, 0))
    for job in view.running:
        if not job.opportunistic:
            used[job.tenant] += job.slots
    yield from _within(used, view)
    yield from _lend(used, view)
    yield from _fill(view)


def _within(used: Counter[str], view: View) -> Iterator[Action]:
    """Start reserved jobs within their quotas, in order of arrival, each tenant until one has no place."""
    waiting = _reserved(view, lambda tenant, slots: slots <= _entitled(tenant, view).quota)
    heads = [(job.order, job) for jobs in waiting.values() for job in islice(jobs, 1)]
    heapify(heads)
    while heads:
        job = heappop(heads)[1]
        within = used[job.tenant] + job.slots <= _entitled(job.tenant, view).quota
        gone = _room(job, view, borrowers=True) if within else None
        if gone is None:
            continue
        yield from _start(job, gone)
        used[job.tenant] += job.slots
        for after in islice(waiting[job.tenant], 1):
            heappush(heads, (after.order, after))


def _reserved(view: View, takes_part: Callable[[str, int], bool]) -> dict[str, Iterator[Job]]:
    """Return the waiting reserved jobs of each tenant, in order of arrival: those of some sizes."""
    lines: dict[str, list[Iterable[Job]]] = {}
    for (tenant, opportunistic, slots), line in view.lines.items():
        if not opportunistic and takes_part(tenant, slots):
            lines.setdefault(tenant, []).append(line)
    return {tenant: merge(*several, key=_ORDER) for tenant, several in lines.items()}


def _lend(used: Counter[str], view: View) -> Iterator[Action]:
    """Start reserved jobs beyond their quotas on what is idle or opportunistic."""
    waiting = _reserved(view, lambda _tenant, _slots: True)
    heads = {tenant: job for tenant, jobs in waiting.items() for job in islice(jobs, 1)}

    def place(tenant: str) -> tuple[float, int, str]:
        entitled = _entitled(tenant, view)
        return max(0, used[tenant] - entitled.quota) / entitled.weight, heads[tenant].order, tenant

    turns = [place(tenant) for tenant in heads]
    heapify(turns)
    while turns:
        tenant = heappop(turns)[2]
        job = heads[tenant]
        gone = _room(job, view, borrowers=False)
        if gone is None:
            continue
        yield from _start(job, gone)
        used[tenant] += job.slots
        for after in islice(waiting[tenant], 1):
            heads[tenant] = after
            heappush(turns, place(tenant))


def _fill(view: View) -> Iterator[Action]:
    """Start opportunistic jobs on what is left, in order of arrival."""
    free = view.free
    lines = [iter(line) for (_, opportunistic, slots), line in view.lines.items() if opportunistic and slots <= free]
    heads = [(job.order, number, job) for number, line in enumerate(lines) for job in islice(line, 1)]
    heapify(heads)
    while heads:
        _, number, job = heappop(heads)
        if job.slots > view.free:
            continue  # nor have those behind it in its line, which ask for as many
        if view.fits(job):
            yield Start(job)
        for after in islice(lines[number], 1):
            heappush(heads, (after.order, number, after))


def _start(job: Job, gone: Sequence[Job]) -> Iterator[Action]:
    for victim in gone:
        yield Stop(victim)
    yield Start(job)


def _entitled(tenant: str, view: View) -> Tenant:
    """Return what a tenant is entitled to; nothing but a place in the line if nobody named it."""
    return view.tenants.get(tenant, _UNNAMED)


def _room(job: Job, view: View, *, borrowers: bool) -> list[Job] | None:
    """Return who must go so that a job has a place: opportunistic jobs, and borrowers if they may be asked."""
    if view.fits(job):
        return []
    running = view.running
    going = [other for other in reversed(running) if other.opportunistic]
    if borrowers:
        going += _borrowers(running, view)
    return fewest(going, lambda gone: view.fits(job, without=gone))


def _borrowers(running: Sequence[Job], view: View) -> list[Job]:
    """Return the reserved jobs that lie beyond the quota of their tenant, counted in order of start; last first."""
    used: Counter[str] = Counter()
    beyond = []
    for job in running:
        if not job.opportunistic:
            used[job.tenant] += job.slots
            if used[job.tenant] > _entitled(job.tenant, view).quota:
                beyond.append(job)
    return beyond[::-1]
