"""What a collective is once planned: phases of simultaneous messages among ranks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LazyPhases", "Phase", "Plan", "around", "binomial_levels", "closed_form", "need_power_of_two", "phase",
    "vector_halving",
]  # fmt: skip

Ranks: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Phase:
    """Messages that travel at the same time; the next phase starts when all have arrived.

    A rank may send and receive several messages at once.

    Parameters
    ----------
    src, dst : ndarray of int64, shape (messages,)
        Sender and receiver of each message.
    nbytes : float
        Size of every message: whole bytes.
    repeat : int
        Equal phases, one after another.
    chained : bool
        Whether the ranks stand in rings, in which each goes on as soon as its own neighbours do: the latencies of the
        repetitions add up around the rings, instead of the farthest holding all up each time.
    """

    src: Ranks
    dst: Ranks
    nbytes: float
    repeat: int = 1
    chained: bool = False

    def busiest(self) -> int:
        """Return how many messages the rank sends, or receives, that sends or receives most."""
        return int(max(np.bincount(self.src).max(), np.bincount(self.dst).max()))


class LazyPhases(Sequence[Phase]):
    """Phases made one at a time, whenever they are looked at, where all of them would fill the memory.

    Parameters
    ----------
    ranks : int
        Number of ranks.
    count : int
        Number of phases.
    make : callable
        ``number -> Phase``; each is checked like those of a ``Plan``.

    Examples
    --------
    >>> turns = LazyPhases(3, 2, lambda turn: phase([0], [1 + turn], 5.0))
    >>> len(turns), [step.dst.tolist() for step in turns]
    (2, [[1], [2]])
    """

    def __init__(self, ranks: int, count: int, make: Callable[[int], Phase]) -> None:
        self._ranks = ranks
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Phase: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Phase, ...]: ...
    def __getitem__(self, index: int | slice) -> Phase | tuple[Phase, ...]:
        numbers = range(self._count)[index]
        if isinstance(numbers, range):
            return tuple(self._checked(number) for number in numbers)
        return self._checked(numbers)

    def _checked(self, number: int) -> Phase:
        step = self._make(number)
        _check(step, number, self._ranks)
        return step


@dataclass(frozen=True, eq=False)
class Plan:
    """A collective among ``ranks`` ranks.

    Parameters
    ----------
    ranks : int
        Number of ranks.
    phases : sequence of Phase
        In order.

    Raises
    ------
    ValueError
        When a phase names a rank that does not exist, lets a rank send to itself, is empty, or has an
        impossible size or repetition. Of ``LazyPhases`` only the first is looked at here.
    """

    ranks: int
    phases: Sequence[Phase]

    def __post_init__(self) -> None:
        if self.ranks < 1:
            raise ValueError(f"a collective needs at least one rank, not {self.ranks}")
        seen = self.phases[:1] if isinstance(self.phases, LazyPhases) else self.phases
        for number, step in enumerate(seen):
            _check(step, number, self.ranks)

    def steps(self) -> int:
        """Return the number of phases, repetitions included."""
        return sum(step.repeat for step in self.phases)

    def sent(self) -> NDArray[np.float64]:
        """Return the bytes that each rank sends in all, shape ``(ranks,)``."""
        total = np.zeros(self.ranks)
        for step in self.phases:
            total += step.repeat * step.nbytes * np.bincount(step.src, minlength=self.ranks)
        return total

    def received(self) -> NDArray[np.float64]:
        """Return the bytes that each rank receives in all, shape ``(ranks,)``."""
        total = np.zeros(self.ranks)
        for step in self.phases:
            total += step.repeat * step.nbytes * np.bincount(step.dst, minlength=self.ranks)
        return total


def phase(src: Ranks, dst: Ranks, nbytes: float, repeat: int = 1) -> Phase:
    """Build a phase from anything that is an array of ranks; the size is rounded up to whole bytes."""
    whole = float(np.ceil(nbytes))
    return Phase(np.asarray(src, dtype=np.int64), np.asarray(dst, dtype=np.int64), whole, repeat)


def around(ranks: int, nbytes: float, turns: int, rings: Sequence[Sequence[int]] = ()) -> tuple[Phase, ...]:
    """Send a part of a buffer from each rank to its right neighbour, so many times; nothing for a single rank.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer, of which a message is the p-th part.
    turns : int
        Messages of each rank, one after another.
    rings : sequence of sequence of int
        Orders of all ranks, between which the buffer is divided; by default one, by number.
    """
    if ranks < 2:
        return ()
    if not rings:
        src = np.arange(ranks)
        return (phase(src, (src + 1) % ranks, nbytes / ranks, turns),)
    orders = np.asarray(rings, np.int64)
    if orders.shape[1:] != (ranks,) or (np.sort(orders, axis=1) != np.arange(ranks)).any():
        raise ValueError(f"a ring must hold each of the {ranks} ranks once")
    part = float(np.ceil(nbytes / (ranks * len(orders))))
    return (Phase(orders.ravel(), np.roll(orders, -1, axis=1).ravel(), part, turns, chained=True),)


def closed_form(plan: Plan, bandwidth: float, latency: float) -> float:
    """Return the time of a plan when nothing but its own ends holds a message up.

    ``sum over phases of repeat (latency + m nbytes / bandwidth)``, where ``m`` messages leave or reach the
    busiest rank of the phase: the alpha-beta model of Hockney (1994), exact where ranks are the only
    bottleneck.

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
    >>> there = phase([0, 1], [2, 2], 100.0)
    >>> back = phase([2], [0], 50.0, repeat=2)
    >>> closed_form(Plan(3, (there, back)), bandwidth=10.0, latency=1.0)
    33.0
    """
    return math.fsum(
        step.repeat * (latency + step.busiest() * step.nbytes / bandwidth) for step in plan.phases
    )


def binomial_levels(ranks: int) -> list[tuple[Ranks, Ranks]]:
    """Return (parents, children) of the binomial tree with root 0, level by level from the root.

    In each level the distance from parent to child halves; the subtree of a child at distance d is the
    ranks from it up to d further on, as far as there are so many.

    Examples
    --------
    >>> [(parents.tolist(), children.tolist()) for parents, children in binomial_levels(6)]
    [([0], [4]), ([0], [2]), ([0, 2, 4], [1, 3, 5])]
    """
    levels = []
    for bit in reversed(range((ranks - 1).bit_length())):
        children = np.arange(1 << bit, ranks, 2 << bit)
        levels.append((children - (1 << bit), children))
    return levels


def need_power_of_two(ranks: int) -> None:
    """Refuse a number of ranks that is no power of two.

    Raises
    ------
    ValueError
        With the nearest ones that are.
    """
    below = 1 << (ranks.bit_length() - 1)
    if ranks != below:
        raise ValueError(f"needs a power of two of ranks, such as {below} or {2 * below}, not {ranks}")


def vector_halving(ranks: int, nbytes: float, *, nearest_first: bool) -> Plan:
    """Plan an all-reduce by vector halving and doubling, over binary blocks where p is no power of two.

    Parameters
    ----------
    ranks : int
        Number of ranks p; 44 ranks form blocks of 32, 8 and 4. Each block reduces and scatters within
        itself, then its segments go to the next larger block, smallest block first, each rank's to several at once.
    nbytes : float
        Buffer S that every rank contributes.
    nearest_first : bool
        Whether halves of S go to the nearest partner (1, 2, 4 ... away) or to the farthest: for powers of two only.
    """
    blocks = _blocks(ranks)
    up = [_exchange(blocks, step, nbytes, nearest_first) for step in range(blocks[0][1].bit_length() - 1)]
    for (large, size), (small, few) in zip(blocks[-2::-1], blocks[:0:-1], strict=True):
        own = np.arange(size)
        # Halving nearest first leaves rank j the segment of j's reversed bits.
        up.append(phase(small + own % few, large + own, nbytes / size))
    down = [phase(step.dst, step.src, step.nbytes) for step in reversed(up)]
    return Plan(ranks, (*up, *down))


def _blocks(ranks: int) -> list[tuple[int, int]]:
    """Return (first rank, size) of the binary blocks, largest first."""
    blocks = []
    first = 0
    for bit in reversed(range(ranks.bit_length())):
        if ranks >> bit & 1:
            blocks.append((first, 1 << bit))
            first += 1 << bit
    return blocks


def _exchange(blocks: list[tuple[int, int]], step: int, nbytes: float, nearest_first: bool) -> Phase:
    """Swap halves of what is left with the partner of a step, in the blocks that have so many steps."""
    src, dst = [], []
    for first, size in blocks:
        if size > 1 << step:
            place = np.arange(size)
            src.append(first + place)
            dst.append(first + (place ^ (1 << step if nearest_first else size >> (step + 1))))
    return phase(np.concatenate(src), np.concatenate(dst), nbytes / (2 << step))


def _check(step: Phase, number: int, ranks: int) -> None:
    """Refuse a phase that cannot be."""
    reason = _wrong(step, ranks)
    if reason:
        raise ValueError(f"phase {number} {reason}")


def _wrong(step: Phase, ranks: int) -> str:
    """Say what is wrong with a phase; nothing where it is sound."""
    if step.src.ndim != 1 or step.src.shape != step.dst.shape or not step.src.size:
        return "needs equally many senders and receivers, at least one"
    lowest, highest = min(step.src.min(), step.dst.min()), max(step.src.max(), step.dst.max())
    faults = {
        f"names a rank outside 0..{ranks - 1}": lowest < 0 or highest >= ranks,
        "lets a rank send to itself": (step.src == step.dst).any(),
        f"has messages of {step.nbytes} bytes": not (step.nbytes >= 0 and float(step.nbytes).is_integer()),
        f"is repeated {step.repeat} times": step.repeat < 1,
    }
    return next((reason for reason, wrong in faults.items() if wrong), "")
