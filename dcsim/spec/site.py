"""The fleet as a planner writes it: regions, the racks in them, and what each rack is for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcsim.spec.base import Name, PositiveInt, Seconds, Spec
from dcsim.spec.hardware import NicOverride, Region

__all__ = ["ROLES", "FleetSpec", "RegionSite"]

ROLES = ("serving", "training", "storage")
"""What a rack may be for; the names of the rack lists of a region."""

Racks = dict[Name, PositiveInt]
"""Rack entries of the catalogue and how many of each stand in the region."""


class RegionSite(Region):
    """A region of the catalogue with the racks that stand in it.

    Parameters
    ----------
    serving, training, storage : dict of rack name to count
        Racks by role. Serving racks carry the load of the services and may be lent at night; training racks run the
        gangs of the training jobs; storage racks hold datasets and checkpoints.
    traffic : float, optional
        Weight of the users near the region; by default in proportion to its serving capacity.
    """

    title: str = ""
    source: str | None = "the scenario"
    serving: Racks = {}
    training: Racks = {}
    storage: Racks = {}
    traffic: Annotated[float, Field(ge=0)] | None = None


class FleetSpec(Spec):
    """Regions and what they share.

    Parameters
    ----------
    fabric : str
        Fabric entry of the catalogue that every region is built with.
    regions : dict of str to RegionSite
        Merged over the region's catalogue entry, where there is one.
    capacity_unit : float
        Fully busy reference hosts that a service of relative capacity 1x needs, fleet-wide, at its daily peak.
    failover_time : float
        Time until the users of a region lost without notice are all served elsewhere, s. Their unserved share falls
        linearly.
    nic : NicOverride, optional
        Fields that replace those of every NIC in the fleet.
    """

    fabric: Name
    regions: Annotated[dict[Name, RegionSite], Field(min_length=1)]
    capacity_unit: Annotated[float, Field(gt=0)]
    failover_time: Seconds
    nic: NicOverride | None = None
