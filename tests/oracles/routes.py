"""Routes found the slow way: by walking over the names of links, and by trying every path of a small network."""

from __future__ import annotations

from collections import deque
from itertools import pairwise


def ends(topology, link: int) -> tuple[str, str]:
    """Return the nodes that a link leaves and enters, from its name."""
    prefix, colon, inside = topology.name(link).rpartition(": ")
    a, b = inside.split(" > ")
    return f"{prefix}{colon}{a}", f"{prefix}{colon}{b}"


def nodes_on(topology, links) -> list[str]:
    """Return the nodes along a route; consecutive links must meet."""
    pairs = [ends(topology, int(link)) for link in links]
    for (_, end), (begin, _) in pairwise(pairs):
        assert end == begin, pairs
    return [pairs[0][0], *(b for _, b in pairs)] if pairs else []


def shortest(topology, start: str, goal: str, failed=frozenset(), most: int = 10) -> list[tuple[int, ...]]:
    """Return every path of the fewest links, ``most`` at most, from one node to another; hosts pass nothing on."""
    leaving: dict[str, list[tuple[int, str]]] = {}
    for link in range(topology.links):
        if link not in failed:
            a, b = ends(topology, link)
            leaving.setdefault(a, []).append((link, b))
    found: list[tuple[int, ...]] = []
    waiting = deque([(start, ())])
    while waiting:
        node, path = waiting.popleft()
        if found and len(path) >= len(found[0]):
            break
        for link, other in leaving.get(node, ()):
            if other == goal:
                found.append((*path, link))
            elif not other.startswith("host") and len(path) + 1 < most:
                waiting.append((other, (*path, link)))
    return found


def mix(value: int) -> int:
    """One step of splitmix64 with Python's integers."""
    mask = (1 << 64) - 1
    z = (value + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)
