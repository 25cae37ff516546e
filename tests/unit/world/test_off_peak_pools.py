"""What elastic groups are worth on a pool, by hand: four hosts to a NIC, steps that grow with sharing and size."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from dcsim.learning.asynchrony import averaged_examples
from dcsim.world.off_peak_pools import elastic_pools, ranks_per_nic, samples_ratio

POOL = SimpleNamespace(kind="single_socket", hosts=400, hosts_per_nic=4, gpus_per_host=0)
OTHER = SimpleNamespace(kind="gpu", hosts=10, hosts_per_nic=1, gpus_per_host=8)


def recipe(**changes):
    fields = {
        "server_kind": "single_socket", "batch_per_device": 100, "sync_every": 5, "restart_time": 60.0,
        "on_notice": "checkpoint",
    }  # fmt: skip
    return SimpleNamespace(**{**fields, **changes})


def harvest(placement="spread", **changes):
    fields = {"hosts_per_job": 40, "groups": (1, 8, 20), "offered": (0.5, 2.0), "critical_batch": {}}
    spec = SimpleNamespace(**{**fields, **changes})
    return SimpleNamespace(elastic=spec, placement=placement, recipes={"single_socket": "lent"})


def cost(pool, sharing, hosts):
    step = 1.0 if hosts == 1 else 1.0 + 0.25 * sharing
    return SimpleNamespace(step_s=step, checkpoint_s=2.0 * sharing)


def test_one_rank_on_each_nic_before_any_has_two():
    """Ten groups on 100 NICs: of 8 hosts each, 80 ranks; of 20, 200; of 60, more than four on each."""
    sharing = [ranks_per_nic(POOL, 10, hosts, 1.0, spread=True) for hosts in (1, 8, 10, 11, 20, 30, 60)]
    assert sharing == [1, 1, 1, 2, 2, 3, 4]
    assert [ranks_per_nic(POOL, 10, hosts, 1.0, spread=False) for hosts in (1, 3, 8)] == [1, 3, 4]
    assert ranks_per_nic(POOL, 10, 20, 2.0, spread=True) == 1  # twice the hosts come with twice the NICs
    assert ranks_per_nic(POOL, 10, 20, 0.1, spread=True) == 2  # fewer on offer leave the NICs of the others free


def test_progress_of_a_group_is_what_synchronising_and_the_batch_leave():
    terms = harvest(critical_batch={"single_socket": 1000.0})
    (pool,) = elastic_pools([POOL, OTHER], terms, {"single_socket": recipe()}, cost)
    assert (pool.index, pool.recipe, pool.groups, pool.restart_s, pool.saves) == (0, "lent", 10, 60.0, True)
    assert pool.hosts_per_nic.tolist() == [[1, 1, 2], [1, 1, 1]]
    assert pool.step_s.tolist() == [[1.0, 1.25, 1.5], [1.0, 1.25, 1.25]]
    assert tuple(pool.rates[0, 1]) == (1.0, 1.0, 0.0, 0.0, 2.0)
    eight = pool.rates[0, 2]
    samples = (1.0 + 8 * 100 * 5 / 1000) / (1.0 + 100 / 1000)
    assert eight.useful == pytest.approx(8 / 1.25 / samples)
    assert eight.synchronisation == pytest.approx(8 - 8 / 1.25)
    assert (pool.rates["useful"] + pool.rates["synchronisation"] + pool.rates["learning"])[:, 1:].tolist() == [
        pytest.approx([1.0, 8.0, 20.0])
    ] * 2
    assert pool.rates["checkpoint_time"][0].tolist() == [0.0, 2.0, 2.0, 4.0]


def test_without_a_critical_batch_every_sample_counts_the_same():
    (pool,) = elastic_pools([POOL], harvest(), {"single_socket": recipe(on_notice="drop")}, cost)
    assert not pool.saves
    assert (pool.rates["learning"] == 0.0).all()


def test_no_study_no_pools():
    terms = SimpleNamespace(elastic=None, placement="packed", recipes={"single_socket": "lent"})
    assert elastic_pools([POOL], terms, {"single_socket": recipe()}, cost) == []


@pytest.mark.parametrize("every", [1, 10])
@pytest.mark.parametrize("hosts", [1, 2, 30, 500])
def test_samples_are_those_of_averaged_replicas(hosts, every):
    learning = SimpleNamespace(examples_min=7.0, critical_batch=900.0, budget=None)
    alone = averaged_examples(learning, 25.0, 1, every)
    expected = averaged_examples(learning, 25.0, hosts, every) / alone
    assert samples_ratio(hosts, 25.0, every, 900.0) == pytest.approx(expected)
    assert samples_ratio(hosts, 25.0, every, math.inf) == 1.0
