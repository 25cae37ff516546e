from __future__ import annotations

import numpy as np
import pytest

from dcsim.network.ecmp import choose, draw, mix
from tests.oracles import routes as oracle

SRC, DST = (part.ravel() for part in np.meshgrid(np.arange(64), np.arange(64), indexing="ij"))


def test_mix_is_splitmix64():
    values = [0, 1, 2**63, 2**64 - 1, 123456789]
    assert mix(np.array(values, np.uint64)).tolist() == [oracle.mix(value) for value in values]


def test_hash_is_the_documented_one():
    src, dst = np.array([0, 7, 100_000]), np.array([5, 7, 3])
    for stage in (0, 2):
        expected = [
            oracle.mix((oracle.mix((oracle.mix(a) + b) % 2**64) + stage) % 2**64)
            for a, b in zip(src.tolist(), dst.tolist(), strict=True)
        ]
        assert draw("hash", src, dst, stage).tolist() == expected
    ways = [oracle.mix(oracle.mix((oracle.mix(a) + b) % 2**64)) % 6 for a, b in ((0, 5), (7, 7), (100_000, 3))]
    assert choose("hash", src, dst, 6).tolist() == ways


@pytest.mark.parametrize("ways", [2, 4, 7, 16])
def test_hash_spreads_pairs_evenly(ways):
    taken = np.bincount(choose("hash", SRC, DST, ways), minlength=ways)
    mean = len(SRC) / ways
    assert np.abs(taken - mean).max() < 5 * np.sqrt(mean)
    back = choose("hash", DST, SRC, ways)
    assert (choose("hash", SRC, DST, ways) != back).mean() > 0.4  # there and back are drawn apart


def test_other_rules():
    assert choose("sum_modulo", SRC, DST, 5).tolist() == ((SRC + DST) % 5).tolist()
    assert not choose("single", SRC, DST, 5).any()


@pytest.mark.parametrize("routing", ["hash", "sum_modulo", "single"])
def test_what_has_failed_is_avoided_where_something_is_left(routing):
    rng = np.random.default_rng(4)
    alive = rng.random((len(SRC), 6)) < 0.4
    intact = choose(routing, SRC, DST, 6)
    numbers = [int(number) for number in draw(routing, SRC, DST)]
    for flow, way in enumerate(choose(routing, SRC, DST, 6, alive=alive).tolist()):
        left = np.flatnonzero(alive[flow])
        assert way == (left[numbers[flow] % len(left)] if len(left) else intact[flow])


def test_nothing_changes_where_nothing_has_failed():
    everything = np.ones((len(SRC), 3), bool)
    assert (choose("hash", SRC, DST, 3, alive=everything) == choose("hash", SRC, DST, 3)).all()
