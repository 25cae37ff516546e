"""The region that holds all GPUs is lost: whose models go stale, what is lost, and what comes back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.finished import STATES

LOST = "fort_worth"
DOWN_S, UP_S = 6 * 3600.0, 18 * 3600.0
FAILOVER_S = 17 * 60.0


def _stale(run, metric="staleness_mean"):
    found = run.values(metric, "service", "region", "models")
    return {key[:2]: value for key, value in found.items() if key[2] != "user"}


def _trained_there(run):
    segments = run.table("segments")
    return set(segments.loc[segments["region"] == LOST, "service"].astype(str))


def _while_down(table):
    return table[(table["time_s"] >= DOWN_S) & (table["time_s"] + table["held_s"] <= UP_S)]


@pytest.mark.parametrize("metric", ["staleness_mean", "staleness_max", "staleness_end"])
def test_exactly_the_services_that_train_there_go_stale(day, lost, metric):
    plain, struck, hit = _stale(day, metric), _stale(lost, metric), _trained_there(day)
    services = {service for service, _ in plain}
    assert hit == {"lumos", "facer", "language_translation", "speech_recognition", "community_integrity"}
    assert services - hit == {"news_feed", "ads", "search", "sigma"}
    assert plain.keys() == struck.keys()
    for (service, region), value in plain.items():
        after = struck[service, region]
        if service not in hit:
            assert after.hex() == value.hex(), f"{service} {region} changed"
        elif metric == "staleness_max":
            assert after >= value
        else:
            assert after > value, f"{service} {region} is no staler"


def test_every_region_is_served_the_stale_models(day, lost):
    regions = set(day.table("regions")["region"].astype(str))
    for service in _trained_there(day):
        stale = {region for (name, region), value in _stale(lost).items() if name == service and region}
        assert stale == regions


def test_arrivals_do_not_know_of_the_drill(day, lost, warned):
    for run in (lost, warned):
        for column in ("service", "model", "arrived_s"):
            assert run.table("jobs").sort_values("job")[column].tolist() == (
                day.table("jobs").sort_values("job")[column].tolist()
            )


def test_gangs_die_with_the_region_and_resume_when_it_is_back(lost):
    segments = lost.table("segments")
    died = segments[segments["end"] == "region_lost"]
    assert len(died) > 100
    assert set(died["region"].astype(str)) == {LOST}
    assert (died["end_s"] == DOWN_S).all()
    assert died["lost_s"].sum() > 0
    there = segments[segments["region"] == LOST]
    assert not ((there["begin_s"] < UP_S) & (there["end_s"] > DOWN_S)).any()
    again = there[there["begin_s"] >= UP_S]
    assert set(died["job"]) <= set(again["job"]), "a job that died never ran again"
    assert (again["begin_s"] == UP_S).any(), "nothing starts when the region is back"
    jobs = lost.table("jobs").set_index("job")
    assert (jobs.loc[died["job"], "interruptions"] == 1).all()
    assert jobs["interruptions"].sum() == len(died)


def test_no_more_than_one_checkpoint_interval_is_lost(lost):
    died = lost.table("segments").query("end == 'region_lost'")
    for service in died["service"].astype(str).unique():
        recipe = lost.resolved.scenario.services[service].training.recipe
        every = lost.resolved.entry("training", recipe).checkpoint_every
        assert died.loc[died["service"] == service, "lost_s"].max() <= every + 1e-6


def test_gangs_of_the_lost_region_queue_meanwhile(day, lost):
    assert day.table("queues").query("kind == 'gpu'")["queued_jobs"].max() == 0
    queues = lost.table("queues").query("kind == 'gpu'")
    assert (_while_down(queues)["queued_jobs"] > 100).all()
    assert (_while_down(queues)["running_jobs"] == 0).all()
    assert queues[queues["time_s"] >= UP_S]["running_jobs"].max() > 100


def test_notice_saves_the_work(day, lost, warned):
    assert day.table("jobs")["lost_s"].sum() == 0
    assert warned.table("jobs")["lost_s"].sum() == 0
    assert lost.table("jobs")["lost_s"].sum() > 3600
    assert set(warned.table("segments")["end"].astype(str)) == {"done", "drained", "horizon"}
    drained = warned.table("segments").query("end == 'drained'")
    assert (drained["end_s"] == DOWN_S - 17 * 60.0).all()  # no earlier than the users need
    wasted = [run.values("training_lost_host_hours", "service")[None,] for run in (day, warned, lost)]
    assert wasted[0] == wasted[1] == 0 < wasted[2]


def test_notice_keeps_serving_whole(day, lost, warned):
    attained = [run.values("slo_attainment", "service", "region")[None, None] for run in (day, warned, lost)]
    assert attained[2] < attained[1] <= attained[0]
    served = warned.table("serving").query("region == @LOST")
    np.testing.assert_allclose(served["served_hosts"], served["demand_hosts"], rtol=1e-12)


def test_nothing_happens_in_the_lost_region(lost):
    pools = _while_down(lost.with_hosts().query("region == @LOST"))
    assert len(pools) == 144 * 4
    np.testing.assert_allclose(pools["down_hosts"], pools["hosts"], rtol=1e-12)
    assert (pools[[state for state in STATES if state != "down_hosts"]].abs() < 1e-9).all(axis=None)
    assert (pools["power_w"].abs() < 1e-6).all()
    harvest = _while_down(lost.table("harvest").query("region == @LOST"))
    assert len(harvest)
    assert (harvest[["lent_host_s", "useful_host_s", "started_groups", "steps"]] == 0).all(axis=None)
    serving = _while_down(lost.table("serving").query("region == @LOST"))
    assert (serving[["assigned_hosts", "active_hosts"]] == 0).all(axis=None)


def test_its_users_are_served_elsewhere_after_the_failover(lost):
    users = _while_down(lost.table("serving").query("region == @LOST"))
    assert (users["spilled_hosts"] == users["served_hosts"]).all()
    # The unserved share falls linearly from 1 to 0: its integral up to t is t - t^2 / (2 failover).
    edges = np.clip(np.stack([users["time_s"] - DOWN_S, users["time_s"] + users["held_s"] - DOWN_S]), 0, FAILOVER_S)
    unserved = np.diff(edges - edges**2 / (2 * FAILOVER_S), axis=0)[0] / users["held_s"]
    np.testing.assert_allclose(users["served_hosts"], users["demand_hosts"] * (1 - unserved), rtol=1e-9)
    before = lost.table("serving").query("time_s + held_s <= @DOWN_S or time_s >= @UP_S")
    np.testing.assert_allclose(before["served_hosts"], before["demand_hosts"], rtol=1e-9)


def test_before_the_loss_nothing_differs(day, lost):
    for name in ("serving", "pools", "harvest", "user_models", "queues"):
        plain, struck = (run.table(name) for run in (day, lost))
        plain, struck = (table[table["time_s"] + table["held_s"] <= DOWN_S] for table in (plain, struck))
        assert plain["time_s"].nunique() == DOWN_S / 300.0
        assert plain.reset_index(drop=True).equals(struck.reset_index(drop=True)), name


def test_the_drill_is_on_record(lost, warned):
    for run, notice in ((lost, DOWN_S), (warned, DOWN_S - 1800.0)):
        assert run.table("drills").astype({"drill": str, "region": str}).to_dict("records") == [
            {"drill": "region_loss", "region": LOST, "notice_s": notice, "begin_s": DOWN_S, "end_s": UP_S}
        ]


def test_recovery_is_told_for_exactly_the_services_hit(day, lost):
    rises = lost.values("recovery_staleness_rise", "service", "models")
    hit = {service for (service, models), rise in rises.items() if models != "user" and rise > 0}
    assert hit == _trained_there(day)
    late = lost.values("recovery_time", "service", "models")
    assert {service for service, models in late if models != "user"} <= hit
    lasts = UP_S - DOWN_S
    assert late["lumos", None] > lasts
    highest = lost.values("staleness_max", "service", "region", "models")
    assert all(rises[service, None] < highest[service, None, None] for service in hit)


@pytest.mark.slow
def test_all_services_recover_from_a_lost_week(shipped, day):
    run = shipped("hpca18_region_loss", "one_week")
    week = 7 * 86400.0
    times = {
        service: value
        for (service, models), value in run.values("recovery_time", "service", "models").items()
        if models != "user"
    }
    assert times.keys() == _trained_there(day)
    assert all(week < value < run.duration for value in times.values())
    assert run.conservation["jobs"]["lost"] > 0, "models due again while they queued were superseded"
