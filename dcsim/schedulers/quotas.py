"""Tenants with quotas: reserved slots for each, idle ones borrowed, and taken back from those who borrowed."""

from __future__ import annotations

from collections import Counter, deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Stop, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["quotas"]

_UNNAMED = Tenant(0, 1.0)


@scheduler("quotas")
def quotas(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Give every tenant its quota, then lend what is idle.

    1. A reserved job that keeps its tenant within the quota starts; where it has no place, opportunistic jobs are
       stopped for it, then jobs of tenants beyond their quota, last started first. A tenant's jobs keep their order,
       but those larger than the quota do not hold up others.
    2. Other reserved jobs borrow: the tenant that has borrowed least for its weight goes next, with its first job;
       where that has no place, opportunistic jobs are stopped for it, else the tenant is passed over.
    3. Opportunistic jobs take what is left, in order of arrival.
    """
    used = Counter(dict.fromkeys(view.tenants, 0))
    for job in view.running:
        if not job.opportunistic:
            used[job.tenant] += job.slots
    waiting = list(queue)
    started: set[int] = set()
    stuck: set[str] = set()
    for job in waiting:
        quota = _entitled(job.tenant, view).quota
        if job.opportunistic or job.slots > quota or job.tenant in stuck:
            continue
        gone = _room(job, view, borrowers=True) if used[job.tenant] + job.slots <= quota else None
        if gone is None:
            stuck.add(job.tenant)
            continue
        yield from _start(job, gone)
        used[job.tenant] += job.slots
        started.add(job.order)
    yield from _lend([job for job in waiting if not job.opportunistic and job.order not in started], used, view)
    for job in waiting:
        if job.opportunistic and view.fits(job):
            yield Start(job)


def _lend(waiting: Sequence[Job], used: Counter[str], view: View) -> Iterator[Action]:
    """Start reserved jobs beyond their quotas on what is idle or opportunistic."""
    of_tenant: dict[str, deque[Job]] = {}
    for job in waiting:
        of_tenant.setdefault(job.tenant, deque()).append(job)

    def place(tenant: str) -> tuple[float, int, str]:
        entitled = _entitled(tenant, view)
        return max(0, used[tenant] - entitled.quota) / entitled.weight, of_tenant[tenant][0].order, tenant

    line = [place(tenant) for tenant in of_tenant]
    heapify(line)
    while line:
        tenant = heappop(line)[2]
        job = of_tenant[tenant].popleft()
        gone = _room(job, view, borrowers=False)
        if gone is None:
            continue
        yield from _start(job, gone)
        used[tenant] += job.slots
        if of_tenant[tenant]:
            heappush(line, place(tenant))


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
