"""How full a cluster gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcsim.job_formats.openb import openb
from dcsim.jobs.block import JobBlock
from dcsim.jobs.inventory import read_nodes
from dcsim.jobs.rows import job_block
from dcsim.placements import placement
from dcsim.trace.source import Source
from dcsim.world.fill import fill

OPENB = Path(__file__).parents[4] / "shared" / "traces" / "openb_gpu_cluster"
published = pytest.mark.skipif(not OPENB.is_dir(), reason="the published pods are not beside the repository")


def jobs_of(slots, **more):
    count = len(slots)
    names = np.array([f"j{at}" for at in range(count)], object)
    return job_block(names, np.zeros(count), np.array(slots), np.ones(count), None, more)


def test_by_hand():
    # two nodes of four and jobs of three: one on each, and the next two are turned away
    filled = fill(jobs_of([3]), read_nodes("2x4"), placement.get("first_fit").call, seed=0, until=1.5)
    assert (filled.jobs, filled.refused, filled.slots) == (4, 2, 8)
    assert (filled.asked, filled.allocated, filled.share) == (12.0, 6.0, 0.75)
    assert filled.fragmented == 2.0  # nobody asks for less than three


def test_parts_of_gpus_count_as_parts():
    jobs = jobs_of([1], share=np.array([0.4]), cpus=np.zeros(1))
    filled = fill(jobs, read_nodes("1x2"), placement.get("best_fit").call, seed=0, until=1.0)
    assert (filled.jobs, filled.refused) == (5, 1)
    assert filled.allocated == pytest.approx(1.6)


def test_equal_seeds_equal_orders_whatever_the_placement():
    jobs, nodes = jobs_of([1, 2, 3, 4, 5, 6, 7, 8] * 3), read_nodes("6x8")
    runs = [fill(jobs, nodes, placement.get(name).call, seed=3) for name in ("random", "random", "best_fit")]
    assert runs[0] == runs[1]
    assert (runs[2].jobs, runs[2].asked) == (runs[0].jobs, runs[0].asked)
    assert runs[0] != fill(jobs, nodes, placement.get("random").call, seed=4)


def test_jobs_without_gpus_fill_nothing():
    with pytest.raises(ValueError, match="ask for GPUs"):
        fill(jobs_of([0], cpus=np.ones(1)), read_nodes("2x4"), placement.get("best_fit").call, seed=0)


def _pods(name) -> JobBlock:
    return next(iter(openb(Source(OPENB / f"openb_pod_list_{name}.csv"))))


@published
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pods", ["default", "multigpu50"])
def test_openb_is_filled_best_by_least_fragmentation(pods, seed):
    """Weng et al., USENIX ATC 2023: FGD allocates more than best fit, and both more than random."""
    nodes, jobs = read_nodes(OPENB / "openb_node_list_gpu_node.csv"), _pods(pods)
    names = ("random", "best_fit", "least_fragmentation")
    share = [fill(jobs, nodes, placement.get(name).call, seed=seed).share for name in names]
    assert share[0] + 0.03 < share[1] < share[2] < 1.0
