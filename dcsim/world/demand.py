"""Work offered by the users of each region, from the load curves and the sizes of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcsim.spec.service import Service
    from dcsim.world.fleet import Fleet

__all__ = ["demand_of", "traffic_weights", "triggers_of"]

Floats = NDArray[np.float64]


def traffic_weights(fleet: Fleet, kind: str) -> Floats:
    """Return the share of a kind's users near each region, shape (R,), adding up to 1.

    A region without a ``traffic`` of its own weighs as much as its serving capacity of the kind, relative to the
    mean of the regions that have any.

    Raises
    ------
    ValueError
        If no region has users.
    """
    capacity = np.zeros(len(fleet.regions))
    for index in fleet.with_role("serving"):
        pool = fleet.pools[index]
        if pool.kind == kind:
            capacity[pool.region] += pool.hosts * pool.speed
    having = capacity > 0
    weights = capacity / capacity[having].mean() if having.any() else capacity
    for region, site in enumerate(fleet.regions.values()):
        if site.traffic is not None:
            weights[region] = site.traffic
    if weights.sum() <= 0:
        raise ValueError(f"no region has users of {kind} services")
    return np.asarray(weights / weights.sum())


def demand_of(
    fleet: Fleet, services: Mapping[str, Service], loads: Mapping[str, Floats], unit: float, steps: int
) -> Floats:
    """Return the offered work in fully busy reference hosts, shape (T, S, R).

    ``relative capacity x unit x traffic share of the region x load as a share of the region's daily peak``: the
    regions' own peaks add up to the service's size; the peak of the sum is lower, because the sun does not rise
    everywhere at once.

    Parameters
    ----------
    fleet : Fleet
        Regions and capacities.
    services : mapping of str to Service
        By name.
    loads : mapping of str to ndarray, shape (T, R)
        Load shares by service.
    unit : float
        Hosts of a relative capacity of 1x.
    steps : int
        Load steps, ``T``.
    """
    columns = [
        loads[name] * (traffic_weights(fleet, service.serving.kind) * service.serving.relative_capacity * unit)
        for name, service in services.items()
    ]
    return _side_by_side(columns, steps, fleet)


def triggers_of(
    fleet: Fleet, services: Mapping[str, Service], loads: Mapping[str, Floats], steps: int
) -> Floats:
    """Return the trainings of user models triggered per second, shape (T, F, R), for services that have any."""
    columns = [
        loads[name] * (traffic_weights(fleet, service.serving.kind) * service.user_models.peak_rate)
        for name, service in services.items()
        if service.user_models is not None
    ]
    return _side_by_side(columns, steps, fleet)


def _side_by_side(columns: Sequence[Floats], steps: int, fleet: Fleet) -> Floats:
    """Stack arrays of shape (T, R) to one of shape (T, n, R), of which there may be none."""
    if not columns:
        return np.zeros((steps, 0, len(fleet.regions)))
    return np.ascontiguousarray(np.stack(columns, axis=1))
