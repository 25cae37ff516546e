"""How full a cluster gets before nothing more finds a place: jobs come one after another and never leave.

The experiment of Weng et al., USENIX ATC 2023, section 6.2: what a placement leaves unallocated is what it fragmented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.engine.streams import Streams
from dcsim.jobs.block import LEFT_OUT
from dcsim.world.nodes import NodePool

if TYPE_CHECKING:
    from dcsim.jobs.block import JobBlock
    from dcsim.jobs.inventory import Inventory
    from dcsim.placements.plan import Place, Request

__all__ = ["Fill", "fill"]


@dataclass(frozen=True)
class Fill:
    """What became of the jobs.

    Parameters
    ----------
    jobs, refused : int
        Jobs that came, and those of them that found no place.
    slots : int
        GPUs of the cluster.
    asked, allocated : float
        GPUs that the jobs asked for, and that they got.
    fragmented : float
        Free GPUs that the mix of requests cannot use where they are, in the mean.
    """

    jobs: int
    refused: int
    slots: int
    asked: float
    allocated: float
    fragmented: float

    @property
    def share(self) -> float:
        """Return the part of the cluster that is allocated."""
        return self.allocated / self.slots


def fill(jobs: JobBlock, inventory: Inventory, place: Place, *, seed: int, until: float = 1.2) -> Fill:
    """Let the jobs of a trace come, again and again, until they have asked for more than the cluster has.

    Parameters
    ----------
    jobs : JobBlock
        The trace; only what its jobs ask for matters.
    inventory : Inventory
        The nodes, all free.
    place : Place
        The placement; one without a place is turned away.
    seed : int
        For the order of the jobs, which is the same for every placement, and for placements that draw lots.
    until : float
        GPUs to be asked for, as a part of the cluster's.

    Raises
    ------
    ValueError
        If no job asks for a GPU, or the cluster has none.
    """
    streams = Streams(seed)
    pool = NodePool(inventory, place, streams["placement"])
    requests = _requests(jobs, pool)
    each = np.array([request.slots * request.share for request in requests])
    if not each.sum() or not inventory.slots:
        raise ValueError("a cluster can be filled only with jobs that ask for GPUs that it has")
    asked = allocated = 0.0
    came = refused = 0
    while asked < until * inventory.slots:
        order = streams["fill"].permutation(len(requests))
        order = order[: int(np.searchsorted(asked + np.cumsum(each[order]), until * inventory.slots)) + 1]
        for at in order.tolist():
            spots = pool.place(requests[at])
            if spots is None:
                refused += 1
            else:
                pool.take(spots, requests[at])
                allocated += each[at]
        asked += float(each[order].sum())
        came += len(order)
    return Fill(came, refused, inventory.slots, asked, float(allocated), pool.fragmentation())


def _requests(jobs: JobBlock, pool: NodePool) -> list[Request]:
    """Return what every job asks for that says so."""
    known = jobs.left_out != LEFT_OUT.index("no_slots")
    count, more = len(jobs), jobs.more
    columns = (
        jobs.slots,
        more.get("share", np.ones(count)),
        more.get("cpus", np.zeros(count)),
        more.get("memory", np.zeros(count)),
        more.get("gpu_type", np.full(count, "", object)),
    )
    rows = zip(*(column[known].tolist() for column in columns), strict=True)
    return [
        pool.request(slots, share, cpus, memory, pool.type_codes(types)) for slots, share, cpus, memory, types in rows
    ]
