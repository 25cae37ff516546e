"""The node on which the job leaves the least that the workload cannot use: fragmentation gradient descent (FGD).

Weng et al., "Beware of fragmentation: scheduling GPU-sharing workloads with fragmentation gradient descent", USENIX ATC
2023: a job goes where the expected fragment, over the mix of requests made so far, grows least; of equal ones to the
first. A job of several nodes is placed part by part, each as
large as a node has room for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fragments import least_growth
from dcsim.kernels.placement import bytes_of, cores_of, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, found, on_one_node, state_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["least_fragmentation"]


@placement("least_fragmentation")
def least_fragmentation(request: Request, nodes: Nodes) -> Spots | None:
    """Return the node whose expected fragment grows least, and the GPU where the job asks for a part of one."""
    if on_one_node(request, nodes):
        best, _, gpus = _growth(request, nodes)
        return found(request, best, int(gpus[best]))
    room, need = rooms(state_of(nodes), asked_of(request)), request.slots
    if room.sum() < need:
        return None
    chosen, slots = [], []
    while need > 0:
        part = min(need, int(room.max()))
        cpus = cores_of(request.cpus, part, request.slots)
        memory = bytes_of(request.memory, part, request.slots)
        _, growth, _ = _growth(request._replace(slots=part, cpus=cpus, memory=memory), nodes)
        best = int(np.argmin(np.where(room >= part, growth, np.inf)))
        chosen.append(best)
        slots.append(part)
        room[best] = 0
        need -= part
    return Spots(np.array(chosen), np.array(slots))


def _growth(request: Request, nodes: Nodes) -> tuple[int, NDArray[np.float64], NDArray[np.int64]]:
    """Return the best node for a job on one node, the growth of the fragment by node, and the GPU by node."""
    mix, known = nodes.mix, nodes.memo.get((least_fragmentation, request))
    if known is None:
        none, parts = np.full(len(nodes.size), -1), np.zeros(nodes.size.max())
        known = asked_of(request), none, np.full(len(none), np.inf), none.copy(), parts
        nodes.memo[least_fragmentation, request] = known
    asked, seen, growth, gpus, parts = known
    best = least_growth(state_of(nodes), mix, asked, nodes.version, seen, growth, gpus, parts)
    return best, growth, gpus
