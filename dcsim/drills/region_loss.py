"""A region loses power as a whole, with or without notice, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.drills import drill
from dcsim.drills.plan import Fault, Timeline

if TYPE_CHECKING:
    from dcsim.spec.drill import DrillSpec
    from dcsim.spec.site import FleetSpec

__all__ = ["region_loss"]


@drill("region_loss")
def region_loss(spec: DrillSpec, fleet: FleetSpec) -> Timeline:
    """Down at ``at``, up at ``at + lasts``; with notice, drained before.

    The drain begins as late as the notice allows and no earlier than the users need to be moved, ``failover_time``
    before the loss: a region that is empty early is wasted.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from dcsim.spec.drill import DrillSpec
    >>> spec = {"kind": "region_loss", "region": "lulea", "at": "6 h", "lasts": "2 h", "notice": "1 h"}
    >>> timeline = region_loss(DrillSpec.model_validate(spec), SimpleNamespace(failover_time=600.0))
    >>> [(fault.time_s, fault.kind) for fault in timeline]
    [(21000.0, 'region_drain'), (21600.0, 'region_down'), (28800.0, 'region_up')]
    """
    notice = min(spec.notice, fleet.failover_time, spec.at)
    drain = (Fault(spec.at - notice, "region_drain", spec.region),) if notice > 0 else ()
    return (*drain, Fault(spec.at, "region_down", spec.region), Fault(spec.at + spec.lasts, "region_up", spec.region))
