"""Max-min fair levels, solved again only where they change.

Levels are max-min fair where every class either is at its cap, or crosses a link, its *home*, that is full and on
which no class has a higher level (Bertsekas and Gallager, "Data Networks", section 6.5.2). After a change, the links
concerned are looked at in order of the level at which something happens on them, lowest first:

- a link is full below the level at which it holds its classes, or with classes that rise: it *fills*, and what is
  above that level on it stops there, be it taken from another home;
- a link holds classes at a level at which it is no longer full: it *lifts* them all to the level at which it is, where
  no other link and no cap says otherwise, or else *releases* them, to rise until the first link on their routes fills.

Whatever changes the sums of a link brings it back on the list. A change at one level concerns only levels above, so
each link is passed about once, and nothing is touched but the links of classes that change. Nothing is assumed: at the
end the condition holds on every link, since it holds where nothing was changed and was checked where something was.

Record types and the meaning of arguments as in :class:`dcsim.kernels.fluid_records.FluidState`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.heap import insert, move, remove
from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.link_lists import ABOVE, BELOW, CAP, OPEN, fill_level, note, to_back, to_front, touch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["settle"]

_PASSES = 64
"""Passes for each link and class before ``settle`` gives up; a few are usual."""


@lean_kernel
def _attention(link: Record, full: float) -> float:
    """Return the level at which something happens on a link that is full at a level; infinite where nothing does."""
    if link.front == link.open:
        return full
    if link.level * BELOW <= full <= link.level * ABOVE:
        return float(link.level) if link.open > 0 else math.inf
    return float(min(full, link.level))


@lean_kernel
def _look(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    keys: NDArray[np.float64],
    items: NDArray[np.int32],
    place: NDArray[np.int32],
    network: Record,
) -> None:
    """Look at the links that were touched, and give each its place in the heap."""
    for i in range(network.touched):
        one = links[i].listed
        link = links[one]
        link.touched = 0
        key = math.inf
        if link.front > 0 or link.given > link.capacity:
            key = _attention(link, fill_level(link, classes, crossings, members))
        if place[one] >= 0:
            if key < math.inf:
                move(keys, items, place, network.filling, one, key)
            else:
                network.filling = remove(keys, items, place, network.filling, one)
        elif key < math.inf:
            network.filling = insert(keys, items, place, network.filling, one, key)
    network.touched = 0


@lean_kernel
def _stop(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    changed: Records,
    network: Record,
    c: int,
    level: float,
    home: int,
) -> None:
    """Hold a class at a level, by a link or by its cap."""
    cls = classes[c]
    note(classes, changed, network, c)
    rose = cls.home == OPEN
    for e in range(cls.start, cls.stop):
        one = crossings[e].link
        link = links[one]
        front = crossings[e].place < link.first + link.front
        if rose:
            link.open -= 1
        if one == home:
            if not front:
                to_front(link, crossings, members, e, cls.weight, cls.level)
        elif front:
            to_back(link, crossings, members, e, cls.weight, level)
            if not rose:
                touch(links, network, one)
        else:
            link.given += cls.weight * (level - cls.level)
            link.highest = max(link.highest, level)
            link.edits += 1
            touch(links, network, one)
    if rose:
        network.open -= 1
    cls.home = home
    cls.level = level


@lean_kernel
def _fill(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    changed: Records,
    network: Record,
    one: int,
    level: float,
) -> None:
    """Stop at a level what is its link's to hold, and what is above it there."""
    link = links[one]
    most = level * ABOVE
    at = link.first
    while at < link.first + link.length:
        c = crossings[members[at]].owner
        cls = classes[c]
        if at < link.first + link.front:
            if cls.home != one or cls.level != level:
                _stop(links, classes, crossings, members, changed, network, c, level, one)
        elif link.highest <= most:
            break
        elif cls.level > most:
            _stop(links, classes, crossings, members, changed, network, c, level, one)
        at += 1
    link.level = level


@lean_kernel
def _shift(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    network: Record,
    one: int,
    more: float,
) -> float:
    """Add to the level of the classes that a link holds, in the sums of their other links; return the least cap."""
    link = links[one]
    level = link.level + more
    cap = math.inf
    for at in range(link.first, link.first + link.front):
        cls = classes[crossings[members[at]].owner]
        cap = min(cap, cls.cap)
        for e in range(cls.start, cls.stop):
            if crossings[e].link != one:
                other = links[crossings[e].link]
                other.given += cls.weight * more
                other.highest = max(other.highest, level)
                other.edits += 1
                touch(links, network, crossings[e].link)
    return cap


@lean_kernel
def _lift(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    changed: Records,
    network: Record,
    one: int,
    level: float,
) -> bool:
    """Raise all classes that a link holds to a level, unless something else would hold one of them below it."""
    link = links[one]
    if link.open > 0:
        return False
    more = level - link.level
    free = _shift(links, classes, crossings, members, network, one, more) >= level
    for i in range(network.touched):  # nothing else was touched since the last look
        if not free:
            break
        other = links[links[i].listed]
        if other.front > 0:
            free = other.capacity - other.given >= other.rising * level * BELOW
        else:
            free = other.given <= other.capacity * ABOVE
    if not free:
        _shift(links, classes, crossings, members, network, one, -more)
        return False
    for at in range(link.first, link.first + link.front):
        c = crossings[members[at]].owner
        note(classes, changed, network, c)
        classes[c].level = level
    link.level = level
    return True


@lean_kernel
def _move_home(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    network: Record,
    c: int,
    home: int,
) -> None:
    """Let a class go from its home to another at the same level, or let it rise."""
    cls = classes[c]
    for e in range(cls.start, cls.stop):
        one = crossings[e].link
        link = links[one]
        if home == OPEN:
            link.open += 1
            if one != cls.home:
                to_front(link, crossings, members, e, cls.weight, cls.level)
            touch(links, network, one)
        elif one == cls.home:
            to_back(link, crossings, members, e, cls.weight, cls.level)
            touch(links, network, one)
        elif one == home:
            to_front(link, crossings, members, e, cls.weight, cls.level)
            touch(links, network, one)
    if home == OPEN:
        network.open += 1
    cls.home = home


@lean_kernel
def _release(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    changed: Records,
    keys: NDArray[np.float64],
    items: NDArray[np.int32],
    place: NDArray[np.int32],
    network: Record,
    one: int,
) -> None:
    """Let the classes that a link holds rise, where nothing else holds them at the same level."""
    link = links[one]
    most = link.level * ABOVE
    for at in range(link.first + link.front - 1, link.first - 1, -1):  # moves concern places behind alone
        c = crossings[members[at]].owner
        cls = classes[c]
        if cls.home != one:
            continue
        home = OPEN
        for e in range(cls.start, cls.stop):
            other = links[crossings[e].link]
            if crossings[e].link != one and other.front > other.open and other.level <= most:
                home = crossings[e].link
                break
        note(classes, changed, network, c)
        _move_home(links, classes, crossings, members, network, c, home)
        if home == OPEN and cls.cap < math.inf and place[links.size + c] < 0:
            network.filling = insert(keys, items, place, network.filling, links.size + c, cls.cap)


@lean_kernel
def _calm(links: Records, items: NDArray[np.int32], place: NDArray[np.int32], network: Record) -> bool:
    """Empty the heap and return True if nothing rises and no link of the heap holds classes or is overloaded."""
    if network.open > 0:
        return False
    for i in range(network.filling):
        if items[i] < links.size:
            link = links[items[i]]
            if link.front > 0 or link.given > link.capacity:
                return False
    for i in range(network.filling):
        place[items[i]] = -1
    network.filling = 0
    return True


@lean_kernel
def settle(
    links: Records,
    classes: Records,
    crossings: Records,
    members: NDArray[np.int32],
    changed: Records,
    keys: NDArray[np.float64],
    items: NDArray[np.int32],
    place: NDArray[np.int32],
    network: Record,
) -> None:
    """Make levels max-min fair again after links were touched; classes whose level changes are noted.

    Parameters
    ----------
    links, classes, crossings, members, changed
        See :class:`~dcsim.kernels.fluid_records.FluidState`.
    keys, items, place
        Its heap of links to fill.
    network : NETWORK
        Of the state.

    Raises
    ------
    RuntimeError
        After more passes than any system can need: rather an error than an endless loop over a tie.
    """
    _look(links, classes, crossings, members, keys, items, place, network)
    passes, enough = 0, _PASSES * (links.size + classes.size) + _PASSES**2
    while network.filling > 0 and not _calm(links, items, place, network):
        passes += 1
        if passes > enough:
            raise RuntimeError("fair levels do not settle")
        item, key = items[0], keys[0]
        if item >= links.size:
            network.filling = remove(keys, items, place, network.filling, item)
            c = item - links.size
            if classes[c].home == OPEN:
                _stop(links, classes, crossings, members, changed, network, c, key, CAP)
        else:
            link = links[item]
            full = fill_level(link, classes, crossings, members)
            at = _attention(link, full)
            if key < at < math.inf:
                move(keys, items, place, network.filling, item, at)
                continue
            network.filling = remove(keys, items, place, network.filling, item)
            if at == math.inf:
                continue
            if link.front == link.open or full < link.level * BELOW:
                _fill(links, classes, crossings, members, changed, network, item, full)
            elif full <= link.level * ABOVE:
                _fill(links, classes, crossings, members, changed, network, item, link.level)
            elif (network.filling > 0 and keys[0] < full) or not _lift(
                links, classes, crossings, members, changed, network, item, full
            ):
                _release(links, classes, crossings, members, changed, keys, items, place, network, item)
        _look(links, classes, crossings, members, keys, items, place, network)
