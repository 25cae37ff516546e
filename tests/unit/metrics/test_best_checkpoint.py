"""The best checkpoint interval by hand, and what Young and Daly say."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dcsim.metrics import metric
from dcsim.metrics.best_checkpoint import daly_interval, peak, young_interval
from dcsim.results.run import tidy_rows

EVERY = (100.0, 200.0, 400.0, 800.0)


def elastic(tops=(250.0, 350.0), server="leopard", group=8, scale=1.0, offered=1.0, losses=20.0):
    """Return lives whose useful hours fall off as checkpoints and losses cost, with a top for each replica.

    What is open when the run ends rises with the interval; half of what is computed is kept.
    """
    rows = [
        {
            "server": server, "offered_ratio": offered, "group_hosts": group, "checkpoint_every_s": every,
            "replica": replica, "worth_ratio": 0.1, "groups": 3, "paid_host_s": 2000.0 * scale,
            "useful_host_s": scale * (1000.0 - top / every - every / top - every / 400.0),
            "open_host_s": scale * every / 200.0,
            "synchronisation_host_s": 0.0, "learning_host_s": 0.0,
            "lost_host_s": scale * (1000.0 - top / every - every / top - every / 400.0),
            "running_s": 50000.0, "writing_s": 40.0, "written": 8.0, "losses": losses,
        }
        for replica, top in enumerate(tops)
        for every in EVERY
    ]  # fmt: skip
    return pd.DataFrame(rows)


def values(table):
    rows = tidy_rows(metric.get("best_checkpoint").call({"elastic": table}))
    return {(row["metric"], row.get("server"), row.get("group_hosts")): row["value"] for row in rows}


@pytest.mark.parametrize("keys", [("leopard", "8"), ("leopard", None), (None, None)])
def test_geometric_mean_of_the_replicas_with_its_interval(keys):
    found = values(elastic())
    middle, half = math.sqrt(250.0 * 350.0), 12.706 * math.log(350.0 / 250.0) / 2.0
    assert found[("best_checkpoint_interval", *keys)] == pytest.approx(middle)
    assert found[("best_checkpoint_interval_low", *keys)] == pytest.approx(middle * math.exp(-half), rel=1e-3)
    assert found[("best_checkpoint_interval_high", *keys)] == pytest.approx(middle * math.exp(half), rel=1e-3)
    assert found[("best_checkpoint_at_edge", *keys)] == 0.0
    assert found[("checkpoint_write_time", *keys)] == 5.0
    assert found[("time_between_losses", *keys)] == 2500.0
    assert found[("young_interval", *keys)] == pytest.approx(math.sqrt(2 * 5.0 * 2500.0))


def test_the_offer_nearest_to_all_free_hosts_counts():
    table = pd.concat([elastic((250.0, 250.0)), elastic((700.0, 700.0), offered=0.5)])
    assert values(table)["best_checkpoint_interval", None, None] == pytest.approx(250.0)


def test_a_server_has_the_interval_of_its_best_group():
    table = pd.concat([elastic((250.0, 250.0)), elastic((350.0, 350.0), group=16, scale=2.0)])
    found = values(table)
    assert found["best_checkpoint_interval", "leopard", "8"] == pytest.approx(250.0)
    assert found["best_checkpoint_interval", "leopard", None] == pytest.approx(350.0)


def test_one_interval_for_all_servers_lies_between_theirs():
    table = pd.concat([elastic((250.0, 250.0)), elastic((350.0, 350.0), server="mono_lake")])
    assert values(table)["best_checkpoint_interval", None, None] == pytest.approx(math.sqrt(250.0 * 350.0))


@pytest.mark.parametrize(("tops", "share"), [((5000.0, 350.0), 0.5), ((5000.0, 9000.0), 1.0), ((20.0, 350.0), 0.5)])
def test_an_edge_is_told_and_has_no_bounds(tops, share):
    found = values(elastic(tops))
    assert found["best_checkpoint_at_edge", None, None] == share
    assert not [key for key in found if key[0].endswith(("_low", "_high"))]


def test_what_is_open_at_the_end_counts_as_far_as_it_will_be_kept():
    """Half of it: the top is where it would be had the run ended with a checkpoint."""
    table = elastic((250.0, 250.0))
    assert values(table)["best_checkpoint_interval", None, None] == pytest.approx(250.0)
    shorter = values(table.assign(open_host_s=0.0))["best_checkpoint_interval", None, None]
    assert shorter == pytest.approx(math.sqrt(250.0 / (1 / 250.0 + 1 / 400.0)))


def test_few_losses_bound_nothing():
    """Three groups lose four times each, or not quite."""
    assert ("best_checkpoint_interval_low", None, None) in values(elastic(losses=12.0))
    found = values(elastic(losses=11.9))
    assert ("best_checkpoint_interval", None, None) in found
    assert ("best_checkpoint_interval_low", None, None) not in found


def test_without_losses_nothing_is_said_of_young():
    table = elastic().assign(losses=0.0)
    assert not [key for key in values(table) if key[0].startswith(("young", "daly", "time"))]


def test_peak_between_uneven_neighbours():
    every = np.array([1.0, 2.0, 7.0])
    assert peak(every, 9.0 - 2.5 / every - every / 2.5)[0] == pytest.approx(2.5)
    assert peak(every, np.zeros(3)) == (1.0, True)
    assert peak(every, np.array([0.0, 1.0, 1.0]))[0] == pytest.approx(math.sqrt(14.0))
    assert peak(np.array([5.0]), np.array([1.0])) == (5.0, True)


def test_peak_uses_all_intervals_near_the_best():
    """Those within a factor of 3.5: with noise of one sign it is their line that counts, and nothing farther away."""
    every = 100.0 * 2.0 ** np.arange(8)
    curve = -400.0 / every - every / 400.0
    assert peak(every, curve)[0] == pytest.approx(400.0)
    far = curve + np.where((every < 115.0) | (every > 1400.0), -3.0, 0.0)
    assert peak(every, far)[0] == pytest.approx(400.0)
    near = curve + np.where(every == 800.0, 0.2, 0.0)
    assert 430.0 < peak(every, near)[0] < 650.0


def test_young_and_daly():
    assert young_interval(10.0, 20_000.0) == pytest.approx(632.456, abs=1e-3)
    assert daly_interval(10.0, 20_000.0) == pytest.approx(625.807, abs=1e-2)
    assert daly_interval(50.0, 20.0) == 20.0
