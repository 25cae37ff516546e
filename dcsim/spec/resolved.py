"""The scenario with everything written out: what is simulated, and what is stored with the results."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from dcsim.spec.base import Name, Spec
from dcsim.spec.data import Dataset
from dcsim.spec.device import Cpu, Gpu
from dcsim.spec.diurnal import DiurnalProfile
from dcsim.spec.experiments import ExperimentLoad
from dcsim.spec.fabric import PodFabric
from dcsim.spec.gpu_topology import GpuTopology
from dcsim.spec.hardware import Nic, Rack, Server, Sled, Switch
from dcsim.spec.model import MlModel
from dcsim.spec.scenario import Scenario
from dcsim.spec.training import TrainingRecipe
from dcsim.spec.transport import Transport

__all__ = ["Library", "ResolvedScenario"]


class Library(Spec):
    """Every entry that a scenario uses, by kind; services and regions stand in the scenario itself.

    Parameters
    ----------
    gpus, cpus, nics, gpu_topologies, servers, sleds, racks, switches, fabrics, transports : dict
        Hardware.
    models, training, experiments, diurnal, datasets : dict
        Workloads.
    """

    gpus: dict[Name, Gpu] = {}
    cpus: dict[Name, Cpu] = {}
    nics: dict[Name, Nic] = {}
    gpu_topologies: dict[Name, GpuTopology] = {}
    servers: dict[Name, Server] = {}
    sleds: dict[Name, Sled] = {}
    racks: dict[Name, Rack] = {}
    switches: dict[Name, Switch] = {}
    fabrics: dict[Name, PodFabric] = {}
    transports: dict[Name, Transport] = {}
    models: dict[Name, MlModel] = {}
    training: dict[Name, TrainingRecipe] = {}
    experiments: dict[Name, ExperimentLoad] = {}
    diurnal: dict[Name, DiurnalProfile] = {}
    datasets: dict[Name, Dataset] = {}

    def entry(self, kind: str, name: str) -> Any:
        """Return an entry; ``KeyError`` for one that the scenario does not use."""
        return getattr(self, kind)[name]


class ResolvedScenario(Scenario):
    """A scenario without anything left to look up.

    Parameters
    ----------
    resolved : bool
        Always true; tells a reader of the file that profiles and catalogue are in it already.
    catalog : Library
        Every entry in use, in full.
    """

    resolved: Literal[True] = True
    catalog: Library = Field(default_factory=Library)  # type: ignore[assignment]  # entries are specs by now
