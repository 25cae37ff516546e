"""How full the nodes of a list get, by placement: the jobs of a trace come and never leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.confidence import interval
from dcsim.errors import InputError, Problem
from dcsim.job_replay.ground import NodeGround
from dcsim.job_replay.plugins import find
from dcsim.jobs.rows import joined
from dcsim.placements import placement as placements
from dcsim.world.fill import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.confidence import Interval
    from dcsim.job_replay.ground import Ground
    from dcsim.jobs.reading import JobTrace

__all__ = ["Filling", "fill_nodes"]


@dataclass(frozen=True)
class Filling:
    """What a placement allocates, over several orders of the jobs.

    Parameters
    ----------
    placement : str
        Its name.
    allocated, fragmented : Interval
        Parts of the GPUs that are allocated, and that are free where the mix of jobs cannot use them.
    refused : Interval
        Part of the jobs that found no place.
    """

    placement: str
    allocated: Interval
    fragmented: Interval
    refused: Interval


def fill_nodes(trace: JobTrace, ground: Ground, names: Sequence[str], *, seed: int, orders: int) -> list[Filling]:
    """Fill a cluster with every placement, in the same random orders of the jobs.

    Parameters
    ----------
    trace : JobTrace
        Whose jobs come, again and again, until they have asked for 1.2 times the GPUs that there are.
    ground : Ground
        The nodes.
    names : sequence of str
        Placements, or ``.py`` files of your own.
    seed : int
        Of the first order; the others have the numbers after it.
    orders : int
        How many orders.

    Raises
    ------
    InputError
        For unknown placements, slots without nodes, and jobs or nodes without GPUs.
    """
    problems: list[Problem] = []
    found = [each for name in names if (each := find(placements, name, problems)) is not None]
    if not isinstance(ground, NodeGround):
        problems.append(Problem.of_option("fill", "needs nodes, as --nodes 32x8"))
    if problems or not isinstance(ground, NodeGround):
        raise InputError(problems)
    blocks = list(trace.blocks())
    if not trace.largest or not ground.slots:
        message = "needs jobs that ask for GPUs, and nodes that have some"
        raise InputError([Problem.of_option("fill", message)])
    jobs, told = joined(blocks), []
    for each in found:
        fills = [fill(jobs, ground.inventory, each.call, seed=seed + number) for number in range(orders)]
        told.append(
            Filling(
                each.name,
                interval([one.share for one in fills]),
                interval([one.fragmented / one.slots for one in fills]),
                interval([one.refused / one.jobs for one in fills]),
            )
        )
    return told
