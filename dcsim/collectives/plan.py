"""What a collective is once planned: phases of simultaneous messages among ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Phase", "Plan", "closed_form", "phase"]

Ranks: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Phase:
    """Messages that travel at the same time; the next phase starts when all have arrived.

    Parameters
    ----------
    src, dst : ndarray of int64, shape (messages,)
        Sender and receiver of each message.
    nbytes : float
        Size of every message.
    repeat : int
        Equal phases, one after another.
    """

    src: Ranks
    dst: Ranks
    nbytes: float
    repeat: int = 1


@dataclass(frozen=True, eq=False)
class Plan:
    """A collective among ``ranks`` ranks.

    Parameters
    ----------
    ranks : int
        Number of ranks.
    phases : tuple of Phase
        In order.

    Raises
    ------
    ValueError
        When a phase names a rank that does not exist, lets a rank send to itself, lets a rank send or
        receive twice, is empty, or has an impossible size or repetition.
    """

    ranks: int
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        if self.ranks < 1:
            raise ValueError(f"a collective needs at least one rank, not {self.ranks}")
        for number, step in enumerate(self.phases):
            reason = _wrong(step, self.ranks)
            if reason:
                raise ValueError(f"phase {number} {reason}")

    def steps(self) -> int:
        """Return the number of phases, repetitions included."""
        return sum(step.repeat for step in self.phases)

    def sent(self) -> NDArray[np.float64]:
        """Return the bytes that each rank sends in all, shape ``(ranks,)``."""
        return self._moved([step.src for step in self.phases])

    def received(self) -> NDArray[np.float64]:
        """Return the bytes that each rank receives in all, shape ``(ranks,)``."""
        return self._moved([step.dst for step in self.phases])

    def _moved(self, ends: list[Ranks]) -> NDArray[np.float64]:
        total = np.zeros(self.ranks)
        for end, step in zip(ends, self.phases, strict=True):
            total[end] += step.repeat * step.nbytes
        return total


def phase(src: Ranks, dst: Ranks, nbytes: float, repeat: int = 1) -> Phase:
    """Build a phase from anything that is an array of ranks."""
    return Phase(np.asarray(src, dtype=np.int64), np.asarray(dst, dtype=np.int64), float(nbytes), repeat)


def closed_form(plan: Plan, bandwidth: float, latency: float) -> float:
    """Return the time of a plan when every message has a path of its own.

    ``sum over phases of repeat (latency + nbytes / bandwidth)``: the alpha-beta model of Hockney (1994),
    exact here because no rank sends or receives twice in a phase.

    Parameters
    ----------
    plan : Plan
        What is sent.
    bandwidth : float
        Goodput of every rank, each way (bytes/s).
    latency : float
        Time of an empty message (s).

    Examples
    --------
    >>> there = phase([0], [1], 100.0)
    >>> back = phase([1], [0], 50.0, repeat=2)
    >>> closed_form(Plan(2, (there, back)), bandwidth=10.0, latency=1.0)
    23.0
    """
    return math.fsum(step.repeat * (latency + step.nbytes / bandwidth) for step in plan.phases)


def _wrong(step: Phase, ranks: int) -> str:
    """Say what is wrong with a phase; nothing where it is sound."""
    if step.src.ndim != 1 or step.src.shape != step.dst.shape or not step.src.size:
        return "needs equally many senders and receivers, at least one"
    ends = np.concatenate((step.src, step.dst))
    faults = {
        f"names a rank outside 0..{ranks - 1}": ends.min() < 0 or ends.max() >= ranks,
        "lets a rank send to itself": (step.src == step.dst).any(),
        "lets a rank send two messages": np.unique(step.src).size != step.src.size,
        "lets a rank receive two messages": np.unique(step.dst).size != step.dst.size,
        f"has messages of {step.nbytes} bytes": not (math.isfinite(step.nbytes) and step.nbytes >= 0),
        f"is repeated {step.repeat} times": step.repeat < 1,
    }
    return next((reason for reason, wrong in faults.items() if wrong), "")
