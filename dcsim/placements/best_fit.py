"""The node that has the least left over; a job of several nodes takes as few as possible.

What a node has left over is counted in GPUs (free parts too) and cores, each as a part of what the largest node has,
both alike: the best fit of Weng et al., USENIX ATC 2023, section 6.1. Of a node's GPUs, a job that asks for a part gets
the one with the least free part that suffices.
"""

from __future__ import annotations

import numpy as np

from dcsim.kernels.placement import LEAST_LEFT, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, on_one_node, scales, state_of

__all__ = ["best_fit"]


@placement("best_fit")
def best_fit(request: Request, nodes: Nodes) -> Spots | None:
    """Return the node with the least left over, or as few nodes as possible and the fullest one for what remains."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        return found(request, *one_node(state, asked, LEAST_LEFT, *scales(nodes)))
    room = rooms(state, asked)
    spots = filled(request.slots, room, np.argsort(-room, kind="stable"))
    if spots is None:
        return None
    rest = int(spots.slots[-1])
    open_ = room.copy()
    open_[spots.nodes[:-1]] = 0
    tight = np.where(open_ >= rest, open_, np.iinfo(np.int64).max)
    spots.nodes[-1] = int(np.argmin(tight))
    return spots
