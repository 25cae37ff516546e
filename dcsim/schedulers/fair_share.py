"""Dominant resource fairness: the tenant that holds least of what it uses most goes next."""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["fair_share"]

_UNNAMED = Tenant(0, 1.0)


@scheduler("fair_share", order=lambda job: (job.slots > 0, job.order))
def fair_share(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start the first waiting job of the tenant with the smallest dominant share, again and again, until one is stuck.

    The dominant share of a tenant is the largest of its shares of slots, cores and memory, divided by its weight
    (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, algorithm 1 and section 4.3). Of equal tenants, the one
    whose job came first goes first. A job that has no place blocks, so large gangs are not starved. Jobs of a tenant
    that need no slots go before its others.
    """
    if not queue or (view.free <= 0 < queue[0].slots):
        return
    waiting: dict[str, deque[Job]] = {}
    for job in queue:
        waiting.setdefault(job.tenant, deque()).append(job)
    held = {tenant: [0.0, 0.0, 0.0] for tenant in waiting}
    for job in view.running:
        if job.tenant in held:
            _add(held[job.tenant], job)
    line = [(_share(held[tenant], tenant, view), jobs[0].order, tenant) for tenant, jobs in waiting.items()]
    heapify(line)
    while line:
        tenant = heappop(line)[2]
        job = waiting[tenant].popleft()
        if not view.fits(job):
            return
        yield Start(job)
        _add(held[tenant], job)
        if waiting[tenant]:
            heappush(line, (_share(held[tenant], tenant, view), waiting[tenant][0].order, tenant))


def _add(held: list[float], job: Job) -> None:
    """Add what a job holds to what its tenant holds: slots, cores, bytes."""
    held[0] += job.slots
    held[1] += job.cpus
    held[2] += job.memory


def _share(held: list[float], tenant: str, view: View) -> float:
    """Return the dominant share of a tenant over its weight."""
    whole = (view.slots, view.cpus, view.memory)
    dominant = max((part / all_ for part, all_ in zip(held, whole, strict=True) if all_), default=0.0)
    return dominant / view.tenants.get(tenant, _UNNAMED).weight
