"""The mix of requests, looked up."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.jobs.mix import mix_of


def weight(mix, kind, slots, share, cpus):
    at = [(int(s), float(p)) for s, p in zip(mix.slots, mix.share, strict=True)].index((slots, share))
    return mix.weight[kind, at, np.searchsorted(mix.cpus, cpus, side="right")]


def test_weights_by_cores_and_types():
    counts = {(1, 0.5, 2.0, ()): 4, (1, 0.5, 6.0, (1,)): 2, (2, 1.0, 6.0, (0, -1)): 1, (0, 1.0, 9.0, ()): 3}
    mix = mix_of(counts, 2, 8)
    halves = [weight(mix, kind, 1, 0.5, cpus) for kind in (0, 1) for cpus in (1.9, 2.0, 6.0)]
    assert halves == pytest.approx([0.0, 0.4, 0.4, 0.0, 0.4, 0.6])
    twos = [weight(mix, kind, 2, 1.0, cpus) for kind in (0, 1) for cpus in (5.9, 6.0)]
    assert twos == pytest.approx([0.0, 0.1, 0.0, 0.0])


def test_a_job_of_several_nodes_counts_as_one_of_the_largest():
    mix = mix_of({(32, 1.0, 64.0, ()): 1, (8, 1.0, 16.0, ()): 1}, 1, 8)
    assert mix.slots.tolist() == [8]
    assert mix.cpus.tolist() == [16.0]
    assert weight(mix, 0, 8, 1.0, 16.0) == 1.0


@pytest.mark.parametrize("counts", [{}, {(0, 1.0, 1.0, ()): 2}])
def test_nobody_asks_for_a_gpu(counts):
    mix = mix_of(counts, 1, 8)
    assert mix.weight.shape == (1, 0, 1)
