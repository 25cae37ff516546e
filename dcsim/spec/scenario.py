"""The scenario: everything that one file says about one simulated span of time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from dcsim.spec.base import Name, PerSecond, Seconds, Spec
from dcsim.spec.drill import DrillSpec
from dcsim.spec.hardware import TimeZone
from dcsim.spec.harvest import Harvest
from dcsim.spec.html import scenario_html
from dcsim.spec.network import Fidelity
from dcsim.spec.service import Service
from dcsim.spec.site import FleetSpec
from dcsim.spec.tenants import TenantSpec

__all__ = ["Instant", "Scenario", "TrainingStream"]


def _instant(value: object) -> object:
    """Read an ISO 8601 instant."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("needs a date and time with a zone, such as 2017-09-19T00:00:00Z") from None


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone, such as 2017-09-19T00:00:00Z")
    if not 1970 <= value.year <= 2200:
        raise ValueError("must lie between the years 1970 and 2200")
    return value


def _each_once(value: tuple[Fidelity, ...]) -> tuple[Fidelity, ...]:
    """Refuse a fidelity that is named twice."""
    twice = sorted({each for each in value if value.count(each) > 1})
    if twice:
        raise ValueError(f"names '{twice[0]}' more than once; name each fidelity once")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    AfterValidator(_zoned),
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "An instant with its zone."}),
]
"""A date and time with a zone, in ISO 8601."""


class TrainingStream(Spec):
    """A stream of training jobs that no service publishes: experiments, replayed traces.

    Parameters
    ----------
    name : str
        Name in the results.
    recipe : str
        What one job is: server kind, gang, checkpoints.
    generator : str
        Name of a generator plug-in that yields arrivals.
    every : float, optional
        Time between jobs, s (``cadence``).
    rate : float, optional
        Mean arrivals per second (``poisson``, ``working_hours``).
    file : str, optional
        Job file (``replay``), relative to the scenario; may be gzipped.
    scale : float
        Factor on the durations that the generator brings (``replay``, ``working_hours``).
    profile : str, optional
        Load of experiments (``working_hours``).
    time_zone : str, optional
        IANA name; the local clock of those who submit (``working_hours``).
    priority : int
        Higher goes first.
    tenant : str, optional
        Whose jobs they are; a tenant of the stream's name where not given.
    opportunistic : bool
        Whether they may be stopped for jobs that are not.
    """

    name: Name
    recipe: Name
    generator: Name
    every: Seconds | None = None
    rate: PerSecond | None = None
    file: str | None = None
    scale: Annotated[float, Field(gt=0)] = 1.0
    profile: Name | None = None
    time_zone: TimeZone | None = None
    priority: int = 0
    tenant: Name | None = None
    opportunistic: bool = False


class Scenario(Spec):
    """What to simulate.

    Parameters
    ----------
    name : str
        Name of the run directory.
    description : str
        For people.
    start : datetime
        Instant of simulated time zero.
    duration : float
        Simulated span, s.
    resolution : float
        Length of one load step, s.
    seed : int
        Root of every random stream.
    network : Fidelity
        How closely the network is looked at: ``closed_form`` (alpha-beta formulas), ``flow`` (flows that share links
        max-min fairly) or ``packet`` (packets at the port where senders collide).
    compare_networks : tuple of Fidelity
        Further fidelities whose step times are written beside those of ``network``, for comparison.
    scheduler : str
        Name of a scheduler plug-in for the training pools.
    warm_start : bool
        Whether trainings that would be in flight at the start are; otherwise the pools begin empty.
    fleet : FleetSpec
        Regions and racks.
    services : dict of str to Service
        Merged over the workload profiles of the same names.
    training : tuple of TrainingStream
        Further streams of jobs.
    tenants : dict of str to TenantSpec
        What each tenant is entitled to: a service, by its name, or a stream's tenant.
    harvest : Harvest, optional
        Lending of idle serving hosts.
    drills : tuple of DrillSpec
        What goes wrong.
    """

    name: Name
    description: str = ""
    start: Instant
    duration: Seconds
    resolution: Seconds = 300.0
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    network: Fidelity = "flow"
    compare_networks: Annotated[tuple[Fidelity, ...], AfterValidator(_each_once)] = ()
    scheduler: Name = "gang"
    warm_start: bool = True
    fleet: FleetSpec
    services: dict[Name, Service] = {}
    training: tuple[TrainingStream, ...] = ()
    tenants: dict[Name, TenantSpec] = {}
    harvest: Harvest | None = None
    drills: tuple[DrillSpec, ...] = ()
    catalog: dict[str, dict[Name, Any]] = {}
    variants: dict[Name, dict[str, Any]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, regions={len(self.fleet.regions)}, seed={self.seed})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return scenario_html(self)
