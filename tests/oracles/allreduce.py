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


def halving_doubling(ranks: int, farthest_first: bool = False) -> tuple[list[Vector], list[list[Message]], int]:
    """Binary blocks: a rank owns an interval, of which the lower of two partners keeps the lower half."""
    sizes = [1 << bit for bit in reversed(range(ranks.bit_length())) if ranks & 1 << bit]
    firsts = [sum(sizes[:i]) for i in range(len(sizes))]
    elements = sizes[0]
    vectors = start(ranks, elements)
    owned = {rank: range(elements) for rank in range(ranks)}
    steps = []
    halvings: list[list[tuple[int, int, range]]] = []
    for number in range(sizes[0].bit_length() - 1):
        moves = []
        kept = {}
        for first, size in zip(firsts, sizes, strict=True):
            if 2**number >= size:
                continue
            distance = size // 2 ** (number + 1) if farthest_first else 2**number
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
    feeds = []
    for i in reversed(range(len(sizes) - 1)):
        small = range(firsts[i + 1], firsts[i + 1] + sizes[i + 1])
        large = range(firsts[i], firsts[i] + sizes[i])
        receivers = {s: [r for r in large if set(owned[r]) <= set(owned[s])] for s in small}
        moves = [(s, receiver, owned[receiver], True) for s in small for receiver in receivers[s]]
        steps.append(send(vectors, moves))
        feeds.append(moves)
    back = [[(dst, src, segment, False) for src, dst, segment, _ in moves] for moves in reversed(feeds)]
    back += [[(src, dst, kept, False) for src, dst, kept in moves] for moves in reversed(halvings)]
    steps += [send(vectors, moves) for moves in back]
    return vectors, steps, elements


def halving_doubling_far(ranks: int) -> tuple[list[Vector], list[list[Message]], int]:
    return halving_doubling(ranks, farthest_first=True)


def binomial_tree(ranks: int) -> tuple[list[Vector], list[list[Message]], int]:
    """At distances 1, 2, 4 ... every rank that still holds a sum hands it to the one below that stays."""
    vectors = start(ranks, 1)
    up = []
    holding = list(range(ranks))
    while len(holding) > 1:
        up.append([(child, parent) for parent, child in zip(holding[::2], holding[1::2], strict=False)])
        holding = holding[::2]
    steps = [send(vectors, [(child, parent, range(1), True) for child, parent in pairs]) for pairs in up]
    steps += [send(vectors, [(parent, child, range(1), False) for child, parent in pairs]) for pairs in reversed(up)]
    return vectors, steps, 1


def hierarchical(ranks: int, local: int) -> tuple[list[Vector], list[list[Message]], int]:
    """One element for each rank: shard g of a box is elements ``g n .. (g + 1) n``, split over the n boxes."""
    boxes = ranks // local
    vectors = start(ranks, ranks)
    steps = []

    def shard(place: int) -> range:
        place %= local
        return range(place * boxes, (place + 1) * boxes)

    def inside(turn: int, ahead: int, reduce: bool) -> list[Message]:
        moves = []
        for rank in range(ranks):
            box, place = divmod(rank, local)
            moves.append((rank, box * local + (place + 1) % local, shard(place + ahead - turn), reduce))
        return send(vectors, moves)

    steps += [inside(turn, 0, True) for turn in range(local - 1)]
    for turn in range(2 * (boxes - 1)):
        reduce = turn < boxes - 1
        moves = []
        for rank in range(ranks):
            box, place = divmod(rank, local)
            mine = shard(place + 1)  # what a rank has summed after the ring inside its box
            part = (box - turn) % boxes if reduce else (box + 1 - (turn - boxes + 1)) % boxes
            moves.append((rank, (rank + local) % ranks, one(mine.start + part), reduce))
        steps.append(send(vectors, moves))
    steps += [inside(turn, 1, False) for turn in range(local - 1)]
    return vectors, steps, ranks


def parameter_server(ranks: int, servers: int) -> tuple[list[Vector], list[list[Message]], int]:
    """Servers start from nothing; all pushes leave at once, then all pulls."""
    workers = range(ranks - servers)
    shards = list(range(ranks - servers, ranks)) if servers else list(range(ranks))
    vectors = start(ranks, len(shards))
    for server in range(ranks - servers, ranks):
        vectors[server] = [frozenset()] * len(shards)
    pairs = [(worker, server) for worker in workers for server in shards if worker != server]
    place = {server: one(number) for number, server in enumerate(shards)}
    steps = [send(vectors, [(worker, server, place[server], True) for worker, server in pairs])]
    steps.append(send(vectors, [(server, worker, place[server], False) for worker, server in pairs]))
    return vectors[: len(workers)], [step for step in steps if step], len(shards)
