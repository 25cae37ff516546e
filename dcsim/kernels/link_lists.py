"""What a link knows of the classes that cross it, kept up as they come, go and change.

Record types as in :mod:`dcsim.kernels.fluid_records`. The sums of a link are updated by what changes and summed anew
after as many changes as it has classes, or where subtraction has left few digits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = [
    "ABOVE", "BELOW", "CAP", "FEW_DIGITS", "OPEN", "STALE", "enter", "fill_level", "leave", "note", "reweigh",
    "to_back", "to_front", "touch",
]  # fmt: skip

CAP, OPEN = -1, -2
"""Homes of a class that no link holds: its own cap does, or nothing yet."""
TOLERANCE = 1e-12
ABOVE, BELOW = 1.0 + TOLERANCE, 1.0 - TOLERANCE  # levels that differ by less are the same
STALE = 1 << 30  # edits of a link whose sums must not be used
FEW_DIGITS = 1e-4  # of a sum that is left when others are taken off it: too little to be exact


@lean_kernel
def touch(links: Records, network: Record, one: int) -> None:
    """Put a link on the list of those to look at, once."""
    link = links[one]
    if link.touched == 0:
        link.touched = 1
        links[network.touched].listed = one
        network.touched += 1


@lean_kernel
def note(classes: Records, changed: Records, network: Record, c: int) -> None:
    """Write down the level of a class before its first change since levels were last settled."""
    cls = classes[c]
    if cls.sweep != network.sweep:
        cls.sweep = network.sweep
        change = changed[network.changed]
        change.owner = c
        change.before = cls.level
        network.changed += 1


@lean_kernel
def _burden(link: Record, weight: float) -> None:
    """Add a weight to what rises."""
    link.rising += weight
    link.peak = max(link.peak, link.rising)


@lean_kernel
def _lighten(link: Record, weight: float) -> None:
    """Take a weight off what rises; the front is already shorter by it."""
    link.rising -= weight
    if link.front == 0:
        link.rising = link.peak = 0.0
    elif link.rising < FEW_DIGITS * link.peak:
        link.edits = STALE


@lean_kernel
def _swap(crossings: Records, members: NDArray[np.int32], at: int, other: int) -> None:
    """Let two crossings change places in the list of their link."""
    one, two = members[at], members[other]
    members[at] = two
    crossings[two].place = at
    members[other] = one
    crossings[one].place = other


@lean_kernel
def to_back(link: Record, crossings: Records, members: NDArray[np.int32], e: int, weight: float, level: float) -> None:
    """Note that a class of the front is now held elsewhere, at a level."""
    link.front -= 1
    _swap(crossings, members, crossings[e].place, link.first + link.front)
    _lighten(link, weight)
    link.given += weight * level
    link.highest = max(link.highest, level)
    link.edits += 1


@lean_kernel
def to_front(link: Record, crossings: Records, members: NDArray[np.int32], e: int, weight: float, level: float) -> None:
    """Note that a class held elsewhere until now, at a level, is the link's to hold, or rises."""
    _swap(crossings, members, crossings[e].place, link.first + link.front)
    link.front += 1
    _burden(link, weight)
    link.given -= weight * level
    link.edits += 1
    if link.front == link.length:
        link.given = link.highest = 0.0


@lean_kernel
def enter(
    links: Records, classes: Records, crossings: Records, members: NDArray[np.int32], network: Record, c: int
) -> None:
    """Put a class on the lists of its links, rising from level 0."""
    cls = classes[c]
    for e in range(cls.start, cls.stop):
        one = crossings[e].link
        link = links[one]
        last = link.first + link.length
        members[last] = e
        crossings[e].place = last
        link.length += 1
        _swap(crossings, members, last, link.first + link.front)
        link.front += 1
        link.open += 1
        _burden(link, cls.weight)
        link.edits += 1
        touch(links, network, one)
    cls.home = OPEN
    network.open += 1


@lean_kernel
def leave(
    links: Records, classes: Records, crossings: Records, members: NDArray[np.int32], network: Record, c: int
) -> None:
    """Take a class, held by something, off the lists of its links."""
    cls = classes[c]
    for e in range(cls.start, cls.stop):
        one = crossings[e].link
        link = links[one]
        if crossings[e].place < link.first + link.front:
            link.front -= 1
            _swap(crossings, members, crossings[e].place, link.first + link.front)
            _lighten(link, cls.weight)
        else:
            link.given -= cls.weight * cls.level
        link.length -= 1
        _swap(crossings, members, crossings[e].place, link.first + link.length)
        link.edits += 1
        if link.front == link.length:
            link.given = link.highest = 0.0
        touch(links, network, one)


@lean_kernel
def reweigh(links: Records, classes: Records, crossings: Records, network: Record, c: int, weight: float) -> None:
    """Give another weight to a class that is on the lists of its links."""
    cls = classes[c]
    more = weight - cls.weight
    for e in range(cls.start, cls.stop):
        one = crossings[e].link
        link = links[one]
        link.edits += 1
        if crossings[e].place >= link.first + link.front:
            link.given += more * cls.level
        elif more > 0.0:
            _burden(link, more)
        else:
            _lighten(link, -more)
        touch(links, network, one)
    cls.weight = weight


@lean_kernel
def _sum_up(link: Record, classes: Records, crossings: Records, members: NDArray[np.int32]) -> None:
    """Sum anew what crosses a link."""
    given, rising, highest = 0.0, 0.0, 0.0
    border = link.first + link.front
    for at in range(link.first, border):
        rising += classes[crossings[members[at]].owner].weight
    for at in range(border, link.first + link.length):
        cls = classes[crossings[members[at]].owner]
        given += cls.weight * cls.level
        highest = max(highest, cls.level)
    link.given, link.rising, link.peak, link.highest = given, rising, rising, highest
    link.edits = 0


@lean_kernel
def _squeeze(link: Record, classes: Records, crossings: Records, members: NDArray[np.int32]) -> float:
    """Return the level at which a link is full when it also holds what rises above it elsewhere.

    The root of a concave, piecewise linear function, by Newton's method from below: each step is exact for the
    classes then below the level, so it ends when none is added to them.
    """
    border, behind = link.first + link.front, link.first + link.length
    total = link.rising
    for at in range(border, behind):
        total += classes[crossings[members[at]].owner].weight
    level = link.capacity / total
    while True:
        given, rising = 0.0, link.rising
        for at in range(border, behind):
            cls = classes[crossings[members[at]].owner]
            if cls.level <= level:
                given += cls.weight * cls.level
            else:
                rising += cls.weight
        if rising <= 0.0:
            return float(level)
        higher = (link.capacity - given) / rising
        if higher <= level:
            return float(level)
        level = higher


@lean_kernel
def fill_level(link: Record, classes: Records, crossings: Records, members: NDArray[np.int32]) -> float:
    """Return the level at which a link is full.

    Parameters
    ----------
    link : LINK
        Which.
    classes : CLASS[C]
    crossings : CROSSING[E]
    members : int32[M]
        Of the state.

    Returns
    -------
    float
        Bytes/s per unit of weight: that of the classes of the front once the link is full, others keeping their
        level where it is below; infinite where the link has no front and is not overloaded.
    """
    if link.edits > 2 * link.length + 64:
        _sum_up(link, classes, crossings, members)
    for _ in range(2):
        if link.front == 0:
            if link.given <= link.capacity * ABOVE:
                return math.inf
        else:
            level = (link.capacity - link.given) / link.rising
            if level >= link.highest * BELOW:
                return float(max(level, 0.0))
        if link.edits == 0:
            break
        _sum_up(link, classes, crossings, members)
    return _squeeze(link, classes, crossings, members)
