"""One node of a job on every adapter before a second one, and adapters that other jobs use least.

Hosts of a sled share one adapter: ranks on the same one share its bandwidth. In every turn nodes with more room go
first, so that a job takes as few as it can.
"""

from __future__ import annotations

import numpy as np

from dcsim.jobs.groups import in_turn
from dcsim.kernels.placement import LEAST_LEFT, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, on_one_node, state_of

__all__ = ["one_per_nic"]


@placement("one_per_nic")
def one_per_nic(request: Request, nodes: Nodes) -> Spots | None:
    """Return nodes on as many adapters as possible; a job of one node goes where its adapter is used least."""
    asked, state = asked_of(request), state_of(nodes)
    alone = on_one_node(request, nodes)
    if alone and (request.slots == 0 or request.share < 1.0):
        return found(request, *one_node(state, asked, LEAST_LEFT, 1.0, 0.0))
    room = rooms(state, asked)
    busy = np.bincount(nodes.nic, weights=nodes.size - nodes.free)[nodes.nic]
    if not alone:
        return filled(request.slots, room, in_turn(room, busy, nodes.nic))
    enough = np.flatnonzero(room >= request.slots)
    return found(request, int(enough[np.argmin(busy[enough])])) if len(enough) else None
