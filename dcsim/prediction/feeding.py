"""How fast a host hands samples to its GPUs, all at once."""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.spec.gpu_topology import GpuTopology

__all__ = ["feed_bandwidth"]


def feed_bandwidth(wiring: GpuTopology | None, devices: int) -> float:
    """Return the bytes/s that reach each of the first GPUs of a host from its memory at the same time.

    Each is fed from the nearest processor (a part called ``cpu0`` and so on), or from the part that the adapters hang
    on where the wiring tells no processor, and links are shared evenly.

    Parameters
    ----------
    wiring : GpuTopology, optional
        How the GPUs are joined; without one nothing binds.
    devices : int
        GPUs that are fed.

    Examples
    --------
    >>> from dcsim.spec.catalog import Catalog
    >>> feed_bandwidth(Catalog().load("gpu_topologies", "hybrid_cube_mesh_p100"), 8) / 1e9
    5.0
    """
    if wiring is None:
        return math.inf
    joined: dict[str, list[tuple[str, int]]] = {}
    for number, link in enumerate(wiring.links):
        joined.setdefault(link.a, []).append((link.b, number))
        joined.setdefault(link.b, []).append((link.a, number))
    sources = {name for name in joined if name.startswith("cpu")} or set(wiring.nics)
    ways = [_way(f"gpu{index}", sources, joined) for index in range(devices)]
    used = Counter(number for way in ways for number in way)
    rates = {
        number: wiring.wires[wiring.links[number].wire].bandwidth * wiring.links[number].count / times
        for number, times in used.items()
    }
    return min(rates.values(), default=math.inf)


def _way(start: str, ends: set[str], joined: dict[str, list[tuple[str, int]]]) -> list[int]:
    """Return the links of the shortest way from a GPU to one of the ends that crosses no other GPU."""
    before: dict[str, tuple[str, int]] = {start: (start, -1)}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here in ends:
            way = []
            while here != start:
                here, number = before[here]
                way.append(number)
            return way
        for there, number in joined[here]:
            if there not in before and not there.startswith("gpu"):
                before[there] = (here, number)
                waiting.append(there)
    return []
