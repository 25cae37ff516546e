"""All nodes of a job in one pod, and in one rack of it where a rack has room.

A job waits for a pod, unless no pod could ever take it: then it gets as few pods as possible. A job of one node goes to
the node with the fewest free slots that suffices.
"""

from __future__ import annotations

from dcsim.jobs.groups import in_one_group
from dcsim.kernels.placement import LEAST_LEFT, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, most_of, on_one_node, state_of

__all__ = ["same_pod"]


@placement("same_pod")
def same_pod(request: Request, nodes: Nodes) -> Spots | None:
    """Return nodes of one rack if one has room, else of one pod, racks with the most room first."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        return found(request, *one_node(state, asked, LEAST_LEFT, 1.0, 0.0))
    room, most = rooms(state, asked), most_of(request, nodes)
    order = in_one_group(request.slots, room, most, nodes.pod, nodes.rack)
    if order is None:
        return None
    rack = in_one_group(request.slots, room, room, nodes.rack, nodes.rack)
    spots = None if rack is None else filled(request.slots, room, rack)
    if spots is not None and len(set(nodes.rack[spots.nodes].tolist())) == 1:
        return spots
    return filled(request.slots, room, order)
