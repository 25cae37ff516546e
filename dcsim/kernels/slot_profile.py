"""Free slots over the time to come: those that running jobs promised to give back, less those that are reserved.

The profile has an edge wherever a reservation begins or ends, the first now. From each edge to the next, ``reserved``
slots are reserved; ``base`` slots would be free at the edge without reservations. Between two edges the base only
rises, at moments that the tree of promises knows, so running jobs add no edges.

Edges lie in blocks of up to ``SPAN`` that are split when they are full; a search skips a block by the least and the
most slots that are free in it, and a reservation over whole blocks is noted once for each. ``order[:blocks]`` are the
blocks in use, by time; the others follow. ``slot_bounds`` tells a search where to begin.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.job_instants import snap
from dcsim.kernels.slot_bounds import forget
from dcsim.kernels.slot_promises import first_with, up_to

if TYPE_CHECKING:
    from dcsim.kernels.job_records import Profile, Promises

__all__ = ["SPAN", "begin_anew", "go_on", "hold", "least_until", "place", "take_now"]

SPAN = 256
"""Edges in a block at most."""
_NO_END = 1 << 62


@lean_kernel
def begin_anew(profile: Profile, base: int, now: float) -> int:
    """Forget all reservations; return the blocks in use.

    Parameters
    ----------
    profile : Profile
        Reservations; written.
    base : int
        Slots that are free now.
    now : float
        The time, s.
    """
    block = profile.order[0]
    at = block * SPAN
    profile.times[at], profile.reserved[at], profile.base[at] = now, 0, base
    profile.filled[block] = 1
    profile.more[block, 0], profile.more[block, 1] = 0, 0
    profile.least[block], profile.most[block] = base, _NO_END
    return 1


@lean_kernel
def _block_of(profile: Profile, blocks: int, moment: float) -> int:
    """Return the place in the order of the last block that begins no later than a moment; the first if none does."""
    low, high = 0, blocks - 1
    while low < high:
        middle = (low + high + 1) >> 1
        if profile.times[profile.order[middle] * SPAN] <= moment:
            low = middle
        else:
            high = middle - 1
    return low


@lean_kernel
def _from(profile: Profile, block: int, moment: float) -> int:
    """Return where in the arrays the first edge of a block at or after a moment is; one past the last if none is."""
    low = block * SPAN
    high = low + profile.filled[block]
    while low < high:
        middle = (low + high) >> 1
        if profile.times[middle] < moment:
            low = middle + 1
        else:
            high = middle
    return low


@lean_kernel
def _sum_up(profile: Profile, blocks: int, at: int) -> None:
    """Note the least and the most slots that are free in a block."""
    order, base, reserved, more = profile.order, profile.base, profile.reserved, profile.more
    block = order[at]
    first = block * SPAN
    last = first + profile.filled[block] - 1
    least = base[first] - reserved[first]
    most = least
    for i in range(first, last):
        least = min(least, base[i + 1] - reserved[i + 1])
        most = max(most, base[i + 1] - reserved[i])
    added = more[block, 1] - more[block, 0]
    profile.least[block] = least + added
    profile.most[block] = _NO_END
    if at + 1 < blocks:
        following = order[at + 1]
        ceiling = base[following * SPAN] + more[following, 1] - reserved[last] - more[block, 0]
        profile.most[block] = max(most + added, ceiling)


@lean_kernel
def _split(profile: Profile, blocks: int, at: int) -> int:
    """Move the second half of a block into one of its own; return the blocks in use."""
    if blocks == 1:
        forget(profile.bounds)
    order, more, half = profile.order, profile.more, SPAN >> 1
    block, fresh = order[at], order[blocks]
    for i in range(blocks, at + 1, -1):
        order[i] = order[i - 1]
    order[at + 1] = fresh
    old, new = block * SPAN + half, fresh * SPAN
    for i in range(half):
        profile.times[new + i] = profile.times[old + i]
        profile.reserved[new + i], profile.base[new + i] = profile.reserved[old + i], profile.base[old + i]
    profile.filled[block], profile.filled[fresh] = half, half
    more[fresh, 0], more[fresh, 1] = more[block, 0], more[block, 1]
    _sum_up(profile, blocks + 1, at)
    _sum_up(profile, blocks + 1, at + 1)
    return blocks + 1


@lean_kernel
def _edge(profile: Profile, blocks: int, promises: Promises, free: int, moment: float) -> int:
    """Make sure that there is an edge at a moment; return the blocks in use."""
    times, reserved, base = profile.times, profile.reserved, profile.base
    at = _block_of(profile, blocks, moment)
    if profile.filled[profile.order[at]] == SPAN:
        blocks = _split(profile, blocks, at)
        at = _block_of(profile, blocks, moment)
    block = profile.order[at]
    here = _from(profile, block, moment)
    end = block * SPAN + profile.filled[block]
    if here < end and times[here] == moment:
        return blocks
    for i in range(end, here, -1):
        times[i], reserved[i], base[i] = times[i - 1], reserved[i - 1], base[i - 1]
    times[here], reserved[here] = moment, reserved[here - 1]
    base[here] = free + up_to(promises, moment) - profile.more[block, 1]
    profile.filled[block] += 1
    return blocks


@lean_kernel
def _add(profile: Profile, blocks: int, begin: float, end: float, reserved: int, base: int) -> None:
    """Add to what is reserved and to the base at all edges from a moment until before another."""
    order, times = profile.order, profile.times
    at = _block_of(profile, blocks, begin)
    profile.steps[0] -= SPAN
    while at < blocks and times[order[at] * SPAN] < end:
        block = order[at]
        first, last = block * SPAN, block * SPAN + profile.filled[block]
        if begin <= times[first] and times[last - 1] < end:
            profile.more[block, 0] += reserved
            profile.more[block, 1] += base
            profile.least[block] += base - reserved
            profile.most[block] += base - reserved
        else:
            for i in range(_from(profile, block, begin), _from(profile, block, end)):
                profile.reserved[i] += reserved
                profile.base[i] += base
            _sum_up(profile, blocks, at)
        profile.steps[0] -= 1
        at += 1


@lean_kernel
def place(
    profile: Profile, blocks: int, promises: Promises, free: int, slots: int, walltime: float, earliest: float
) -> float:  # fmt: skip
    """Return the first moment from which on so many slots are free for so long; infinite if there is none.

    Parameters
    ----------
    profile : Profile
        Reservations.
    blocks : int
        Blocks of it in use.
    promises : Promises
        Running jobs by promised end.
    free : int
        Slots that are free now.
    slots : int
        How many are wanted.
    walltime : float
        For how long, s; where 0, at that moment.
    earliest : float
        It is known that there is none before, s.
    """
    order, times = profile.order, profile.times
    moment = max(earliest, times[order[0] * SPAN])
    if moment == math.inf:
        return float(moment)
    at = _block_of(profile, blocks, moment)
    first = _from(profile, order[at], moment)
    if first == order[at] * SPAN + profile.filled[order[at]] or times[first] > moment:
        first -= 1
    while at < blocks:
        block = order[at]
        profile.steps[0] -= 1
        if times[first] > moment and times[first] >= snap(moment + walltime):
            break
        following = times[order[at + 1] * SPAN] if at + 1 < blocks else math.inf
        if profile.least[block] < slots:
            if profile.most[block] < slots:
                moment = following
            else:
                moment = _place_within(profile, block, first, following, promises, free, slots, walltime, moment)
        at += 1
        first = order[at] * SPAN if at < blocks else 0
    return float(moment)


@lean_kernel
def _place_within(
    profile: Profile, block: int, first: int, following: float, promises: Promises, free: int, slots: int,
    walltime: float, moment: float,
) -> float:  # fmt: skip
    """Return the first moment that the edges of a block from one on leave possible; where the block ends if none is."""
    times, reserved, base = profile.times, profile.reserved, profile.base
    more_reserved, more_base = profile.more[block, 0], profile.more[block, 1]
    last = block * SPAN + profile.filled[block] - 1
    profile.steps[0] -= last - first
    end = snap(moment + walltime)
    for i in range(first, last + 1):
        if times[i] > moment and times[i] >= end:
            break
        wanted = slots + reserved[i] + more_reserved
        if base[i] + more_base >= wanted:
            continue
        until = following
        if i < last:
            until = times[i + 1]
            if base[i + 1] + more_base < wanted:
                moment = until
                end = snap(moment + walltime)
                continue
        moment = min(until, max(moment, first_with(promises, wanted - free)))
        end = snap(moment + walltime)
    return moment


@lean_kernel
def hold(
    profile: Profile, blocks: int, promises: Promises, free: int, moment: float, slots: int, walltime: float
) -> int:  # fmt: skip
    """Reserve slots.

    Parameters
    ----------
    profile : Profile
        Reservations, with room for two more blocks; written.
    blocks : int
        Blocks of it in use.
    promises : Promises
        Running jobs by promised end.
    free : int
        Slots that are free now.
    moment : float
        From when on, s; nothing is reserved where it is infinite, or the walltime 0.
    slots : int
        How many.
    walltime : float
        For how long, s.

    Returns
    -------
    int
        Blocks in use after that.
    """
    end = snap(moment + walltime)
    if end == moment:
        return blocks
    blocks = _edge(profile, blocks, promises, free, moment)
    if end < math.inf:
        blocks = _edge(profile, blocks, promises, free, end)
    _add(profile, blocks, moment, end, slots, 0)
    return blocks


@lean_kernel
def least_until(profile: Profile, blocks: int, free: int, end: float) -> int:
    """Return how many slots are free from now on until a moment.

    Parameters
    ----------
    profile : Profile
        Reservations.
    blocks : int
        Blocks of it in use.
    free : int
        Slots that are free now.
    end : float
        The moment, s.
    """
    order, times = profile.order, profile.times
    now, more = order[0] * SPAN, profile.more[order[0]]
    least: int = min(free, profile.base[now] + more[1] - profile.reserved[now] - more[0])
    at = 0
    while at < blocks and times[order[at] * SPAN] < end:
        block = order[at]
        profile.steps[0] -= 1
        if profile.least[block] < least:
            added = profile.more[block, 1] - profile.more[block, 0]
            for i in range(block * SPAN, _from(profile, block, end)):
                least = min(least, profile.base[i] - profile.reserved[i] + added)
        at += 1
    return least


@lean_kernel
def take_now(profile: Profile, blocks: int, slots: int, end: float, held: int) -> None:
    """Note that a job started now.

    Parameters
    ----------
    profile : Profile
        Reservations; written.
    blocks : int
        Blocks of it in use.
    slots : int
        What the job holds.
    end : float
        Its promised end, s.
    held : int
        Slots that were reserved for it from now on to that end.
    """
    _add(profile, blocks, -math.inf, end, -held, -slots)


@lean_kernel
def go_on(profile: Profile, blocks: int, promises: Promises, free: int, now: float) -> int:
    """Let time pass.

    Parameters
    ----------
    profile : Profile
        Reservations; written.
    blocks : int
        Blocks of it in use.
    promises : Promises
        Running jobs by promised end.
    free : int
        Slots that are free now.
    now : float
        The time, s.

    Returns
    -------
    int
        Blocks in use after that; the first edge is now.
    """
    times, reserved, base, order = profile.times, profile.reserved, profile.base, profile.order
    while blocks > 1 and times[order[1] * SPAN] <= now:
        gone = order[0]
        for i in range(1, blocks):
            order[i - 1] = order[i]
        blocks -= 1
        order[blocks] = gone
    block = order[0]
    first, last = block * SPAN, block * SPAN + profile.filled[block]
    past = 0
    while first + past + 1 < last and times[first + past + 1] <= now:
        past += 1
    if past > 0:
        for i in range(first + past, last):
            times[i - past], reserved[i - past], base[i - past] = times[i], reserved[i], base[i]
        profile.filled[block] -= past
    times[first], base[first] = now, free + up_to(promises, now) - profile.more[block, 1]
    _sum_up(profile, blocks, 0)
    return blocks
