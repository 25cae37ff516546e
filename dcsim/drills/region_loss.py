"""A region loses power as a whole, with or without notice, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.drills import drill
from dcsim.drills.plan import Fault, Timeline

if TYPE_CHECKING:
    from dcsim.spec.drill import DrillSpec

__all__ = ["region_loss"]


@drill("region_loss")
def region_loss(spec: DrillSpec) -> Timeline:
    """Drain at ``at - notice`` (if there is notice), down at ``at``, up at ``at + lasts``.

    Examples
    --------
    >>> from dcsim.spec.drill import DrillSpec
    >>> spec = DrillSpec.model_validate({"kind": "region_loss", "region": "lulea", "at": "6 h", "lasts": "2 h"})
    >>> [(fault.time_s, fault.kind) for fault in region_loss(spec)]
    [(21600.0, 'region_down'), (28800.0, 'region_up')]
    """
    warned = spec.notice > 0
    drain = (Fault(max(0.0, spec.at - spec.notice), "region_drain", spec.region),) if warned else ()
    return (
        *drain,
        Fault(spec.at, "region_down", spec.region, warned),
        Fault(spec.at + spec.lasts, "region_up", spec.region),
    )
