"""How a flow chooses among equally short paths: a documented hash, the same in every run and on every machine.

``hash``
    ``mix(mix(mix(src) + dst) + stage) mod ways``, where ``mix`` is one step of splitmix64 (Steele, Lea and Flood,
    OOPSLA 2014) in 64-bit arithmetic. Like the hash of a switch it depends on the ends alone, so that all flows
    between two hosts collide; ``stage`` tells the switches of one path apart.
``sum_modulo``
    ``(src + dst) mod ways``: no collisions for neighbouring pairs; easy to reproduce elsewhere.
``single``
    Always the first.

A flow whose way has failed (see ``Topology.routes``) takes the same number modulo those that are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import Routing

__all__ = ["choose", "draw", "mix"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return one step of splitmix64 from a state, elementwise.

    Examples
    --------
    >>> mix(np.array([0], np.uint64)).tolist()
    [16294208416658607535]
    """
    z = value + _STEP
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return np.asarray(z ^ (z >> np.uint64(31)))


def draw(routing: Routing, src: NDArray[np.int64], dst: NDArray[np.int64], stage: int = 0) -> NDArray[np.uint64]:
    """Return the number of each flow that is taken modulo its ways, shape (flows,)."""
    if routing == "single":
        return np.zeros(len(src), np.uint64)
    if routing == "sum_modulo":
        return (src + dst).astype(np.uint64)
    return mix(mix(mix(src.astype(np.uint64)) + dst.astype(np.uint64)) + np.full(len(src), stage, np.uint64))


def choose(
    routing: Routing,
    src: NDArray[np.int64],
    dst: NDArray[np.int64],
    ways: int,
    *,
    alive: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Return the way that each flow takes, 0 to ``ways - 1``, shape (flows,).

    Parameters
    ----------
    routing : {"hash", "sum_modulo", "single"}
        The rule.
    src, dst : ndarray of int64, shape (flows,)
        Ends of each flow.
    ways : int
        Equally short paths.
    alive : ndarray of bool, shape (flows, ways), optional
        Which of them are usable; a flow that has none keeps the way that it would take if all were.

    Examples
    --------
    >>> src, dst = np.array([0, 1]), np.array([5, 6])
    >>> choose("sum_modulo", src, dst, 4).tolist()
    [1, 3]
    >>> choose("sum_modulo", src, dst, 2, alive=np.array([[True, False], [False, False]])).tolist()
    [0, 1]
    """
    number = draw(routing, src, dst)
    chosen = (number % np.uint64(ways)).astype(np.int64)
    if alive is None:
        return chosen
    left = alive.sum(axis=1)
    wanted = (number % np.maximum(left, 1).astype(np.uint64)).astype(np.int64)
    nth = np.argmax(np.cumsum(alive, axis=1) == (wanted + 1)[:, None], axis=1)
    return np.where(left > 0, nth, chosen)
