"""Sources that come and go on one link, slowly: every combination counted, and trainings acted out burst by burst."""

from __future__ import annotations

import itertools
import math

import numpy as np


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


def acted_out(computes, exchanges, bursts, capacity, steps, rng, spread=0.05):
    """Return the mean step of trainings that compute, then send one burst over a link, again and again.

    Every change of who sends is an event; between two, shares are max-min fair. Compute varies from step to step by
    ``spread``, so that no accident of the phases lasts.
    """
    count = len(computes)
    sends = [False] * count
    left = [float(rng.random() * compute) for compute in computes]
    done, now = [0] * count, 0.0
    while min(done) < steps:
        sending = [k for k in range(count) if sends[k]]
        speed = [1.0] * count
        wanted = [bursts[k] for k in sending]
        for k, share in zip(sending, max_min(wanted, wanted, capacity), strict=True):
            speed[k] = share
        first = min(range(count), key=lambda k: left[k] / speed[k])
        passed = left[first] / speed[first]
        now += passed
        left = [rest - passed * rate for rest, rate in zip(left, speed, strict=True)]
        if sends[first]:
            done[first] += 1
            left[first] = computes[first] * float(np.clip(rng.normal(1.0, spread), 0.5, 1.5))
        else:
            left[first] = exchanges[first] * bursts[first]
        sends[first] = not sends[first]
    return [now / each for each in done]
