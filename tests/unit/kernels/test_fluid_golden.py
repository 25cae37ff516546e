"""Flow traces whose ends were found by SimGrid, on the leaf-spine fabric that the reference describes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from dcsim.kernels.fluid import complete
from dcsim.kernels.jit import config

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "golden" / "flows"
HOSTS, PER_LEAF, LEAVES, SPINES = 256, 16, 16, 4
UP, DOWN = 2 * HOSTS, 2 * HOSTS + LEAVES * SPINES  # first link from a leaf to a spine, and from a spine to a leaf
CAPACITY = np.repeat([6.25e9, 12.5e9], [2 * HOSTS, 2 * LEAVES * SPINES])
FEW = 250  # flows that are enough for kernels that are not compiled

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference data does not lie beside the project")


def read(name):
    """Return the columns of a file, packed or not."""
    path = FOLDER / f"{name}.csv"
    with path.open() if path.exists() else gzip.open(f"{path}.gz", "rt") as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, unpack=True)


def routes(src, dst):
    """Return the links of each flow: host up, leaf to spine, spine to leaf, host down."""
    leaf, other, spine = src // PER_LEAF, dst // PER_LEAF, (src + dst) % SPINES
    links = np.stack([src, UP + leaf * SPINES + spine, DOWN + spine * LEAVES + other, HOSTS + dst], axis=1)
    crossed = np.stack([src != dst, leaf != other, leaf != other, src != dst], axis=1)
    return np.concatenate([[0], np.cumsum(crossed.sum(axis=1))]), links[crossed].astype(np.int32)


@pytest.mark.parametrize("name", ["poisson_1k", "hot_1k", "burst_1k", "poisson_10k", "poisson_100k"])
def test_ends_of_flows(name):
    _, src, dst, nbytes, ready = read(f"flows_{name}")
    _, start, finish = read(f"completions_{name}")
    known = len(ready)
    if config.DISABLE_JIT:  # flows that end before the first one left out starts
        if ready[FEW] == ready[0]:
            pytest.skip("all flows start at once: too many for kernels that are not compiled")
        known = FEW
    here = np.flatnonzero(finish[:known] <= ready[known]) if known < len(ready) else np.arange(known)
    assert here.size > 0
    assert start.tolist() == ready.tolist()
    first, link = routes(src[:known].astype(np.int64), dst[:known].astype(np.int64))
    ones, none = np.ones(known), np.empty(0)
    found, carried = complete(
        first, link, CAPACITY, nbytes[:known], ready[:known], ones, np.inf * ones, none, np.empty(0, np.int64), none
    )
    np.testing.assert_allclose((found - ready[:known])[here], (finish - start)[here], rtol=1e-10)
    assert carried.sum() == pytest.approx((nbytes[:known] * np.diff(first)).sum(), rel=1e-12)
