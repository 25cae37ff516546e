"""Free slots over the time to come: those that running jobs promised to give back, less those that are reserved.

``times[:size]`` are the edges of reservations from now on; ``reserved[i]`` slots are reserved from ``times[i]`` to the
next edge, and ``base[i]`` slots would be free at ``times[i]`` without reservations. Between two edges the base only
rises, at moments that the tree of promises knows, so running jobs add no edges.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.job_instants import snap
from dcsim.kernels.slot_promises import first_with, up_to

if TYPE_CHECKING:
    from dcsim.kernels.job_records import Profile, Promises

__all__ = ["go_on", "hold", "least_until", "place", "take_now"]


@lean_kernel
def place(profile: Profile, size: int, promises: Promises, free: int, slots: int, walltime: float) -> float:
    """Return the first moment from which on so many slots are free for so long; infinite if there is none.

    Parameters
    ----------
    profile : Profile
        Reservations.
    size : int
        Edges in it, at least the first, which is now.
    promises : Promises
        Running jobs by promised end.
    free : int
        Slots that are free now.
    slots : int
        How many are wanted.
    walltime : float
        For how long, s; where 0, at that moment.
    """
    times, reserved, base = profile
    moment: float = times[0]
    end = snap(moment + walltime)
    i = 0
    inside = False
    while i < size and (times[i] <= moment or times[i] < end):
        wanted = slots + reserved[i]
        if inside or base[i] >= wanted:
            inside = False
            i += 1
            continue
        following = times[i + 1] if i + 1 < size else math.inf
        moment = first_with(promises, wanted - free)
        if moment < following:
            inside = True
        else:
            moment = following
            i += 1
        end = snap(moment + walltime)
    return moment


@lean_kernel
def _edge(profile: Profile, size: int, promises: Promises, free: int, moment: float) -> int:
    """Make an edge at a moment; return where it is, or where it was, less 1 and negative."""
    times, reserved, base = profile
    low, high = 0, size
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < moment:
            low = middle + 1
        else:
            high = middle
    if low < size and times[low] == moment:
        return -1 - low
    for i in range(size, low, -1):
        times[i], reserved[i], base[i] = times[i - 1], reserved[i - 1], base[i - 1]
    times[low], reserved[low], base[low] = moment, reserved[low - 1], free + up_to(promises, moment)
    return low


@lean_kernel
def hold(
    profile: Profile, size: int, promises: Promises, free: int, moment: float, slots: int, walltime: float
) -> int:  # fmt: skip
    """Reserve slots.

    Parameters
    ----------
    profile : Profile
        Reservations; written.
    size : int
        Edges in it.
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
        Edges in it after that.
    """
    end = snap(moment + walltime)
    if end == moment:
        return size
    first = _edge(profile, size, promises, free, moment)
    if first >= 0:
        size += 1
    else:
        first = -1 - first
    last = size
    if end < math.inf:
        last = _edge(profile, size, promises, free, end)
        if last >= 0:
            size += 1
        else:
            last = -1 - last
    for i in range(first, last):
        profile.reserved[i] += slots
    return size


@lean_kernel
def least_until(profile: Profile, size: int, free: int, end: float) -> int:
    """Return how many slots are free from now on until a moment.

    Parameters
    ----------
    profile : Profile
        Reservations.
    size : int
        Edges in it.
    free : int
        Slots that are free now.
    end : float
        The moment, s.
    """
    times, reserved, base = profile
    least: int = min(free, base[0] - reserved[0])
    i = 1
    while i < size and times[i] < end:
        least = min(least, base[i] - reserved[i])
        i += 1
    return least


@lean_kernel
def take_now(profile: Profile, size: int, slots: int, end: float, held: int) -> None:
    """Note that a job started now.

    Parameters
    ----------
    profile : Profile
        Reservations; written.
    size : int
        Edges in it.
    slots : int
        What the job holds.
    end : float
        Its promised end, s.
    held : int
        Slots that were reserved for it from now on to that end.
    """
    i = 0
    while i < size and profile.times[i] < end:
        profile.base[i] -= slots
        profile.reserved[i] -= held
        i += 1


@lean_kernel
def go_on(profile: Profile, size: int, promises: Promises, free: int, now: float) -> int:
    """Let time pass.

    Parameters
    ----------
    profile : Profile
        Reservations; written.
    size : int
        Edges in it.
    promises : Promises
        Running jobs by promised end.
    free : int
        Slots that are free now.
    now : float
        The time, s.

    Returns
    -------
    int
        Edges in it after that; the first is now.
    """
    times, reserved, base = profile
    past = 0
    while past + 1 < size and times[past + 1] <= now:
        past += 1
    if past > 0:
        for i in range(past, size):
            times[i - past], reserved[i - past], base[i - past] = times[i], reserved[i], base[i]
    times[0], base[0] = now, free + up_to(promises, now)
    return size - past
