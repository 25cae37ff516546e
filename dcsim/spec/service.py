"""A service: how it serves its users, how its models are trained, and what staleness costs it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import BytesPerSecond, Name, PerSecond, PositiveInt, Ratio, Seconds, Sourced, Spec
from dcsim.spec.compression import Compression
from dcsim.spec.data import Dataset
from dcsim.spec.diurnal import DiurnalProfile
from dcsim.spec.experiments import ExperimentLoad
from dcsim.spec.framework import Framework
from dcsim.spec.hardware import ServerKind
from dcsim.spec.learning import Learning
from dcsim.spec.model import MlModel
from dcsim.spec.optimiser import Optimiser
from dcsim.spec.training import TrainingRecipe

__all__ = [
    "WORKLOAD_KINDS", "Cadence", "FluidTraining", "LoadSource", "Operator", "PrintedRow", "QualityLoss",
    "Service", "ServiceTraining", "Serving", "Staleness",
]  # fmt: skip


class PrintedRow(Spec):
    """Rows of Tables II and III of the HPCA 2018 paper as printed; nothing is computed from them.

    Parameters
    ----------
    training_server, training_frequency, training_duration : str, optional
        Table II: resource, frequency and duration of training.
    inference_capacity, inference_server, inference_memory : str, optional
        Table III: relative capacity, server type and memory of online inference.
    """

    training_server: str | None = None
    training_frequency: str | None = None
    training_duration: str | None = None
    inference_capacity: str | None = None
    inference_server: str | None = None
    inference_memory: str | None = None


class QualityLoss(Spec):
    """Quality lost by serving an old model.

    Parameters
    ----------
    kind : {'log', 'linear'}
        ``loss * log2(1 + staleness / per)`` or ``loss * staleness / per``.
    per : Seconds
        Staleness at which the loss is ``loss``.
    loss : Ratio
        Share of the quality measure.
    """

    kind: Literal["log", "linear"]
    per: Seconds
    loss: Ratio


class Staleness(Spec):
    """How old the served model may be.

    Parameters
    ----------
    target : Seconds
        Staleness that should not be exceeded.
    quality_loss : QualityLoss
        What it costs.
    """

    target: Seconds
    quality_loss: QualityLoss


class LoadSource(Spec):
    """Where the load of a service comes from.

    Parameters
    ----------
    generator : Name
        Generator plug-in.
    profile : Name, optional
        Daily curve, for generators that take one.
    file : str, optional
        File with measured rates, for replay.
    time, value : str, optional
        Its columns; the first two where not given.
    """

    generator: Name = "diurnal"
    profile: Name | None = None
    file: str | None = None
    time: str | None = None
    value: str | None = None


class Serving(Spec):
    """Online inference.

    Parameters
    ----------
    kind : ServerKind
        Kind of host that serves.
    relative_capacity : float
        Hosts at the daily peak in units of the scenario's ``fleet.capacity_unit``.
    load : LoadSource
        Load over time.
    utilisation_target : Ratio
        Busy share at which hosts are run in ordinary times.
    utilisation_limit : Ratio
        Busy share that overload may push them to.
    service_time : Seconds
        Time of one request on one core of an unloaded host.
    latency_budget : Seconds
        Network round trip and queueing that a request may add.
    host_traffic : BytesPerSecond, optional
        What a fully busy reference host sends to other serving hosts, and receives from them; less when it is less
        busy. Where not given, serving takes nothing of the links that it shares with training.
    """

    kind: ServerKind
    relative_capacity: Annotated[float, Field(gt=0)]
    load: LoadSource
    utilisation_target: Annotated[Ratio, Field(gt=0)]
    utilisation_limit: Annotated[Ratio, Field(gt=0)]
    service_time: Seconds
    latency_budget: Seconds
    host_traffic: BytesPerSecond | None = None

    @model_validator(mode="after")
    def _target_within_limit(self) -> Serving:
        if self.utilisation_target > self.utilisation_limit:
            raise ValueError("utilisation_target must not exceed utilisation_limit")
        return self


class Operator(Spec):
    """One operator of a training workflow.

    Parameters
    ----------
    after : tuple of Name
        Operators that must have finished.
    duration : Seconds, optional
        How long it takes; the training operator takes as long as its recipe says.
    train : bool
        Whether this is the operator that runs the recipe.
    """

    after: tuple[Name, ...] = ()
    duration: Seconds | None = None
    train: bool = False

    @model_validator(mode="after")
    def _one_duration(self) -> Operator:
        if self.train and self.duration is not None:
            raise ValueError("the training operator takes as long as its recipe; remove 'duration'")
        if not self.train and self.duration is None:
            raise ValueError("needs a 'duration', or 'train: true'")
        return self


class Cadence(Spec):
    """How often models are retrained.

    Parameters
    ----------
    period : Seconds
        Time between two trainings of one model.
    models : int
        Independent models, each retrained every period.
    generator : Name
        Generator plug-in.
    """

    period: Seconds
    models: PositiveInt
    generator: Name = "cadence"


class ServiceTraining(Spec):
    """Scheduled training of a service's models.

    Parameters
    ----------
    recipe : Name
        Training recipe.
    every : Cadence
        When workflows start.
    workflow : dict of Operator
        The operators, a directed acyclic graph with exactly one that trains.
    priority : int
        Higher goes first in a queue.
    """

    recipe: Name
    every: Cadence
    workflow: dict[Name, Operator]
    priority: int = 0

    @model_validator(mode="after")
    def _is_a_graph(self) -> ServiceTraining:
        _check_graph(self.workflow)
        return self


class FluidTraining(Spec):
    """Tiny trainings in great number, as a rate and a backlog rather than as jobs.

    Parameters
    ----------
    trigger : str
        What triggers one, for people.
    model : Name
        Model that is trained.
    server_kind : ServerKind
        Kind of host that trains.
    peak_rate : PerSecond
        Trainings triggered fleet-wide at the daily peak; split over regions and hours like the service's
        load.
    work : Seconds
        Host-seconds of one training.
    """

    trigger: str
    model: Name
    server_kind: ServerKind
    peak_rate: PerSecond
    work: Seconds


class Service(Sourced):
    """A service of the fleet.

    Parameters
    ----------
    printed : PrintedRow
        What the paper's tables say, in its words.
    algorithms : tuple of str
        Classes of model in use.
    serving : Serving
        Online inference.
    training : ServiceTraining, optional
        Scheduled training.
    user_models : FluidTraining, optional
        Per-user models trained on demand.
    staleness : Staleness
        Target and cost of old models.
    dataset : Name, optional
        What its models are trained on.
    """

    printed: PrintedRow
    algorithms: tuple[str, ...]
    serving: Serving
    training: ServiceTraining | None = None
    user_models: FluidTraining | None = None
    staleness: Staleness
    dataset: Name | None = None


def _check_graph(workflow: dict[str, Operator]) -> None:
    """Refuse unknown operators, circles, and anything but one training operator."""
    trainers = sorted(name for name, operator in workflow.items() if operator.train)
    if len(trainers) != 1:
        found = ", ".join(trainers) or "none"
        raise ValueError(f"workflow needs exactly one operator with 'train: true'; found {found}")
    for name, operator in workflow.items():
        unknown = [other for other in operator.after if other not in workflow]
        if unknown:
            raise ValueError(f"workflow.{name}.after names '{unknown[0]}', which is not an operator here")
    waiting = {name: set(operator.after) for name, operator in workflow.items()}
    while ready := [name for name, after in waiting.items() if not after]:
        for name in ready:
            del waiting[name]
        for after in waiting.values():
            after.difference_update(ready)
    if waiting:
        raise ValueError(f"workflow goes in a circle through {', '.join(sorted(waiting))}")


WORKLOAD_KINDS: dict[str, type[Sourced]] = {
    "models": MlModel,
    "services": Service,
    "training": TrainingRecipe,
    "experiments": ExperimentLoad,
    "diurnal": DiurnalProfile,
    "datasets": Dataset,
    "optimisers": Optimiser,
    "frameworks": Framework,
    "compressions": Compression,
    "learning": Learning,
}
"""Spec of each folder of ``workloads/``."""
