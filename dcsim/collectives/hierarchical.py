"""Hierarchical all-reduce: reduce-scatter inside each box, rings across boxes shard by shard, all-gather inside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import Phase, Plan, around, phase

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["hierarchical"]


@collective("hierarchical", operation="all_reduce")
def hierarchical(
    ranks: int, nbytes: float, *, local: int = 1, inside: Sequence[Sequence[int]] = ()
) -> Plan:
    """Plan an all-reduce in three parts: ``g - 1`` steps of ``S/g``, ``2 (n - 1)`` of ``S/p``, ``g - 1`` of ``S/g``.

    Rank i of every box (``g`` ranks to a box, ``n = p / g`` boxes) ends the first part with shard i of the
    box's sum; the ranks of equal place then reduce their shard around a ring across the boxes, all shards at
    once; each box gathers its shards at last. Time ``2 (g - 1) (a + S / (g B)) + 2 (n - 1) (a + S / (p B))``
    where inside and outside are alike; every rank sends ``2 (p - 1) / p S``, of which only ``2 (n - 1) / p S``
    leaves its box. This is the hierarchical all-reduce of Horovod and the two-level ring of Cho et al. 2019,
    "BlueConnect". Others differ: Goyal et al. 2017 sum each box into one buffer and let one leader a box do
    all the traffic; NCCL threads one ring through all boxes, or chains inside them below a tree.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S that every rank contributes.
    local : int
        Consecutive ranks g that share a box.
    inside : sequence of sequence of int
        Rings of the ranks of a box, each for an equal share of the buffer; by default one, by number.

    Returns
    -------
    Plan
        Three repeated phases; fewer with one box, or with one rank to a box.

    Raises
    ------
    ValueError
        When the boxes cannot be equally full.

    Examples
    --------
    >>> plan = hierarchical(8, 80.0, local=4)
    >>> [(step.repeat, step.nbytes) for step in plan.phases], float(plan.sent()[0])
    ([(3, 20.0), (2, 10.0), (3, 20.0)], 140.0)
    """
    if local < 1 or ranks % local:
        raise ValueError(f"{ranks} ranks do not fill boxes of {local}")
    boxes, rank = ranks // local, np.arange(ranks)
    turns = [_in_every_box(step, boxes, local) for step in around(local, nbytes, local - 1, inside)]
    across = [phase(rank, (rank + local) % ranks, nbytes / ranks, 2 * (boxes - 1))] if boxes > 1 else []
    return Plan(ranks, (*turns, *across, *turns))


def _in_every_box(step: Phase, boxes: int, local: int) -> Phase:
    """Return a phase among the ranks of one box as all boxes take it."""
    first = np.arange(boxes)[:, None] * local
    return replace(step, src=(first + step.src).ravel(), dst=(first + step.dst).ravel())
