"""Named random streams: equal names draw equal numbers, whatever else a scenario contains."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["Streams"]


class Streams:
    """Independent generators by name, all rooted in one seed.

    The stream of a name depends on the root seed and the name alone, so variants of a scenario that keep a service
    see the same arrivals for it: common random numbers.

    Parameters
    ----------
    seed : int
        Root seed.

    Examples
    --------
    >>> a, b = Streams(1), Streams(1)
    >>> _ = a["generators/ads"]  # touching another stream changes nothing
    >>> float(a["generators/search"].random()) == float(b["generators/search"].random())
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __getitem__(self, name: str) -> np.random.Generator:
        """Return a fresh generator at the beginning of the named stream."""
        digest = hashlib.sha256(name.encode()).digest()
        words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=words)))
