"""Sources that come and go on one link, slowly: every combination counted."""

from __future__ import annotations

import itertools
import math


def max_min(caps, weights, capacity):
    """Return the max-min shares of one link: fill all alike until one is full, take it out, go on."""
    share = [0.0] * len(caps)
    open_ones = set(range(len(caps)))
    left = capacity
    while open_ones:
        level = left / math.fsum(weights[k] for k in open_ones)
        full = [k for k in open_ones if caps[k] <= weights[k] * level]
        for k in full or list(open_ones):
            share[k] = caps[k] if full else weights[k] * level
        if not full:
            return share
        left -= math.fsum(caps[k] for k in full)
        open_ones -= set(full)
    return share


def expected_shares(caps, weights, on, capacity):
    """Return the mean share of each source while it is on, over all combinations of the others."""
    total = [0.0] * len(caps)
    for here in itertools.product((False, True), repeat=len(caps)):
        chance = math.prod(p if there else 1.0 - p for p, there in zip(on, here, strict=True))
        if chance == 0.0 or not any(here):
            continue
        present = [k for k, there in enumerate(here) if there]
        shares = max_min([caps[k] for k in present], [weights[k] for k in present], capacity)
        for k, share in zip(present, shares, strict=True):
            total[k] += chance * share
    return [value / p for value, p in zip(total, on, strict=True)]
