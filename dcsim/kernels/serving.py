"""One step of serving: load is placed on regions, hosts are switched to it, and its wait is judged.

Load is fluid. Per kind of server, with the hosts that serving may use as capacity:

1. each region serves its own users at the target utilisation, all services cut alike where it is short;
2. the excess goes to other regions in the order of distance while they have room at the target;
3. what is left fills hosts up to the utilisation limit, first at home, then elsewhere;
4. the rest is not served.

In a region without load of step 3 a service has the hosts that it needs at the target, the rest is free; in one
with such load every host serves, and services share them in proportion to what they need at their limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel
from dcsim.kernels.queueing import wait_tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["gather", "place", "score", "switch"]

FULL = 1e-9
"""Share of a site's capacity below which room counts as none, so that rounding places no load."""


@kernel
def gather(pools: Records, tallies: Records, sites: Records) -> None:
    """Add up what pools offer to serving.

    Parameters
    ----------
    pools : POOL[P]
        Of the fleet.
    tallies : TALLY[P]
        ``free`` says what each offers.
    sites : SITE[R, K]
        ``work``, ``hosts`` and ``cores`` are overwritten.
    """
    for q in range(sites.shape[0]):
        for k in range(sites.shape[1]):
            site = sites[q, k]
            site.work = 0.0
            site.hosts = 0.0
            site.cores = 0.0
    for p in range(pools.size):
        pool, free = pools[p], tallies[p].free
        site = sites[pool.region, pool.kind]
        site.work += free * pool.speed
        site.hosts += free
        site.cores += free * pool.cores


@kernel
def _move(
    k: int, r: int, q: int, share: float, services: Records, loads: Records, flow: NDArray[np.float64]
) -> None:
    """Put a share of what is left of the load of kind k of r's users onto hosts of q."""
    for s in range(services.size):
        if services[s].kind == k:
            amount = loads[s, r].left * share
            loads[s, r].left -= amount
            loads[s, q].assigned += amount
            flow[s, r, q] += amount


@kernel
def _spill(
    k: int,
    order: NDArray[np.int64],
    services: Records,
    loads: Records,
    sites: Records,
    flow: NDArray[np.float64],
) -> None:
    """Let other regions take the excess of kind k at the target utilisation."""
    for r in range(order.shape[0]):
        excess = 0.0
        for s in range(services.size):
            if services[s].kind == k:
                excess += loads[s, r].left / services[s].target
        for n in range(order.shape[1]):
            if excess <= 0.0:
                break
            q = order[r, n]
            site = sites[q, k]
            spare = site.work - site.used
            if spare <= FULL * site.work:
                continue
            if spare >= excess:
                _move(k, r, q, 1.0, services, loads, flow)
                site.used += excess
                excess = 0.0
            else:
                _move(k, r, q, spare / excess, services, loads, flow)
                site.used = site.work
                excess -= spare


@kernel
def _needed_at_limit(k: int, q: int, services: Records, loads: Records) -> float:
    """Return the reference hosts that the work assigned to a site needs at the utilisation limit."""
    hosts = 0.0
    for s in range(services.size):
        if services[s].kind == k:
            hosts += loads[s, q].assigned / services[s].limit
    return hosts


@kernel
def _fill(
    k: int, r: int, q: int, services: Records, loads: Records, site: Record, flow: NDArray[np.float64]
) -> bool:
    """Put what is left of kind k of r's users into the room of q up to the limit; return whether any was left."""
    needed = 0.0
    for s in range(services.size):
        if services[s].kind == k:
            needed += loads[s, r].left / services[s].limit
    if needed <= 0.0:
        return False
    room = site.work - _needed_at_limit(k, q, services, loads)
    if room > FULL * site.work:
        _move(k, r, q, min(1.0, room / needed), services, loads, flow)
        site.used = site.work
        site.over = True
    return True


@kernel
def _place_locally(services: Records, loads: Records, sites: Records, flow: NDArray[np.float64]) -> None:
    """Serve what each region can serve of its own at the target utilisation."""
    for r in range(sites.shape[0]):
        for k in range(sites.shape[1]):
            sites[r, k].used = 0.0
            sites[r, k].over = False
    for s in range(services.size):
        for r in range(sites.shape[0]):
            sites[r, services[s].kind].used += loads[s, r].wanted / services[s].target
    for s in range(services.size):
        for r in range(sites.shape[0]):
            site, load = sites[r, services[s].kind], loads[s, r]
            local = load.wanted
            if site.used > site.work:
                local *= site.work / site.used
            load.left = load.wanted - local
            load.assigned = local
            flow[s, r, r] = local


@kernel
def _forget(flow: NDArray[np.float64]) -> None:
    """Set the flow between regions to nothing."""
    for s in range(flow.shape[0]):
        for r in range(flow.shape[1]):
            for q in range(flow.shape[2]):
                flow[s, r, q] = 0.0


@kernel
def _place_excess(
    k: int,
    order: NDArray[np.int64],
    services: Records,
    loads: Records,
    sites: Records,
    flow: NDArray[np.float64],
) -> None:
    """Place the load of kind k that is beyond the target of its own region."""
    _spill(k, order, services, loads, sites, flow)
    for r in range(sites.shape[0]):
        _fill(k, r, r, services, loads, sites[r, k], flow)
    for r in range(sites.shape[0]):
        for n in range(sites.shape[0]):
            q = order[r, n]
            if q != r and not _fill(k, r, q, services, loads, sites[q, k], flow):
                break


@kernel
def place(
    order: NDArray[np.int64],
    services: Records,
    loads: Records,
    sites: Records,
    flow: NDArray[np.float64],
    spread: bool,
) -> bool:
    """Place the load of one step.

    Parameters
    ----------
    order : int64[R, R]
        Regions in the order in which load of the row's region is placed, itself first.
    services : SERVICE[S]
        Of the fleet.
    loads : LOAD[S, R]
        Places ``wanted``: ``left`` and ``assigned`` are overwritten.
    sites : SITE[R, K]
        Capacity ``work``; ``used`` and ``over`` are overwritten.
    flow : float64[S, R, R]
        Overwritten: work of the users of the row's region on the hosts of the column's.
    spread : bool
        Whether flow between regions may stand in ``flow`` from before.

    Returns
    -------
    bool
        Whether any region was short at the target, so that load may have left its region.
    """
    if spread:
        _forget(flow)
    _place_locally(services, loads, sites, flow)
    any_short = False
    for k in range(sites.shape[1]):
        short = False
        for r in range(sites.shape[0]):
            if sites[r, k].used > sites[r, k].work:
                sites[r, k].used = sites[r, k].work
                short = True
        if short:
            any_short = True
            _place_excess(k, order, services, loads, sites, flow)
    return any_short


@kernel
def switch(services: Records, loads: Records, sites: Records) -> None:
    """Decide how much capacity is switched to each service.

    Parameters
    ----------
    services : SERVICE[S]
        Of the fleet.
    loads : LOAD[S, R]
        As placed; ``switched`` and ``utilisation`` are overwritten.
    sites : SITE[R, K]
        As filled.
    """
    for s in range(services.size):
        service = services[s]
        for q in range(sites.shape[0]):
            load, site = loads[s, q], sites[q, service.kind]
            if load.assigned <= 0.0:
                load.switched = 0.0
                load.utilisation = 0.0
            elif site.over:
                needed = _needed_at_limit(service.kind, q, services, loads)
                load.switched = site.work * (load.assigned / service.limit) / needed
                load.utilisation = service.limit * needed / site.work
            else:
                load.switched = load.assigned / service.target
                load.utilisation = service.target


@kernel
def _good(work: float, load: Record, site: Record, service: Record, rtt: float) -> float:
    """Return the part of a flow that waits no longer than the budget leaves after the round trip."""
    servers = load.switched * site.cores / site.work
    return work * (1.0 - wait_tail(servers, load.utilisation, service.service_time, service.budget - rtt))


@kernel
def score(
    i: int,
    order: NDArray[np.int64],
    rtt: NDArray[np.float64],
    services: Records,
    loads: Records,
    sites: Records,
    flow: NDArray[np.float64],
    spread: bool,
    outputs: Records,
) -> None:
    """Write step i of the serving outputs.

    Parameters
    ----------
    i : int
        Row to write.
    order, rtt : int64[R, R], float64[R, R]
        See :class:`dcsim.kernels.fleet_arrays.Regions`.
    services, loads, sites : SERVICE[S], LOAD[S, R], SITE[R, K]
        As placed and switched.
    flow : float64[S, R, R]
        Work of the users of the row's region on the hosts of the column's.
    spread : bool
        Whether load may have left its region.
    outputs : records[N, S, R]
        Fields as in :class:`dcsim.kernels.fleet_outputs.ServingOutputs`; row ``i`` is overwritten.
    """
    for s in range(services.size):
        service = services[s]
        for r in range(sites.shape[0]):
            load, site, row = loads[s, r], sites[r, service.kind], outputs[i, s, r]
            local = flow[s, r, r]
            row.spilled = 0.0
            row.good = 0.0
            if local > 0.0:
                row.good = _good(local, load, site, service, rtt[r, r])
            if spread:
                for n in range(order.shape[1]):
                    q = order[r, n]
                    away = flow[s, r, q]
                    if q != r and away > 0.0:
                        row.spilled += away
                        row.good += _good(away, loads[s, q], sites[q, service.kind], service, rtt[r, q])
            row.served = local + row.spilled
            row.assigned = load.assigned
            row.active = 0.0
            if load.switched > 0.0:
                row.active = load.switched * site.hosts / site.work
