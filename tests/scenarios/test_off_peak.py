"""Elastic groups in whole runs: balances, limits, repeatability, and what the shipped scenario answers."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from tests.scenarios.finished import TINY, digests

PARTS = ("useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")
ELASTIC = {
    "hosts_per_job": 30, "groups": [1, 4, 16], "checkpoint_every": ["2 min", "15 min", "2 h"], "offered": [0.3, 1.0],
    "replicas": 3, "season": "1 day", "forecast_error": "5 %", "host_failure_every": "4 days", "worth": "5 %",
    "critical_batch": {"dual_socket": 20000},
}  # fmt: skip
POOL = ["region", "server"]
QUICK = "duration=7 days", "network=closed_form"


def terms(**changes):
    return {**TINY["harvest"], "placement": "spread", "elastic": {**ELASTIC, **changes}}


@pytest.fixture
def studied(small):
    """Return a function that runs a week of the tiny scenario with a study."""

    def run(*sets, drills=None, **changes):
        return small(*QUICK, *sets, harvest=terms(**changes), drills=drills, training=None)

    return run


@pytest.fixture
def run(studied):
    return studied()


def test_paid_hours_are_accounted_for_to_the_last_one(run):
    table = run.table("elastic")
    assert len(table) == 4 * 2 * 3 * 3 * 3
    assert table["paid_host_s"].min() > 0.0
    assert sum(table[f"{name}_host_s"] for name in PARTS).tolist() == pytest.approx(table["paid_host_s"].tolist())
    assert run.conservation["elastic_host_hours"]["error_ratio"] < 1e-9
    for name in ("lost", "learning", "synchronisation", "notice", "restart"):
        assert table[f"{name}_host_s"].sum() > 0.0, name


def test_nothing_is_paid_beyond_what_is_offered(run):
    free = run.table("free_hosts").assign(up=lambda t: (t["free_hosts"] + 0.05 * t["needed_hosts"]) * t["held_s"])
    most = free.groupby(POOL, observed=True)["up"].sum()
    paid = run.table("elastic").groupby([*POOL, "offered_ratio"], observed=True)["paid_host_s"].max()
    assert (paid <= most.reindex(paid.index.droplevel(2)).to_numpy() * paid.index.get_level_values(2) + 1e-6).all()


def test_more_on_offer_never_buys_less(run):
    curve = run.values("harvest_curve_useful", "server", "offered")
    assert curve[None, "0.3"] < curve[None, "1"]
    assert run.values("harvest_curve_paid", "server", "offered")[None, "1"] > curve[None, "1"]


def test_free_hosts_are_what_the_pools_table_leaves(run):
    free = run.table("free_hosts").set_index(["time_s", *POOL]).sort_index()
    pools = run.table("pools").query("role == 'serving'").set_index(["time_s", *POOL]).sort_index()
    left = pools["lent_hosts"] + pools["idle_hosts"] - 0.05 * (pools["serving_hosts"] + pools["training_hosts"])
    assert free["free_hosts"].to_numpy() == pytest.approx(left.clip(lower=0.0).to_numpy())
    day = run.table("free_hosts").query("region == 'lulea'")
    assert day["local_hour"].iloc[:2].tolist() == [2.5, 3.5]  # two hours ahead of UTC in September


def test_returns_are_foreseen_once_a_season_has_passed(run):
    """The days are alike, so hosts return when they did the day before."""
    later = run.table("free_hosts").query("time_s >= 86400 and stay_s == stay_s")
    assert later["stay_s"].nunique() > 10
    assert (later["foreseen_stay_s"] - later["stay_s"]).abs().mean() < 600.0


def test_a_study_changes_nothing_else(run, small):
    plain = small(*QUICK, harvest={**TINY["harvest"], "placement": "spread"}, drills=None, training=None)
    mine, other = digests(run.path), digests(plain.path)
    changed = {name for name in mine if mine[name] != other[name]}
    assert changed == {"elastic.parquet", "elastic_groups.parquet", "free_hosts.parquet"}


def test_draws_belong_to_replica_and_seed(run, studied):
    again, more, other = studied(), studied(replicas=4), studied("seed=4")
    assert digests(again.path) == digests(run.path)
    first = more.table("elastic").query("replica < 3")["useful_host_s"].tolist()
    assert first == run.table("elastic")["useful_host_s"].tolist()
    assert other.table("elastic")["useful_host_s"].tolist() != run.table("elastic")["useful_host_s"].tolist()


def test_a_perfect_world_loses_nothing(studied):
    quiet = studied("harvest.reserve=40 %", host_failure_every=None, forecast_error="0 %")
    table = quiet.table("elastic")
    assert table["lost_host_s"].sum() == table["losses"].sum() == 0.0
    assert quiet.values("young_interval") == {}


def test_grace_changes_nothing_where_every_return_is_foreseen(studied):
    terms = {"host_failure_every": "2 days", "forecast_error": "0 %"}
    none, some = (studied("harvest.reserve=40 %", grace=grace, **terms) for grace in ("0 s", "30 min"))
    assert none.table("elastic")["losses"].sum() > 0.0
    assert none.table("elastic").equals(some.table("elastic"))


def test_what_is_open_at_the_end_is_part_of_what_is_not_committed(run):
    table = run.table("elastic")
    assert (table["open_host_s"] <= table["uncommitted_host_s"] * (1.0 + 1e-9)).all()
    assert 0.0 < table["open_host_s"].sum() < 0.9 * table["uncommitted_host_s"].sum()


def test_a_lost_region_takes_its_groups_with_it(studied, run):
    lost = studied(drills=[{"kind": "region_loss", "region": "altoona", "at": "36 h", "lasts": "24 h"}])
    before, after = (each.table("elastic").query("region == 'altoona'") for each in (run, lost))
    assert after["paid_host_s"].sum() < 0.95 * before["paid_host_s"].sum()
    assert after["unforeseen"].sum() > 0.0


def test_the_shipped_year_answers_in_short(tmp_path):
    """Three weeks of it: the curve, the best interval with its bounds, and the point past which more buys nothing."""
    out = str(tmp_path / "run")
    done = CliRunner().invoke(main, ["run", "off_peak_year", "--json", "--out", out, "--set", "duration=21 days"])
    assert done.exit_code == 0, done.output
    rows = {
        (row["metric"], row.get("offered")): row["value"]
        for row in json.loads(done.stdout)["metrics"]
        if not {"server", "group_hosts", "local_hour"} & set(row)
    }
    offers = [offered for name, offered in rows if name == "harvest_curve_useful"]
    useful = [rows["harvest_curve_useful", offered] for offered in offers]
    assert len(offers) == 14
    assert useful == sorted(useful)
    marginal = [rows["harvest_curve_marginal", offered] for offered in offers]
    assert marginal == sorted(marginal, reverse=True)
    low, best, high = (rows[f"best_checkpoint_interval{name}", None] for name in ("_low", "", "_high"))
    assert 120.0 < low < best < high < 7200.0
    assert 0.6 * best < rows["young_interval", None] < 2.0 * best
    low, at, high = (rows[f"harvest_saturation_offered{name}", None] for name in ("_low", "", "_high"))
    assert 0.4 <= low < at < high <= 0.6
