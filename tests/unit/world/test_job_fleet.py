"""Training racks of a shipped scenario as pools for jobs of a trace."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.collectives import collective
from dcsim.compute.device import gpu_device
from dcsim.compute.step import pass_times
from dcsim.placements import placement
from dcsim.resolve import resolve
from dcsim.schedulers import scheduler
from dcsim.spec.catalog import Catalog
from dcsim.world.fleet import build_fleet
from dcsim.world.job_fleet import USUAL_BATCH, fleet_pools
from dcsim.world.job_replay import JobWorld
from tests.unit.world.job_worlds import block


@pytest.fixture(scope="module")
def shipped():
    resolved = resolve("hpca18_day")
    return resolved, build_fleet(resolved.scenario.fleet, resolved.entry), Catalog()


def _pools(shipped, **options):
    resolved, fleet, catalog = shipped

    def model(name):
        return catalog.load("models", name) if name in ("resnet50", "alexnet") else None

    place, ring = placement.get("same_rack").call, collective.get("ring").call
    return fleet_pools(fleet, place, resolved.entry, model, ring, **options)


def test_pools_are_the_gpu_racks(shipped):
    fleet, pools = shipped[1], _pools(shipped)
    chosen = [pool for pool in fleet.pools if pool.role == "training" and pool.gpus_per_host]
    assert [(pool.server, pool.slots) for pool in pools] == [
        (pool.server, pool.hosts * pool.gpus_per_host) for pool in chosen
    ]
    nodes = pools[0].nodes.nodes
    assert nodes.size.tolist() == [chosen[0].gpus_per_host] * chosen[0].hosts
    assert len(np.unique(nodes.rack)) == chosen[0].racks
    site = list(fleet.regions.values())[chosen[0].region]
    hourly = chosen[0].price / chosen[0].lifetime + chosen[0].peak_power * site.pue * site.electricity_price
    assert pools[0].price == pytest.approx(hourly / chosen[0].gpus_per_host)


def test_speeds_are_ratios_of_step_times(shipped):
    resolved, _, catalog = shipped
    pools = _pools(shipped, reference="big_basin_v100")
    fast = next(pool for pool in pools if pool.server == "big_basin_v100")
    slow = next(pool for pool in pools if pool.server == "big_basin_p100")
    job = JobWorldJob("alexnet")
    times = [
        sum(pass_times(catalog.load("models", "alexnet"), gpu_device(resolved.entry("gpus", pool)), USUAL_BATCH))
        for pool in (resolved.entry("servers", "big_basin_v100").gpu, resolved.entry("servers", "big_basin_p100").gpu)
    ]
    assert fast.speed(job) == 1.0
    assert slow.speed(job) == pytest.approx(times[0] / times[1])
    assert slow.speed(JobWorldJob("nobody_knows_it")) == slow.speed(JobWorldJob("resnet50")) < 1.0


class JobWorldJob:
    """A job that says what it trains."""

    def __init__(self, model):
        self.model = model


def test_faster_pool_ends_a_job_earlier(shipped):
    pools = _pools(shipped, reference="big_basin_p100")
    fast = next(pool for pool in pools if pool.server == "big_basin_v100")
    plugin = scheduler.get("fastest_per_cost")
    (results,) = JobWorld([block((0, 8, 1000))], [fast], plugin.call).results()
    assert results.finish[0] == pytest.approx(1000.0 / fast.speed(JobWorldJob("")))
    assert results.finish[0] < 1000.0


def test_jobs_of_other_types_are_too_large(shipped):
    trace = block((0, 8, 10), (0, 8, 10), gpu_type=np.array(["big_basin_v100", "abacus"], object))
    (results,) = JobWorld([trace], _pools(shipped), scheduler.get("fifo").call).results()
    assert results.outcome.tolist() == [0, 3]
