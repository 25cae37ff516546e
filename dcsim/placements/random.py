"""A node drawn by lot among all that have room; a job of several nodes fills nodes in an order drawn by lot."""

from __future__ import annotations

from dcsim.kernels.placement import drawn_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, on_one_node, state_of

__all__ = ["random"]


@placement("random")
def random(request: Request, nodes: Nodes) -> Spots | None:
    """Return a node drawn by lot, every one that has room being as likely, and one of its GPUs likewise."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        draw, draw_gpu = nodes.random.random(2)
        return found(request, *drawn_node(state, asked, draw, draw_gpu))
    return filled(request.slots, rooms(state, asked), nodes.random.permutation(len(nodes.size)))
