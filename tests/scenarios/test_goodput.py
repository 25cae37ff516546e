"""Goodput counts no waiting for the network: slower or shared adapters lower it, what is lent stays the same."""

from __future__ import annotations

import pytest

from tests.scenarios.finished import TINY

QUIET = {"drills": None, "training": None, "duration": "12 h"}


def value(run, metric):
    return run.values(metric, "service", "region", "server")[None, None, None]


@pytest.fixture
def lent(small):
    """Return a function that runs the tiny scenario with a placement, a network and a load."""

    def run(placement, gbits, load=2.0, network="flow"):
        terms = {**TINY["harvest"], "placement": placement}
        sets = f"fleet.nic.bandwidth={gbits} Gbit/s", f"fleet.capacity_unit={load}", f"network={network}"
        return small(*sets, harvest=terms, **QUIET)

    return run


@pytest.mark.parametrize("placement", ["packed", "spread"])
def test_harvest_goodput_falls_with_the_bandwidth(lent, placement):
    runs = [lent(placement, gbits) for gbits in (50.0, 10.0, 1.0)]
    hours = [value(run, "harvested_server_hours") for run in runs]
    assert hours == pytest.approx([hours[0]] * 3)
    assert hours[0] > 0
    goodput = [value(run, "harvest_goodput") for run in runs]
    assert goodput[0] > goodput[1] > goodput[2] > 0
    waiting = [value(run, "harvest_communication_server_hours") for run in runs]
    assert 0 <= waiting[0] < waiting[1] < waiting[2]


@pytest.mark.parametrize(("load", "better"), [(2.0, False), (14.0, True)])
def test_spread_gangs_get_no_less_out_of_shared_adapters(lent, load, better):
    # By flows, halving/doubling gains more from neighbours on one sled than it loses by sharing the adapter with them.
    packed, spread = (lent(placement, 5.0, load, "closed_form") for placement in ("packed", "spread"))
    assert value(packed, "harvested_server_hours") == value(spread, "harvested_server_hours")
    packed, spread = (value(run, "harvest_goodput") for run in (packed, spread))
    if better:  # few enough hosts are lent that each adapter has fewer of them
        assert spread > packed
    else:
        assert spread == pytest.approx(packed)


def test_harvest_waits_for_the_exposed_share_of_its_steps(lent):
    run = lent("packed", 5.0)
    cost = run.table("recipes").set_index("server")
    checked = 0
    for server, waiting in run.values("harvest_communication_server_hours", "server", "region").items():
        if server[0] is None or server[1] is not None or run.values("useful_server_hours", "server")[server[:1]] == 0:
            continue
        rows = cost.loc[[server[0]]].query("recipe.str.startswith('harvest')").sort_values("hosts_per_nic")
        shares = (rows["exposed_s"] / rows["step_s"]).tolist()
        share = waiting / run.values("useful_server_hours", "server", "region")[server]
        assert share == pytest.approx(shares[-1], rel=1e-6), "packed gangs share a NIC with all hosts of the sled"
        checked += 1
    assert checked


def test_training_goodput_falls_with_the_bandwidth(small):
    changes = {**QUIET, "harvest": None}
    runs = [small(f"fleet.nic.bandwidth={gbits} Gbit/s", **changes) for gbits in (50.0, 10.0, 1.0)]
    goodput = [value(run, "training_goodput") for run in runs]
    assert goodput[0] > goodput[1] > goodput[2] > 0
    for run in runs:
        segments = run.table("segments")
        assert (segments["communication_s"] <= segments["useful_s"]).all()
