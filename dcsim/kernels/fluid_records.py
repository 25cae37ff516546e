"""Record types and state of the fluid network: links, classes of flows, their crossings, and flows.

Sizes: ``L`` links, ``C`` places for classes, ``E`` for crossings, ``M`` in the lists of the links, ``N`` for flows. A
*class* is all flows of one route whose caps are equal in units of weight. Its *level* is what each of its flows gets
per unit of weight, in bytes/s; a flow's rate is its weight times the level of its class. A *crossing* is one link on
the route of one class. Nothing here needs numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Records

__all__ = [
    "CHANGE", "CLASS", "CROSSING", "ENDED", "FLOW", "JOINED", "LINK", "NETWORK", "PENDING", "TALLY", "FluidState",
]  # fmt: skip

PENDING, JOINED, ENDED = range(3)
"""What a flow is at."""


def _dtype(numbers: str, integers: str, kind: type = np.int32) -> np.dtype[np.void]:
    """Return a record type of floats, and of integers after them."""
    types: tuple[tuple[str, type], ...] = ((numbers, np.float64), (integers, kind))
    return np.dtype([(name, each) for names, each in types for name in names.split()], align=True)


LINK = _dtype(
    "capacity level given rising peak highest",
    "first length front open edits touched listed classes",
)
"""One link, and its list ``members[first:first + length]`` of crossings by classes that have flows.

The ``front`` foremost of them are its to hold: by classes that it holds at its ``level``, bytes/s per unit of weight,
and by ``open`` that rise; their weights sum to ``rising``. The others are held elsewhere; ``given`` is what they take,
bytes/s, and ``highest`` a level that none of them is above. ``edits``: changes of the sums since they were last summed
anew; ``peak``: the largest that ``rising`` has been since. ``touched``: whether to look at the link again; entry
``listed`` of the list of such links stands in the record whose number is the entry's. ``classes`` that cross it, with
flows or without: so many places its list needs.
"""

CLASS = _dtype("weight level cap progress since end", "start stop home sweep")
"""One class: its crossings ``start`` to ``stop``, the sum of the ``weight`` of its flows, its ``level`` and the ``cap``
of it. A flow of unit weight had moved ``progress`` bytes at time ``since``; the first flow to end does so at a progress
of ``end``. ``home`` is the link that holds it, or what stands for none; ``sweep`` the last in which it was noted.
"""

TALLY = _dtype("carried peak", "flows users root")
"""More of a class: bytes ``carried`` by flows that are gone; ``peak``, its largest weight since that was last summed
anew; ``flows`` that share, and ``users`` with those still to start; ``root`` of its flows in order of end."""

CROSSING = _dtype("", "link owner place")
"""One link of the route of one class, ``owner``, and its ``place`` in the list of the link."""

FLOW = _dtype("amount ready weight began end finish", "owner state child next back")
"""One flow of class ``owner``, of an ``amount`` of bytes: it joined at a progress of ``began`` and ends at a progress
of ``end``. The last three integers are those of :mod:`dcsim.kernels.pairing`; of a free record, ``next`` is another
free one."""

CHANGE = _dtype("before", "owner")
"""A class whose level may have changed, and its level before."""

NETWORK = _dtype(
    "now",
    "touched changed filling sweep open due head tail ended flows idle free classes crossings crowded",
    np.int64,
)
"""Of the network as a whole: the time; entries in use of each list and heap, and of the queue those from ``head`` to
``tail``; number of the present ``sweep``; classes that rise (``open``). ``flows``: records ever used, ``idle`` of them
free again and ``free`` the first of these. Classes and crossings in use; whether a list of a link lacks places."""


class FluidState(NamedTuple):
    """Flows on links at one time, between two calls.

    Parameters
    ----------
    links : LINK[L]
    classes : CLASS[C]
    crossings : CROSSING[E]
    members : int32[M]
        Lists of the links, one after another: numbers of crossings.
    changed : CHANGE[C]
        Classes noted since levels were last settled.
    fill_keys : float64[L + C]
    fill_items, fill_place : int32[L + C]
        Heap of links, and of classes with a cap after them, by the level at which to look at them.
    tallies : TALLY[C]
    flows : FLOW[N]
    due_keys : float64[C]
    due_items, due_place : int32[C]
        Heap of classes by a time before which none of their flows ends.
    queue : int32[N]
        Flows that have not started, in order of start.
    ended : int32[N]
        Flows that have ended and were not yet told of, in order of end.
    table : int32[T]
        Classes by a hash of their route; -1 where there is none.
    moved : float64[L]
        Bytes carried by each link for classes that were forgotten.
    network : NETWORK[1]
    """

    links: Records
    classes: Records
    crossings: Records
    members: NDArray[np.int32]
    changed: Records
    fill_keys: NDArray[np.float64]
    fill_items: NDArray[np.int32]
    fill_place: NDArray[np.int32]
    tallies: Records
    flows: Records
    due_keys: NDArray[np.float64]
    due_items: NDArray[np.int32]
    due_place: NDArray[np.int32]
    queue: NDArray[np.int32]
    ended: NDArray[np.int32]
    table: NDArray[np.int32]
    moved: NDArray[np.float64]
    network: Records
