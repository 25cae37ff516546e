"""Collectives as plans: which rank sends how much to which, in which order."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcsim.collectives.plan import Plan

__all__ = ["bus_factor", "collective", "operation_of", "plan_of"]

collective: Registry[Callable[..., Plan]] = Registry("collective", "dcsim.collectives")
"""Algorithms by name: ``(ranks, nbytes) -> Plan``, with keyword-only options, those of ``plan_of``.

``operation=`` at registration says what the algorithm computes: a key of ``bus_factor``; ``folds=`` how one that is
made for powers of two takes other numbers of ranks.
"""

_PASSES = {
    "all_reduce": 2.0,
    "reduce_scatter": 1.0,
    "all_gather": 1.0,
    "all_to_all": 1.0,
    "gather": 1.0,
    "scatter": 1.0,
}
_WHOLE = ("broadcast", "reduce")


def plan_of(
    name: str,
    ranks: int,
    nbytes: float,
    *,
    local: int = 1,
    servers: int = 0,
    rings: Sequence[Sequence[int]] = (),
    inside: Sequence[Sequence[int]] = (),
) -> Plan:
    """Return the plan of the algorithm ``name``; options go to the algorithms that declare them.

    Parameters
    ----------
    name : str
        Registered name.
    ranks : int
        Number of ranks p.
    nbytes : float
        Size S as nccl-tests counts it: the buffer of every rank (all-reduce, reduce-scatter and all-to-all
        before, all-gather after the operation), or the buffer of the root (broadcast, gather, scatter).
    local : int
        Consecutive ranks that share a box (``hierarchical``).
    servers : int
        The last ranks do nothing but serve parameters (``parameter_server``); 0: every rank serves a shard.
    rings : sequence of sequence of int
        Orders in which rings lead through all ranks (``ring``, ``all_gather``, ``reduce_scatter``).
    inside : sequence of sequence of int
        Orders in which rings lead through the ranks of a box (``hierarchical``).

    Raises
    ------
    UnknownPluginError
        When there is no such algorithm.
    ValueError
        When an option, the number of ranks or the size cannot hold.

    Examples
    --------
    >>> plan_of("hierarchical", 8, 80.0, local=4).steps(), plan_of("ring", 8, 80.0, local=4).steps()
    (8, 14)
    """
    if ranks < 1:
        raise ValueError(f"a collective needs at least one rank, not {ranks}")
    call = collective.get(name).call
    declared = inspect.signature(call).parameters
    options = {"local": local, "servers": servers, "rings": rings, "inside": inside}
    return call(ranks, nbytes, **{key: value for key, value in options.items() if key in declared})


def operation_of(name: str) -> str:
    """Return what the algorithm ``name`` computes: ``all_reduce`` where its registration does not say."""
    return str(collective.get(name).facts.get("operation", "all_reduce"))


def bus_factor(operation: str, ranks: int) -> float:
    """Return the bus bandwidth over the algorithm bandwidth ``S / time``, as nccl-tests define it.

    The share of S that each link must carry at least, so that bus bandwidths compare with those of links:
    ``2 (p - 1) / p`` for an all-reduce, ``(p - 1) / p`` where each part goes one way once, 1 from or to one
    root (NVIDIA, nccl-tests, ``doc/PERFORMANCE.md``).

    Parameters
    ----------
    operation : str
        What is computed; see ``operation_of``.
    ranks : int
        Number of ranks p.

    Raises
    ------
    ValueError
        When the operation is unknown.

    Examples
    --------
    >>> bus_factor("all_reduce", 8), bus_factor("all_gather", 8), bus_factor("broadcast", 8)
    (1.75, 0.875, 1.0)
    """
    if operation in _WHOLE:
        return 1.0
    if operation not in _PASSES:
        raise ValueError(f"unknown operation '{operation}'; known: {', '.join(sorted((*_PASSES, *_WHOLE)))}")
    return _PASSES[operation] * (ranks - 1) / ranks
