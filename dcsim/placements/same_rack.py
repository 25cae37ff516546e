"""All nodes of a job in one rack: the one with the least room that suffices, so that larger racks stay free.

A job waits for a rack, unless no rack could ever take it: then it gets as few racks as possible. A job of one node goes
to the node with the fewest free slots that suffices.
"""

from __future__ import annotations

from dcsim.jobs.groups import in_one_group
from dcsim.kernels.placement import LEAST_LEFT, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, most_of, on_one_node, state_of

__all__ = ["same_rack"]


@placement("same_rack")
def same_rack(request: Request, nodes: Nodes) -> Spots | None:
    """Return nodes of one rack, as few of them as possible."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        return found(request, *one_node(state, asked, LEAST_LEFT, 1.0, 0.0))
    room = rooms(state, asked)
    order = in_one_group(request.slots, room, most_of(request, nodes), nodes.rack, nodes.rack)
    return None if order is None else filled(request.slots, room, order)
