"""One step of serving: load is placed on regions, hosts are switched to it, and its wait is judged.

Load is fluid. Per kind of server, with the hosts that serving may use as capacity:

1. each region serves its own users at the target utilisation, all services cut alike where it is short;
2. the excess goes to other regions in the order of distance while they have room at the target;
3. what is left fills hosts up to the utilisation limit, first at home, then elsewhere;
4. the rest is not served.

In a region without load of step 3 a service has the hosts that it needs at the target, the rest is free; in
one with such load every host serves, and services share them in proportion to what they need at their
limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.jit import kernel
from dcsim.kernels.queueing import wait_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_arrays import Bools, Floats, Ints, Pools, Regions, Services
    from dcsim.kernels.fleet_outputs import ServingOutputs

__all__ = ["Capacity", "Placement", "gather", "new_capacity", "new_placement", "place", "score", "switch"]

FULL = 1e-9
"""Share of a region's capacity below which room counts as none, so that rounding places no load."""


class Capacity(NamedTuple):
    """What serving may use, by region and kind.

    Parameters
    ----------
    work : float64[R, K]
        In fully busy reference hosts.
    hosts, cores : float64[R, K]
        The same hosts counted, and their cores.
    """

    work: Floats
    hosts: Floats
    cores: Floats


class Placement(NamedTuple):
    """Where load went.

    Parameters
    ----------
    flow : float64[S, R, R]
        Work of the users of the row's region on the hosts of the column's.
    assigned : float64[S, R]
        Work on the hosts of the region.
    used : float64[R, K]
        Capacity in use at the target, in reference hosts; all of it where ``over``.
    over : bool[R, K]
        Whether hosts are filled beyond the target.
    switched : float64[S, R]
        Capacity switched to the service, in reference hosts.
    utilisation : float64[S, R]
        Busy share of the hosts switched to the service.
    """

    flow: Floats
    assigned: Floats
    used: Floats
    over: Bools
    switched: Floats
    utilisation: Floats


@kernel
def new_capacity(regions: int, kinds: int) -> Capacity:
    """Return a capacity of nothing."""
    return Capacity(np.zeros((regions, kinds)), np.zeros((regions, kinds)), np.zeros((regions, kinds)))


@kernel
def new_placement(services: int, regions: int, kinds: int) -> Placement:
    """Return a placement of nothing."""
    return Placement(
        np.zeros((services, regions, regions)),
        np.zeros((services, regions)),
        np.zeros((regions, kinds)),
        np.zeros((regions, kinds), np.bool_),
        np.zeros((services, regions)),
        np.zeros((services, regions)),
    )


@kernel
def gather(pools: Pools, hosts: NDArray[np.float64], capacity: Capacity) -> None:
    """Add up what pools offer to serving.

    Parameters
    ----------
    pools : Pools
        The pools.
    hosts : float64[P]
        Mean hosts of each over the step that serving may use.
    capacity : Capacity
        Overwritten.
    """
    capacity.work[:] = 0.0
    capacity.hosts[:] = 0.0
    capacity.cores[:] = 0.0
    for p in range(hosts.size):
        q, k = pools.region[p], pools.kind[p]
        capacity.work[q, k] += hosts[p] * pools.speed[p]
        capacity.hosts[q, k] += hosts[p]
        capacity.cores[q, k] += hosts[p] * pools.cores[p]


@kernel
def _move(
    k: int, r: int, q: int, share: float, kinds: Ints, left: NDArray[np.float64], placement: Placement
) -> None:
    """Put a share of what is left of the load of kind k of r's users onto hosts of q."""
    for s in range(kinds.size):
        if kinds[s] == k:
            amount = left[s, r] * share
            placement.flow[s, r, q] += amount
            placement.assigned[s, q] += amount
            left[s, r] -= amount


@kernel
def _hosts_needed(
    k: int, r: int, kinds: Ints, work: NDArray[np.float64], level: NDArray[np.float64]
) -> float:
    """Return the reference hosts that the work of kind k in column r needs at a level of utilisation."""
    hosts = 0.0
    for s in range(kinds.size):
        if kinds[s] == k:
            hosts += work[s, r] / level[s]
    return hosts


@kernel
def _spill(
    k: int,
    order: Ints,
    services: Services,
    capacity: Capacity,
    left: NDArray[np.float64],
    placement: Placement,
) -> None:
    """Let other regions take the excess of kind k at the target utilisation."""
    used = placement.used
    for r in range(order.shape[0]):
        excess = _hosts_needed(k, r, services.kind, left, services.target)
        for q in order[r]:
            if excess <= 0.0:
                break
            spare = capacity.work[q, k] - used[q, k]
            if q == r or spare <= FULL * capacity.work[q, k]:
                continue
            if spare >= excess:
                _move(k, r, q, 1.0, services.kind, left, placement)
                used[q, k] += excess
                excess = 0.0
            else:
                _move(k, r, q, spare / excess, services.kind, left, placement)
                used[q, k] = capacity.work[q, k]
                excess -= spare


@kernel
def _fill(
    k: int,
    r: int,
    q: int,
    services: Services,
    capacity: Capacity,
    left: NDArray[np.float64],
    placement: Placement,
) -> None:
    """Put what is left of kind k of r's users into the room of q up to the utilisation limit."""
    room = capacity.work[q, k] - _hosts_needed(k, q, services.kind, placement.assigned, services.limit)
    needed = _hosts_needed(k, r, services.kind, left, services.limit)
    if needed > 0.0 and room > FULL * capacity.work[q, k]:
        _move(k, r, q, min(1.0, room / needed), services.kind, left, placement)
        placement.used[q, k] = capacity.work[q, k]
        placement.over[q, k] = True


@kernel
def place(
    wanted: NDArray[np.float64],
    regions: Regions,
    services: Services,
    capacity: Capacity,
    placement: Placement,
) -> bool:
    """Place the load of one step.

    Parameters
    ----------
    wanted : float64[S, R]
        Work of the users of each region that can reach some region.
    regions, services : Regions, Services
        See each.
    capacity : Capacity
        Hosts that serving may use.
    placement : Placement
        ``flow``, ``assigned``, ``used`` and ``over`` are overwritten.

    Returns
    -------
    bool
        Whether any region was short at the target.
    """
    used = placement.used
    placement.flow[:] = 0.0
    used[:] = 0.0
    placement.over[:] = False
    for s in range(wanted.shape[0]):
        for r in range(wanted.shape[1]):
            used[r, services.kind[s]] += wanted[s, r] / services.target[s]
    for s in range(wanted.shape[0]):
        k = services.kind[s]
        for r in range(wanted.shape[1]):
            share = 1.0 if used[r, k] <= capacity.work[r, k] else capacity.work[r, k] / used[r, k]
            placement.flow[s, r, r] = wanted[s, r] * share
            placement.assigned[s, r] = wanted[s, r] * share
    any_short = False
    for k in range(used.shape[1]):
        short = False
        for r in range(used.shape[0]):
            if used[r, k] > capacity.work[r, k]:
                used[r, k] = capacity.work[r, k]
                short = True
        if short:
            _place_excess(k, wanted, regions, services, capacity, placement)
            any_short = True
    return any_short


@kernel
def _place_excess(
    k: int,
    wanted: NDArray[np.float64],
    regions: Regions,
    services: Services,
    capacity: Capacity,
    placement: Placement,
) -> None:
    """Place the load of kind k that is beyond the target of its own region."""
    left = wanted - placement.assigned
    _spill(k, regions.order, services, capacity, left, placement)
    for r in range(left.shape[1]):
        _fill(k, r, r, services, capacity, left, placement)
    for r in range(left.shape[1]):
        for q in regions.order[r]:
            if q != r:
                _fill(k, r, q, services, capacity, left, placement)


@kernel
def switch(services: Services, capacity: Capacity, placement: Placement) -> None:
    """Decide how much capacity is switched to each service.

    Parameters
    ----------
    services : Services
        See there.
    capacity : Capacity
        Hosts that serving may use.
    placement : Placement
        ``switched`` and ``utilisation`` are overwritten.
    """
    for s in range(placement.assigned.shape[0]):
        k = services.kind[s]
        for q in range(placement.assigned.shape[1]):
            work = placement.assigned[s, q]
            if work <= 0.0:
                placement.switched[s, q] = 0.0
                placement.utilisation[s, q] = 0.0
            elif placement.over[q, k]:
                needed = _hosts_needed(k, q, services.kind, placement.assigned, services.limit)
                placement.switched[s, q] = capacity.work[q, k] * (work / services.limit[s]) / needed
                placement.utilisation[s, q] = services.limit[s] * needed / capacity.work[q, k]
            else:
                placement.switched[s, q] = work / services.target[s]
                placement.utilisation[s, q] = services.target[s]


@kernel
def _good_share(
    s: int, r: int, q: int, regions: Regions, services: Services, capacity: Capacity, placement: Placement
) -> float:
    """Return the share of a flow that waits no longer than the budget leaves after the round trip."""
    k = services.kind[s]
    servers = placement.switched[s, q] * capacity.cores[q, k] / capacity.work[q, k]
    slack = services.budget[s] - regions.rtt[r, q]
    return 1.0 - wait_tail(servers, placement.utilisation[s, q], services.service_time[s], slack)


@kernel
def score(
    i: int,
    regions: Regions,
    services: Services,
    capacity: Capacity,
    placement: Placement,
    spread: bool,
    outputs: ServingOutputs,
) -> None:
    """Write step i of the serving outputs.

    Parameters
    ----------
    i : int
        Row to write.
    regions, services, capacity, placement
        See each.
    spread : bool
        Whether load may have left its region.
    outputs : ServingOutputs
        Row ``i`` is overwritten.
    """
    for s in range(placement.assigned.shape[0]):
        k = services.kind[s]
        for r in range(placement.assigned.shape[1]):
            served = placement.flow[s, r, r]
            good = 0.0
            spilled = 0.0
            if served > 0.0:
                good = served * _good_share(s, r, r, regions, services, capacity, placement)
            if spread:
                for q in regions.order[r]:
                    amount = placement.flow[s, r, q]
                    if q != r and amount > 0.0:
                        spilled += amount
                        good += amount * _good_share(s, r, q, regions, services, capacity, placement)
            outputs.served[i, s, r] = served + spilled
            outputs.good[i, s, r] = good
            outputs.spilled[i, s, r] = spilled
            outputs.assigned[i, s, r] = placement.assigned[s, r]
            outputs.active[i, s, r] = 0.0
            if placement.switched[s, r] > 0.0:
                hosts = capacity.hosts[r, k] / capacity.work[r, k]
                outputs.active[i, s, r] = placement.switched[s, r] * hosts
