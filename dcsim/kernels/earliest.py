"""Which of many clocks rings next: a tournament whose rounds are replayed only along one path.

The leaves of a binary tree are the clocks; every inner node holds the earlier of its two, and the root the
earliest of all. A clock that is set anew replays one game a level (Knuth, The Art of Computer Programming 3,
section 5.4.1). Of two clocks that ring together the one with the lower number goes first, whatever was set before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.jit import kernel

__all__ = ["new_clocks", "set_clock"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def new_clocks(count: int) -> tuple[Floats, Ints]:
    """Clocks that never ring, and their tournament.

    Parameters
    ----------
    count : int
        Clocks wanted, at least 1.

    Returns
    -------
    time : float64[P]
        When each clock rings, inf: never. ``P`` is the power of two from ``count`` up.
    winner : int64[2 P]
        ``winner[1]`` is the clock that rings first.

    Examples
    --------
    >>> time, winner = new_clocks(3)
    >>> set_clock(time, winner, 2, 5.0)
    >>> set_clock(time, winner, 1, 5.0)
    >>> int(winner[1])
    1
    """
    places = 1
    while places < count:
        places *= 2
    winner = np.empty(2 * places, np.int64)
    for place in range(places):
        winner[places + place] = place
    for node in range(places - 1, 0, -1):
        winner[node] = winner[2 * node]
    winner[0] = 0
    return np.full(places, np.inf), winner


@kernel
def set_clock(time: Floats, winner: Ints, clock: int, rings: float) -> None:
    """Set when a clock rings and find anew which is first; ``time`` and ``winner`` are changed.

    Parameters
    ----------
    time, winner : array
        As from ``new_clocks``.
    clock : int
        Which one.
    rings : float
        Its new time, inf: never.
    """
    time[clock] = rings
    node = (time.size + clock) // 2
    while node > 0:
        left, right = winner[2 * node], winner[2 * node + 1]
        first = left if time[left] <= time[right] else right
        if first == winner[node] and first != clock:
            return  # neither was it first here before, nor is it now
        winner[node] = first
        node //= 2
