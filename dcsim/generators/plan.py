"""What generators yield: a load curve, or arrivals of training jobs. Arrays only, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from dcsim.spec.diurnal import DiurnalProfile
    from dcsim.spec.experiments import ExperimentLoad

__all__ = ["ArrivalRequest", "Arrivals", "Generator", "LoadRequest"]


@dataclass(frozen=True)
class LoadRequest:
    """What a load generator is asked for: one region's load over all load steps.

    Parameters
    ----------
    start : datetime
        Instant of time zero.
    time_zone : str
        IANA zone of the users.
    resolution : float
        Length of a step, s.
    steps : int
        Number of steps.
    ahead : int
        How many of them lie behind the end of the scenario, for forecasts only.
    profile : DiurnalProfile, optional
        For generators that shape a day.
    file : Path, optional
        For generators that replay.
    time_column, value_column : str, optional
        Columns of the file; the first two where not given.
    """

    start: datetime
    time_zone: str
    resolution: float
    steps: int
    ahead: int = 0
    profile: DiurnalProfile | None = None
    file: Path | None = None
    time_column: str | None = None
    value_column: str | None = None


@dataclass(frozen=True)
class ArrivalRequest:
    """What an arrival generator is asked for.

    Parameters
    ----------
    horizon : float
        End of the simulated span, s.
    history : float
        How far before zero arrivals matter, s: trainings that would be in flight at the start.
    models : int
        Independent models, each with arrivals of its own.
    every : float, optional
        Time between arrivals of one model, s.
    rate : float, optional
        Mean arrivals per second.
    file : Path, optional
        Job file.
    scale : float
        Factor on durations that the generator brings.
    start : datetime, optional
        Instant of time zero.
    time_zone : str
        IANA zone of those who submit.
    profile : ExperimentLoad, optional
        For generators that draw jobs.
    rng : numpy.random.Generator
        The stream of this generator.
    """

    horizon: float
    history: float
    models: int
    rng: np.random.Generator
    every: float | None = None
    rate: float | None = None
    file: Path | None = None
    scale: float = 1.0
    start: datetime | None = None
    time_zone: str = "UTC"
    profile: ExperimentLoad | None = None


@dataclass(frozen=True)
class Arrivals:
    """Training jobs in order of arrival.

    Parameters
    ----------
    time_s : ndarray of float64, shape (n,)
        Arrival times, sorted; negative ones arrived before the start.
    model : ndarray of int64, shape (n,)
        Which model each trains.
    gpus : ndarray of int64, shape (n,)
        Gang size in GPUs (hosts of CPU pools); 0 where the recipe decides.
    duration_s : ndarray of float64, shape (n,)
        Training time; NaN where the recipe decides.
    beyond : int
        Jobs of a file that arrive after the horizon and are left out.
    """

    time_s: NDArray[np.float64]
    model: NDArray[np.int64]
    gpus: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    duration_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    beyond: int = 0

    @classmethod
    def of_recipe(cls, time_s: NDArray[np.float64], model: NDArray[np.int64]) -> Arrivals:
        """Return arrivals whose size and duration the recipe decides, sorted by time, then model."""
        order = np.lexsort((model, time_s))
        return cls(time_s[order], model[order], np.zeros(len(order), np.int64), np.full(len(order), np.nan))


@dataclass(frozen=True)
class Generator:
    """A generator plug-in: either form may be missing.

    Parameters
    ----------
    load : callable, optional
        ``LoadRequest -> ndarray (steps,)``: load of each step as a share of the daily peak (mean over the step).
    arrivals : callable, optional
        ``ArrivalRequest -> Arrivals``.
    load_needs, arrivals_need : tuple of str
        Keys that must be written beside ``generator:``; keys outside needs and ``may`` have no effect and are refused.
    may : tuple of str
        Keys that may be written besides.
    """

    load: Callable[[LoadRequest], NDArray[np.float64]] | None = None
    arrivals: Callable[[ArrivalRequest], Arrivals] | None = None
    load_needs: tuple[str, ...] = ()
    arrivals_need: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
