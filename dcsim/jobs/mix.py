"""The mix of requests of a workload: which kinds of request there are, and how often each is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.placement_records import MixTable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["mix_of"]


def mix_of(counts: Mapping[tuple[int, float, float, tuple[int, ...]], int], types: int, largest: int) -> MixTable:
    """Return the mix of requests as the kernels look it up.

    Memory is left out, as in the simulator of Weng et al. (2023).

    Parameters
    ----------
    counts : mapping
        How often each request was made, by (slots, share of each GPU, cores, codes of node types or none for any).
    types : int
        Number of node types.
    largest : int
        GPUs of the largest node; a job of more of them counts as one that asks for such a node.

    Returns
    -------
    MixTable
        Requests without GPUs have no kind of their own: they only make the weights of the others smaller.

    Examples
    --------
    >>> mix = mix_of({(1, 0.5, 4.0, ()): 3, (0, 1.0, 2.0, ()): 1}, types=1, largest=8)
    >>> mix.cpus.tolist(), mix.weight[0, 0].tolist()
    ([4.0], [0.0, 0.75])
    """
    made = sum(counts.values())
    parts = [
        (min(slots, largest), share, cpus * min(slots, largest) / slots, codes, count / made)
        for (slots, share, cpus, codes), count in counts.items()
        if slots > 0
    ]
    kinds = sorted({(slots, share) for slots, share, *_ in parts})
    place = {kind: at for at, kind in enumerate(kinds)}
    cores = np.unique(np.array([cpus for _, _, cpus, *_ in parts], np.float64))
    weight = np.zeros((max(types, 1), len(kinds), len(cores) + 1))
    for slots, share, cpus, codes, often in sorted(parts):
        enough = int(np.searchsorted(cores, cpus)) + 1
        for code in codes or range(len(weight)):
            if code >= 0:
                weight[code, place[slots, share], enough:] += often
    slots_of, share_of = np.array(kinds, np.float64).reshape(-1, 2).T
    return MixTable(slots_of.astype(np.int64), share_of.copy(), cores, weight)
