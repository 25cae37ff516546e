"""What is free where the jobs of a trace cannot use it, over time: the fragment of Weng et al. (2023)."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from dcsim.world.job_nodes import PlacedPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.world.member import MemberPool

__all__ = ["Fragments"]

_AGE = 1e-3
"""Largest part of the time gone by for which a fragment is taken to stay as it was."""


class Fragments:
    """The integral of the fragment over time, at a cost that grows with the logarithm of a long replay.

    The fragment is worked out for every span that is a thousandth of the replay so far or longer; of spans shorter than
    that, for the last of as many as make a thousandth.

    Parameters
    ----------
    pools : sequence of MemberPool
        The pools; those whose slots are only counted have no fragments.
    """

    def __init__(self, pools: Sequence[MemberPool]) -> None:
        self._pools = [pool for pool in pools if isinstance(pool, PlacedPool)]
        self._slot_s = 0.0
        self._begin = inf
        self._known_at = -inf
        self._fragment = 0.0

    @property
    def slot_s(self) -> float | None:
        """Return the integral until now, slot-seconds; None where slots are only counted."""
        return self._slot_s if self._pools else None

    def pass_time(self, now: float, until: float) -> None:
        """Add up a span in which nothing happens."""
        if not self._pools:
            return
        self._begin = min(self._begin, now)
        if until - self._known_at >= _AGE * (until - self._begin):
            self._fragment = sum(pool.fragmentation() for pool in self._pools)
            self._known_at = until
        self._slot_s += (until - now) * self._fragment
