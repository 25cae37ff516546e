"""Collectives that move parts without adding them up, done with sets of named parts.

Every rank has a set of parts; a message carries some of them, all of which its sender must have had when the
step began. Each function returns what every rank has in the end, and the messages, step by step:
``[[(src, dst, parts), ...], ...]``.
"""

from __future__ import annotations

Held = list[set]
Steps = list[list[tuple[int, int, int]]]


def carry(held: Held, moves: list[tuple[int, int, set]]) -> list[tuple[int, int, int]]:
    for src, _, parts in moves:
        assert parts <= held[src], f"rank {src} sends what it does not have"
    for _, dst, parts in moves:
        held[dst] |= parts
    return [(src, dst, len(parts)) for src, dst, parts in moves]


def all_gather(ranks: int) -> tuple[Held, Steps]:
    held = [{rank} for rank in range(ranks)]
    steps = []
    for turn in range(ranks - 1):
        moves = [(rank, (rank + 1) % ranks, {(rank - turn) % ranks}) for rank in range(ranks)]
        steps.append(carry(held, moves))
    return held, steps


def all_to_all(ranks: int) -> tuple[Held, Steps]:
    held = [{(rank, to) for to in range(ranks)} for rank in range(ranks)]
    steps = []
    for turn in range(1, ranks):
        pairs = [(rank, (rank + turn) % ranks) for rank in range(ranks)]
        steps.append(carry(held, [(src, dst, {(src, dst)}) for src, dst in pairs]))
    return held, steps


def gather(ranks: int) -> tuple[Held, Steps]:
    held = [{rank} for rank in range(ranks)]
    step = carry(held, [(rank, 0, {rank}) for rank in range(1, ranks)])
    return held, [step] if step else []


def scatter(ranks: int) -> tuple[Held, Steps]:
    held = [set(range(ranks))] + [set() for _ in range(ranks - 1)]
    step = carry(held, [(0, rank, {rank}) for rank in range(1, ranks)])
    return held, [step] if step else []


def broadcast_down_a_tree(ranks: int) -> tuple[Held, Steps]:
    held = [{"whole"}] + [set() for _ in range(ranks - 1)]
    steps = []
    distance = 1
    while distance < ranks:
        distance *= 2
    while distance > 1:
        distance //= 2
        senders = [rank for rank in range(0, ranks, 2 * distance) if rank + distance < ranks]
        steps.append(carry(held, [(rank, rank + distance, {"whole"}) for rank in senders]))
    return held, steps


def broadcast_in_parts(ranks: int) -> tuple[Held, Steps]:
    """Halve the ranks still to be served down to one each, then pass the parts on around the ring."""
    held = [set(range(ranks))] + [set() for _ in range(ranks - 1)]
    steps = []
    distance = 1
    while distance < ranks:
        distance *= 2
    while distance > 1:
        distance //= 2
        moves = []
        for rank in range(0, ranks, 2 * distance):
            served = set(range(rank + distance, min(rank + 2 * distance, ranks)))
            if served:
                moves.append((rank, rank + distance, served))
        steps.append(carry(held, moves))
    for turn in range(ranks - 1):
        moves = [(rank, (rank + 1) % ranks, {(rank - turn) % ranks}) for rank in range(ranks)]
        steps.append(carry(held, moves))
    return held, steps
