"""All-reduce over two binary trees, one chunk at a time: the trees by recursion, the steps by looking who is ready.

A rank may hand a chunk up only when the chunks of all its children have come in, and down only when it has
the whole sum. Chunks leave in order, one a step on each edge. No formula of the plan is used: the up side is
as late as the lockstep of the deepest rank asks, the down side as early as the data allow.
"""

from __future__ import annotations

Message = tuple[int, int]


def tree(ranks: int) -> dict[int, int]:
    """Return child -> parent of the tree in order of rank: 0 on top of the biggest power of two, and so on."""
    parents: dict[int, int] = {}

    def grow(parent: int, low: int, high: int, span: int) -> None:
        """Hang the ranks between low and high below the parent; a subtree of so wide a span has its middle on top."""
        while low + span >= high and span > 0:
            span //= 2
        if low + 1 >= high:
            return
        top = low + span
        parents[top] = parent
        grow(top, low, top, span // 2)
        grow(top, top, high, span // 2)

    span = 1
    while 2 * span < ranks:
        span *= 2
    grow(0, 0, ranks, span)
    return parents


def second(parents: dict[int, int], ranks: int) -> dict[int, int]:
    """Return the tree in which the leaves of the first pass data on: mirrored, or shifted for odd numbers."""
    if ranks % 2:
        return {(child + 1) % ranks: (parent + 1) % ranks for child, parent in parents.items()}
    return {ranks - 1 - child: ranks - 1 - parent for child, parent in parents.items()}


def depth(parents: dict[int, int], rank: int) -> int:
    return 1 + depth(parents, parents[rank]) if rank in parents else 0


def one_tree(parents: dict[int, int], ranks: int, chunks: int) -> list[list[Message]]:
    """Carry the chunks out, asserting that nobody sends what it does not have; return the messages by step."""
    height = max(depth(parents, rank) for rank in range(ranks))
    held = [[frozenset([rank])] * chunks for rank in range(ranks)]
    everyone = frozenset(range(ranks))
    below = {rank: [child for child, parent in parents.items() if parent == rank] for rank in range(ranks)}

    def covered(rank: int) -> frozenset[int]:
        return frozenset([rank]).union(*(covered(child) for child in below[rank]))

    subtree = {rank: covered(rank) for rank in range(ranks)}
    up, down = dict.fromkeys(parents, 0), dict.fromkeys(parents, 0)
    steps: list[list[Message]] = []
    while any(down[rank] < chunks for rank in parents):
        moves = []
        for child, parent in parents.items():
            number = up[child]
            if number < chunks and len(steps) >= height - depth(parents, child):
                assert held[child][number] == subtree[child], "sent before all children were heard"
                moves.append((child, parent, number, True))
            number = down[child]
            if number < chunks and held[parent][number] == everyone:
                moves.append((parent, child, number, False))
        payloads = [held[src][number] for src, _, number, _ in moves]
        for (src, dst, number, upwards), payload in zip(moves, payloads, strict=True):
            assert not upwards or not held[dst][number] & payload, "a contribution was added twice"
            held[dst][number] = held[dst][number] | payload if upwards else payload
            (up if upwards else down)[src if upwards else dst] += 1
        steps.append([(src, dst) for src, dst, _, _ in moves])
    assert all(chunk == everyone for chunks_of in held for chunk in chunks_of)
    return steps


def double_binary_tree(ranks: int, chunks: int) -> list[list[Message]]:
    """Return the messages of both trees by step, sorted; each is one chunk of half of the buffer."""
    first = tree(ranks)
    pair = (one_tree(first, ranks, chunks), one_tree(second(first, ranks), ranks, chunks))
    return [sorted(one + other) for one, other in zip(*pair, strict=True)]
