"""Lending of serving hosts to training: rigid gangs, and the study of elastic groups."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import Name, NonNegativeSeconds, PositiveInt, Ratio, Seconds, Spec
from dcsim.spec.hardware import ServerKind

__all__ = ["Elastic", "Harvest"]

MAX_SETTINGS = 100_000
"""Settings of a study, replicas included, that each pool is followed through."""
_Positive = Annotated[float, Field(gt=0)]
_Group = Annotated[int, Field(ge=1, le=4096)]


class Elastic(Spec):
    """What elastic data-parallel groups would make of the hosts that serving leaves free: a study beside the run.

    Every combination of an offer, a largest group and a checkpoint interval is followed through the whole run, once for
    each replica.

    Parameters
    ----------
    hosts_per_job : int
        Hosts of a pool for each job that is trained on those that are free; one group trains one job.
    groups : tuple of int
        Sizes that a group may have, in hosts, rising; each is the largest in turn.
    checkpoint_every : tuple of float
        Computing between two checkpoints, s, rising.
    offered : tuple of float
        Hosts offered to the groups, over those that are free, rising; above 1 asks what more free hosts would buy.
    replicas : int
        How often all that is drawn is drawn anew.
    season : float
        After which time the need repeats, s: the forecast looks so far back.
    forecast_error : Ratio
        Standard deviation of the forecast of the need, beyond what its season gets wrong.
    worth : Ratio
        What a server-hour must buy, in useful ones, to be worth its price.
    stay : float
        For how long hosts must be foreseen to be free before a group grows onto them, s, in whole load steps: nothing
        changes up to the first.
    grace : float
        Time from asking for hosts to having them back where their return was not foreseen, s; a load step at most.
    host_failure_every : float, optional
        Mean time between two failures of one host, s; none fails where not given.
    critical_batch : dict of server kind to float
        Samples of a step with which training takes twice the fewest samples; where not given, every sample counts the
        same whatever the batch.
    """

    hosts_per_job: PositiveInt
    groups: Annotated[tuple[_Group, ...], Field(min_length=1)]
    checkpoint_every: Annotated[tuple[Seconds, ...], Field(min_length=1)]
    offered: Annotated[tuple[_Positive, ...], Field(min_length=1)]
    replicas: Annotated[int, Field(ge=2)]
    season: Seconds
    forecast_error: Ratio
    worth: Annotated[Ratio, Field(gt=0)]
    stay: NonNegativeSeconds = 0.0
    grace: NonNegativeSeconds = 0.0
    host_failure_every: Seconds | None = None
    critical_batch: dict[ServerKind, _Positive] = {}

    @model_validator(mode="after")
    def _rises(self) -> Elastic:
        for name in ("groups", "checkpoint_every", "offered"):
            values = getattr(self, name)
            if any(later <= earlier for earlier, later in pairwise(values)):
                raise ValueError(f"{name} must rise from each value to the next")
        settings = math.prod((len(self.groups), len(self.checkpoint_every), len(self.offered), self.replicas))
        if settings > MAX_SETTINGS:
            raise ValueError(
                f"groups, checkpoint_every, offered and replicas make {settings:,} combinations; at most "
                f"{MAX_SETTINGS:,} fit"
            )
        return self


class Harvest(Spec):
    """Lending of serving hosts that the load leaves free to opportunistic training.

    Parameters
    ----------
    recipes : dict of server kind to recipe name
        What runs on lent hosts of each kind.
    notice : float
        Time between asking for a host and having it back, s.
    reserve : float
        Share of the needed hosts that is kept beyond the need.
    placement : {"packed", "spread"}
        Whether a group fills a sled before it takes the next, or the groups spread over as many NICs as there are.
    backlog : int, optional
        Jobs on offer per region and server; endless where not given.
    elastic : Elastic, optional
        Study of groups that grow and shrink with the hosts that are free.
    """

    recipes: Annotated[dict[ServerKind, Name], Field(min_length=1)]
    notice: Seconds
    reserve: Ratio
    placement: Literal["packed", "spread"] = "packed"
    backlog: PositiveInt | None = None
    elastic: Elastic | None = None
