"""All-reduce done the slow way: vectors of contributions, moved segment by segment, one message at a time.

Every rank's vector has one entry per element; an entry is the frozenset of ranks whose contribution it
holds. Reducing is the union of disjoint sets (a contribution that arrives twice is an error), so a correct
all-reduce leaves every entry of every rank with all ranks. Each function returns the vectors and the
messages, step by step: ``[[(src, dst, elements), ...], ...]``. Written from the papers, without looking at
how dcsim plans them.
"""

from __future__ import annotations

Vector = list[frozenset[int]]
Message = tuple[int, int, int]


def start(ranks: int, elements: int) -> list[Vector]:
    return [[frozenset([rank])] * elements for rank in range(ranks)]


def add(one: frozenset[int], other: frozenset[int]) -> frozenset[int]:
    assert not one & other, "a contribution was added twice"
    return one | other


def send(vectors: list[Vector], moves: list[tuple[int, int, range, bool]]) -> list[Message]:
    """Carry out messages (src, dst, elements, reduce) that leave at the same time."""
    payloads = [[vectors[src][e] for e in elements] for src, _, elements, _ in moves]
    for (_, dst, elements, reduce), payload in zip(moves, payloads, strict=True):
        for e, value in zip(elements, payload, strict=True):
            vectors[dst][e] = add(vectors[dst][e], value) if reduce else value
    return [(src, dst, len(elements)) for src, dst, elements, _ in moves]


def one(element: int) -> range:
    return range(element, element + 1)


def ring(ranks: int) -> tuple[list[Vector], list[list[Message]], int]:
    elements = ranks
    vectors = start(ranks, elements)
    steps = []
    for turn in range(ranks - 1):  # reduce-scatter: rank r passes on segment r - turn
        moves = [(r, (r + 1) % ranks, one((r - turn) % ranks), True) for r in range(ranks)]
        steps.append(send(vectors, moves))
    for turn in range(ranks - 1):  # all-gather: rank r has finished segment r + 1
        moves = [(r, (r + 1) % ranks, one((r + 1 - turn) % ranks), False) for r in range(ranks)]
        steps.append(send(vectors, moves))
    return vectors, steps, elements


def recursive_doubling(ranks: int) -> tuple[list[Vector], list[list[Message]], int]:
    power = 1
    while 2 * power <= ranks:
        power *= 2
    rest = ranks - power
    vectors = start(ranks, 1)
    steps = []
    whole = range(1)
    if rest:
        steps.append(send(vectors, [(2 * i, 2 * i + 1, whole, True) for i in range(rest)]))
    real = {new: 2 * new + 1 if new < rest else new + rest for new in range(power)}
    distance = 1
    while distance < power:
        steps.append(send(vectors, [(real[new], real[new ^ distance], whole, True) for new in range(power)]))
        distance *= 2
    if rest:
        steps.append(send(vectors, [(2 * i + 1, 2 * i, whole, False) for i in range(rest)]))
    return vectors, steps, 1


def halving_doubling(ranks: int) -> tuple[list[Vector], list[list[Message]], int]:
    """Binary blocks: a rank owns an interval, of which the lower of two partners keeps the lower half."""
    sizes = [1 << bit for bit in reversed(range(ranks.bit_length())) if ranks & 1 << bit]
    firsts = [sum(sizes[:i]) for i in range(len(sizes))]
    elements = sizes[0]
    vectors = start(ranks, elements)
    owned = {rank: range(elements) for rank in range(ranks)}
    steps = []
    halvings: list[list[tuple[int, int, range]]] = []
    distance = 1
    while distance < sizes[0]:
        moves = []
        kept = {}
        for first, size in zip(firsts, sizes, strict=True):
            if distance >= size:
                continue
            for place in range(size):
                partner = place ^ distance
                own = owned[first + place]
                middle = own.start + len(own) // 2
                lower, upper = range(own.start, middle), range(middle, own.stop)
                keep, give = (lower, upper) if place < partner else (upper, lower)
                moves.append((first + place, first + partner, give, True))
                kept[first + place] = keep
        steps.append(send(vectors, moves))
        owned.update(kept)
        halvings.append([(src, dst, kept[src]) for src, dst, _, _ in moves])
        distance *= 2
    feeds = []
    for i in reversed(range(len(sizes) - 1)):
        small = range(firsts[i + 1], firsts[i + 1] + sizes[i + 1])
        large = range(firsts[i], firsts[i] + sizes[i])
        receivers = {s: [r for r in large if set(owned[r]) <= set(owned[s])] for s in small}
        for turn in range(sizes[i] // sizes[i + 1]):
            moves = [(s, receivers[s][turn], owned[receivers[s][turn]], True) for s in small]
            steps.append(send(vectors, moves))
            feeds.append(moves)
    back = [[(dst, src, segment, False) for src, dst, segment, _ in moves] for moves in reversed(feeds)]
    back += [[(src, dst, kept, False) for src, dst, kept in moves] for moves in reversed(halvings)]
    steps += [send(vectors, moves) for moves in back]
    return vectors, steps, elements
