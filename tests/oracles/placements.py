"""Nodes GPU by GPU, each part held by a named job, and the fragment of a node by its definition, one request at a time.

Exact numbers (fractions) throughout.
"""

from __future__ import annotations

from fractions import Fraction

ONE = Fraction(1)


def parts_of(free):
    return [Fraction(part).limit_denominator(10**6) for part in free]


def hosts(parts, cpus, kind, request):
    """Whether a node with those free parts and cores, of that type, can take a whole request."""
    slots, share, cores, types = request
    if cores > cpus or (types and kind not in types):
        return False
    return sum(part >= share for part in parts) >= slots


def fragment_for(parts, cpus, kind, request):
    """What of a node's free GPUs a request cannot use: F_n(m) of Weng et al., USENIX ATC 2023."""
    if request[0] == 0 or not hosts(parts, cpus, kind, request):
        return sum(parts, Fraction(0))
    return sum((part for part in parts if part < request[1]), Fraction(0))


def fragment(parts, cpus, kind, counts):
    """The mean over a mix of requests, given as ``{(slots, share, cores, types): times}``."""
    made = sum(counts.values())
    parted = (fragment_for(parts, cpus, kind, request) * times for request, times in counts.items())
    return sum(parted, Fraction(0)) / made


def growth(parts, cpus, kind, counts, request):
    """The least growth of the fragment by a request, and the first GPU that gives it (None for whole ones)."""
    slots, share, cores, _ = request
    before = fragment(parts, cpus, kind, counts)
    if share == ONE:
        after, left = list(parts), slots
        for gpu, part in enumerate(after):
            if left and part == ONE:
                after[gpu], left = Fraction(0), left - 1
        return fragment(after, cpus - cores, kind, counts) - before, None
    best = None
    for gpu, part in enumerate(parts):
        if part >= share:
            after = [*parts[:gpu], part - share, *parts[gpu + 1 :]]
            grown = fragment(after, cpus - cores, kind, counts) - before
            if best is None or grown < best[0]:
                best = grown, gpu
    return best


class Cluster:
    """Who holds what of every GPU."""

    def __init__(self, sizes):
        self.gpus = [[{} for _ in range(size)] for size in sizes]

    def free_parts(self, node):
        return [ONE - sum(held.values(), Fraction(0)) for held in self.gpus[node]]

    def free(self, node):
        return sum(not held for held in self.gpus[node])

    def take(self, name, nodes, slots, gpu, share):
        if gpu >= 0:
            self.gpus[nodes[0]][gpu][name] = share
        else:
            for node, wanted in zip(nodes, slots, strict=True):
                empty = [held for held in self.gpus[node] if not held][:wanted]
                assert len(empty) == wanted, "more GPUs than are free"
                for held in empty:
                    held[name] = ONE
        assert all(part >= 0 for node in nodes for part in self.free_parts(node)), "a GPU held more than once"

    def give_back(self, name):
        for node in self.gpus:
            for held in node:
                held.pop(name, None)
