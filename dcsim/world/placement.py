"""Which host each rank of a collective is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PLACEMENTS", "Placement", "place"]

Placement = Literal["contiguous", "strided"]
"""Ranks fill one adapter after the other, or are dealt out to the adapters in turn."""
PLACEMENTS: tuple[Placement, ...] = ("contiguous", "strided")
"""Both placements, the default first."""


def place(ranks: int, hosts_per_nic: int, taking_part: int, placement: Placement) -> NDArray[np.int64]:
    """Return the host of each rank, where ``hosts_per_nic`` consecutive hosts share an adapter.

    Parameters
    ----------
    ranks : int
        How many; on as few adapters as they need.
    hosts_per_nic : int
        Hosts of one adapter.
    taking_part : int
        The first so many of them hold a rank.
    placement : {"contiguous", "strided"}
        How ranks follow one another: ``contiguous`` fills adapter after adapter; ``strided`` puts rank i on place
        ``i div A`` of adapter ``i mod A`` of A, so that neighbours are on different adapters.

    Raises
    ------
    ValueError
        Where more hosts of an adapter are to take part than it has.

    Examples
    --------
    >>> place(8, 4, 4, "strided").tolist()
    [0, 4, 1, 5, 2, 6, 3, 7]
    >>> place(4, 4, 2, "contiguous").tolist()
    [0, 1, 4, 5]
    """
    if not 1 <= taking_part <= hosts_per_nic:
        raise ValueError(f"{taking_part} hosts of an adapter that has {hosts_per_nic} cannot take part")
    rank, adapters = np.arange(ranks), -(-ranks // taking_part)
    if placement == "strided":
        return rank % adapters * hosts_per_nic + rank // adapters
    return rank // taking_part * hosts_per_nic + rank % taking_part
