"""The node that has the most left over; a job of several nodes takes equally many slots of as many as possible.

The worst fit of the bin packing literature, which Kubernetes calls least allocated: load is spread, and big jobs find
no empty node. What is left over is counted as best fit counts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.placement import MOST_LEFT, one_node, rooms
from dcsim.placements import placement
from dcsim.placements.plan import Nodes, Request, Spots, asked_of, filled, found, on_one_node, scales, state_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["spread"]


@placement("spread")
def spread(request: Request, nodes: Nodes) -> Spots | None:
    """Return the node with the most left over, or the emptiest nodes with equally many slots each."""
    asked, state = asked_of(request), state_of(nodes)
    if on_one_node(request, nodes):
        return found(request, *one_node(state, asked, MOST_LEFT, *scales(nodes)))
    room = rooms(state, asked)
    order = np.argsort(-room, kind="stable")
    each = 1
    while np.minimum(room, each).sum() < request.slots:
        if each > room[order[0]]:
            return None
        each += 1
    return filled(request.slots, _level(room, each, request.slots, order), order)


def _level(room: NDArray[np.int64], each: int, slots: int, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return slots by node, ``each`` or one less where there is room, the emptiest nodes having one more."""
    level: NDArray[np.int64] = np.minimum(room, each - 1)
    more = order[room[order] >= each][: slots - int(level.sum())]
    level[more] += 1
    return level
