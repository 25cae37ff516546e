"""A stream of training workflows: what one of them needs and how long its parts take."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dcsim.generators.plan import Arrivals
    from dcsim.spec.service import Operator
    from dcsim.world.traffic import StreamTraffic

__all__ = ["Checkpoints", "Timing", "TrainingStream", "critical_path"]

_ROUNDED = 1.0 - 1e-12
"""So that steps times step time, which rounding may leave above a whole number of intervals, are that number."""


@dataclass(frozen=True)
class Timing:
    """Durations of a workflow around its training operator.

    Operators of fixed length are folded into the critical path, which is exact: the workflow ends at
    ``max(start + beside_s, end of training + after_s)``.

    Parameters
    ----------
    before_s : float
        From the arrival until the training operator may start.
    after_s : float
        From the end of training to the end of the longest path behind it.
    beside_s : float
        From the arrival to the end of the longest path that does not lead through training.
    """

    before_s: float
    after_s: float
    beside_s: float


def critical_path(workflow: Mapping[str, Operator]) -> Timing:
    """Fold a directed acyclic graph of operators around the one that trains.

    Examples
    --------
    >>> from dcsim.spec.service import Operator
    >>> flow = {"data": Operator(duration="1 h"), "train": Operator(after=("data",), train=True),
    ...         "audit": Operator(after=("data",), duration="5 h"),
    ...         "publish": Operator(after=("train",), duration="600 s")}
    >>> critical_path(flow)
    Timing(before_s=3600.0, after_s=600.0, beside_s=21600.0)
    """
    from_start: dict[str, float] = {}
    from_training: dict[str, float] = {}

    def ends(name: str) -> tuple[float, float]:
        """Return the end of an operator after the start, and after the end of training, along the longest path."""
        if name not in from_start:
            operator = workflow[name]
            inputs = [ends(other) for other in operator.after]
            length = operator.duration or 0.0
            from_start[name] = max((start for start, _ in inputs), default=0.0) + length
            through = max((behind for _, behind in inputs), default=-inf) + length
            from_training[name] = 0.0 if operator.train else through
            if operator.train:
                before[0] = from_start[name]
                from_start[name] = -inf
        return from_start[name], from_training[name]

    before = [0.0]
    both = [ends(name) for name in workflow]
    beside = max((start for start, _ in both), default=0.0)
    return Timing(before[0], max(behind for _, behind in both), max(beside, 0.0))


@dataclass(frozen=True)
class Checkpoints:
    """When a gang saves its work, and what an interruption costs.

    Parameters
    ----------
    every_s : float
        Compute between two checkpoints.
    write_s : float
        Time to write one.

    Examples
    --------
    >>> saving = Checkpoints(every_s=100.0, write_s=10.0)
    >>> saving.wall(250.0)
    270.0
    >>> saving.progress(265.0)  # 2 cycles of 110 s, then 45 s of compute
    (200.0, 45.0, 20.0)
    """

    every_s: float
    write_s: float

    def wall(self, compute_s: float) -> float:
        """Return how long that much compute takes with its checkpoints; none is written at the very end."""
        cycles = ceil(compute_s / self.every_s * _ROUNDED)
        return compute_s + max(0, cycles - 1) * self.write_s

    def progress(self, wall_s: float) -> tuple[float, float, float]:
        """Return compute committed, compute not committed, and time spent writing, after so much wall time."""
        cycle = self.every_s + self.write_s
        cycles = floor(wall_s / cycle)
        rest = wall_s - cycles * cycle
        return cycles * self.every_s, min(rest, self.every_s), cycles * self.write_s + max(0.0, rest - self.every_s)


@dataclass(frozen=True)
class TrainingStream:
    """Everything that the workflows of one service, or of one stream of jobs, have in common.

    Parameters
    ----------
    name : str
        Service or stream.
    kind : str
        Server kind of its gangs.
    slots : int
        GPUs, or hosts, of a gang.
    priority : int
        Higher goes first.
    timing : Timing
        Durations around the training.
    compute_s : dict of int to float
        Compute of one training by index of the fleet's pool, for arrivals that bring no duration of their own.
    communication : dict of int to float
        Share of that compute that waits for the network (0 to 1), by index of the fleet's pool.
    checkpoints : dict of int to Checkpoints
        By index of the fleet's pool.
    restart_s : float
        From being granted hosts to the first step.
    replicated : bool
        Whether checkpoints and models survive the loss of their region.
    saves_on_notice : bool
        Whether a gang told in time writes a checkpoint before it goes.
    data_regions : tuple of int
        Regions that hold the data.
    stage_s : sequence of sequences of float
        Time to bring the data from the first index to the second.
    copy_s : ndarray of float64, shape (R, R)
        Time until a model published in the first region is available in the second.
    publishes : bool
        Whether anybody is served by the result.
    traffic : dict of int to StreamTraffic
        What its gangs put on shared links, by index of the fleet's pool; empty where links are not looked at.
    arrivals : Arrivals
        When workflows start.
    tenant : str
        Whose jobs they are.
    opportunistic : bool
        Whether they may be stopped for jobs that are not.
    due_s : float
        From the arrival to when training should be over, s: so late that the result is out when the model served until
        then gets as old as the service's staleness target allows.
    """

    name: str
    kind: str
    slots: int
    priority: int
    timing: Timing
    compute_s: dict[int, float]
    communication: dict[int, float]
    checkpoints: dict[int, Checkpoints]
    restart_s: float
    replicated: bool
    saves_on_notice: bool
    data_regions: tuple[int, ...]
    stage_s: Sequence[Sequence[float]]
    copy_s: NDArray[np.float64]
    publishes: bool
    traffic: dict[int, StreamTraffic]
    arrivals: Arrivals
    tenant: str = ""
    opportunistic: bool = False
    due_s: float = inf

    def nominal_s(self) -> float:
        """Return the length of an undisturbed training in the first pool that can run it."""
        if not self.compute_s:
            return 0.0
        pool = next(iter(self.compute_s))
        return self.restart_s + self.checkpoints[pool].wall(self.compute_s[pool])
