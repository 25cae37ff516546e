"""Hosts of a sled that synchronise at once: sharing costs time, collisions cost packets, and time-outs cost most."""

from __future__ import annotations

import pytest

from dcsim.assemble import assemble
from dcsim.resolve import resolve


@pytest.fixture(scope="module")
def recipes():
    """Return the costs of the step by hosts of a NIC and fidelity."""
    return {(row.hosts_per_nic, row.network): row.cost for row in assemble(resolve("shared_nic")).recipes}


@pytest.mark.parametrize("network", ["closed_form", "flow", "packet"])
def test_more_hosts_on_a_nic_wait_longer(recipes, network):
    steps = [recipes[hosts, network].step_s for hosts in (1, 2, 3, 4)]
    assert steps == sorted(steps)
    assert len({recipes[hosts, network].compute_s for hosts in (1, 2, 3, 4)}) == 1


def test_four_hosts_lose_more_and_time_out(recipes):
    for network in ("flow", "packet"):
        one, four = recipes[1, network], recipes[4, network]
        assert four.loss_ratio > 2.0 * one.loss_ratio > 0.0
        assert four.timeouts > 1.0 > one.timeouts
        assert four.step_s > 2.0 * recipes[4, "closed_form"].step_s


def test_the_formula_knows_of_no_packets(recipes):
    assert recipes[4, "closed_form"].loss_ratio == recipes[4, "closed_form"].timeouts == 0.0


def test_fine_timeouts_restore_most_of_the_goodput(recipes):
    rows = assemble(resolve("shared_nic", variant="fine_timeouts")).recipes
    fine = {(row.hosts_per_nic, row.network): row.cost for row in rows}
    assert fine[4, "packet"].exposed_s < 0.5 * recipes[4, "packet"].exposed_s


def test_without_a_transport_nothing_is_lost():
    rows = assemble(resolve("shared_nic", sets=["catalog.fabrics.f4_100g.transport=null"])).recipes
    costs = {(row.hosts_per_nic, row.network): row.cost for row in rows}
    assert costs[4, "packet"].step_s == costs[4, "flow"].step_s
    assert costs[4, "packet"].loss_ratio == 0.0
    # Three of each host's peers stand on the same sled, and the adapter switches their messages itself.
    assert costs[4, "flow"].step_s < costs[4, "closed_form"].step_s
