"""As few nodes as possible, and those of a larger job for itself alone, as Helios places jobs.

A job that the largest node could take goes to the node with the fewest free slots that suffices. A larger one gets
empty nodes, the largest first, and what remains on the node with the most free slots; without such a place it waits.
The first node of equal ones. Hu et al., "Characterization and prediction of deep learning workloads in large-scale GPU
datacenters", SC 2021, and the simulator published with it.
"""

from __future__ import annotations

import numpy as np

from dcsim.kernels.placement import LEAST_LEFT, most_whole, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, on_one_node, state_of

__all__ = ["consolidate"]


@placement("consolidate")
def consolidate(request: Request, nodes: Nodes) -> Spots | None:
    """Return the fullest node with room, or empty nodes and one more for what remains."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        return found(request, *one_node(state, asked, LEAST_LEFT, 1.0, 0.0))
    if most_whole(state, asked) < request.slots:
        return None
    room = rooms(state, asked)
    spots = filled(request.slots, room, np.argsort(-room, kind="stable"))
    if spots is None:
        return None
    shared = nodes.free[spots.nodes[:-1]] < nodes.size[spots.nodes[:-1]]
    return None if shared.any() else spots
