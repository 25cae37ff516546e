"""Slow, obvious reckonings of stragglers: draws of normal numbers, and every split of a batch."""

from __future__ import annotations

import itertools

import numpy as np


def slowest(spread, workers, *, steps=1, persistence=0.0, rounds=100_000, seed=1):
    """Draw the times of workers round after round; return the mean of the largest over the mean, and its error."""
    rng = np.random.default_rng(seed)
    lasting = rng.standard_normal((rounds, workers)) * np.sqrt(persistence)
    fresh = rng.standard_normal((steps, rounds, workers)).mean(axis=0) * np.sqrt(1.0 - persistence)
    largest = (1.0 + spread * (lasting + fresh)).max(axis=1)
    return largest.mean(), largest.std() / np.sqrt(rounds)


def slowest_of(times, spread, *, rounds=100_000, seed=1):
    """Draw the times of unequal workers; return the mean of the largest, and its error."""
    drawn = np.random.default_rng(seed).normal(times, spread * np.asarray(times), (rounds, len(times))).max(axis=1)
    return drawn.mean(), drawn.std() / np.sqrt(rounds)


def best_split(rates, batch):
    """Try every split of a batch; return the shortest time."""
    splits = itertools.product(range(batch + 1), repeat=len(rates))
    return min(
        max(share / rate for share, rate in zip(split, rates, strict=True))
        for split in splits
        if sum(split) == batch
    )
