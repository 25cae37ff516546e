"""The first node that has room; a job of several nodes fills one after another, in the order of the inventory."""

from __future__ import annotations

import numpy as np

from dcsim.kernels.placement import FIRST, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, on_one_node, state_of

__all__ = ["first_fit"]


@placement("first_fit")
def first_fit(request: Request, nodes: Nodes) -> Spots | None:
    """Return the first node with room, or the first nodes with enough room together."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        return found(request, *one_node(state, asked, FIRST, 0.0, 0.0))
    return filled(request.slots, rooms(state, asked), np.arange(len(nodes.size)))
