"""Dominant resource fairness: the tenant that holds least of what it uses most goes next."""

from __future__ import annotations

from heapq import heapify, heappop, heappush, merge
from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["fair_share"]

_UNNAMED = Tenant(0, 1.0)


def _place(job: Job) -> tuple[bool, int]:
    """Return the place of a job among those of its tenant."""
    return job.slots > 0, job.order


@scheduler("fair_share", order=_place, tenants=True)
def fair_share(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start the first waiting job of the tenant with the smallest dominant share, again and again, until one is stuck.

    The dominant share of a tenant is the largest of its shares of slots, cores and memory, divided by its weight
    (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, algorithm 1 and section 4.3). Of equal tenants, the one
    whose job came first goes first. A job that has no place blocks, so large gangs are not starved. Jobs of a tenant
    that need no slots go before its others.
    """
    if not queue or (view.free <= 0 < queue[0].slots):
        return
    lines: dict[str, list[Iterable[Job]]] = {}
    for (tenant, *_), line in view.lines.items():
        lines.setdefault(tenant, []).append(line)
    waiting = {tenant: merge(*several, key=_place) for tenant, several in lines.items()}
    heads = {tenant: next(jobs) for tenant, jobs in waiting.items()}
    held = {tenant: [0.0, 0.0, 0.0] for tenant in waiting}
    for job in view.running:
        if job.tenant in held:
            _add(held[job.tenant], job)
    poorest = [(_share(held[tenant], tenant, view), job.order, tenant) for tenant, job in heads.items()]
    heapify(poorest)
    while poorest:
        tenant = heappop(poorest)[2]
        job = heads[tenant]
        if not view.fits(job):
            return
        yield Start(job)
        _add(held[tenant], job)
        if (after := next(waiting[tenant], None)) is not None:
            heads[tenant] = after
            heappush(poorest, (_share(held[tenant], tenant, view), after.order, tenant))


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
