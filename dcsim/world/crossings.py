"""What a collective moves between groups of its ranks: across the uplinks of racks and of pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.collectives.plan import Plan

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Border", "Crossing", "Messages", "crossing", "messages"]


@dataclass(frozen=True, eq=False)
class Messages:
    """A plan as arrays: all messages of all phases.

    Parameters
    ----------
    src, dst, phase : ndarray of int64, shape (messages,)
        Ranks of each message, and its phase.
    nbytes, repeat, busiest : ndarray of float64, shape (phases,)
        Size of a message, equal phases in a row, messages of the busiest rank.
    """

    src: Ints
    dst: Ints
    phase: Ints
    nbytes: Floats
    repeat: Floats
    busiest: Floats


@dataclass(frozen=True, eq=False)
class Border:
    """A level at which ranks stand in groups, each behind one link up and one link down.

    Parameters
    ----------
    group : ndarray of int64, shape (ranks,)
        Group of each rank: 0, 1, 2, ...
    capacity : ndarray of float64, shape (2, groups)
        Of each group's links up and down (bytes/s); infinite where they cannot bind.
    """

    group: Ints
    capacity: Floats


@dataclass(frozen=True, eq=False)
class Crossing:
    """A collective seen from the borders.

    Parameters
    ----------
    nbytes : tuple of ndarray of float64, shape (2, groups)
        What the whole collective sends up and down, by border.
    cross_s : float
        Time of the phases in which anything crosses a link that can bind (s).
    total_s : float
        Time of all phases (s).
    """

    nbytes: tuple[Floats, ...]
    cross_s: float
    total_s: float


def messages(plan: Plan) -> Messages:
    """Return all messages of a plan as arrays."""
    phases = list(plan.phases)
    none = np.empty(0, np.int64)
    return Messages(
        np.concatenate([none, *(step.src for step in phases)]),
        np.concatenate([none, *(step.dst for step in phases)]),
        np.repeat(np.arange(len(phases)), [len(step.src) for step in phases]),
        np.array([step.nbytes for step in phases], np.float64),
        np.array([step.repeat for step in phases], np.float64),
        np.array([step.busiest() for step in phases], np.float64),
    )


def crossing(plan: Messages, borders: Sequence[Border], bandwidth: float, latency: float) -> Crossing:
    """Return what a plan sends across borders when nobody else is there.

    A phase takes ``latency + the largest of (bytes of its busiest rank / bandwidth, bytes over a link / capacity)``.

    Parameters
    ----------
    plan : Messages
        What is sent.
    borders : sequence of Border
        Where ranks stand.
    bandwidth : float
        Goodput of every rank, each way (bytes/s).
    latency : float
        Time of an empty message (s).

    Examples
    --------
    >>> from dcsim.collectives.plan import Plan, phase
    >>> swap = Plan(4, (phase([0, 1, 2, 3], [1, 0, 3, 2], 10.0), phase([0, 1, 2, 3], [2, 3, 0, 1], 10.0)))
    >>> racks = Border(np.array([0, 0, 1, 1]), np.full((2, 2), 5.0))
    >>> found = crossing(messages(swap), [racks], bandwidth=10.0, latency=0.0)
    >>> found.nbytes[0].tolist(), found.cross_s, found.total_s
    ([[20.0, 20.0], [20.0, 20.0]], 4.0, 5.0)
    """
    phases = len(plan.nbytes)
    seconds = plan.busiest * plan.nbytes / bandwidth
    crosses = np.zeros(phases, np.bool_)
    sums = []
    for border in borders:
        groups = border.capacity.shape[1]
        src, dst = border.group[plan.src], border.group[plan.dst]
        away = src != dst
        row = plan.phase[away] * groups
        counts = np.stack([np.bincount(row + end[away], minlength=phases * groups) for end in (src, dst)])
        sent = counts.reshape(2, phases, groups) * plan.nbytes[:, None]
        sums.append((sent * plan.repeat[:, None]).sum(axis=1))
        fills = (sent / border.capacity[:, None, :]).max(axis=(0, 2), initial=0.0)
        crosses |= fills > 0.0
        seconds = np.maximum(seconds, fills)
    taken = plan.repeat * (latency + seconds)
    return Crossing(tuple(sums), float(taken[crosses].sum()), float(taken.sum()))
