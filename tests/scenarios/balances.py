"""What must balance in every run, whatever the scenario: jobs, hosts, lent hours, energy, load, staleness."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.finished import STATES, USES

HOURS = 3600.0
BALANCES = []


def balance(check):
    """Add a check to the list; it takes a finished run and fails by assertion."""
    BALANCES.append(check)
    return check


def close(left, right, rel=1e-9):
    np.testing.assert_allclose(np.asarray(left, float), np.asarray(right, float), rtol=rel, atol=1e-6)


@balance
def jobs_in_are_done_lost_queued_or_running(run):
    jobs, sheet = run.table("jobs"), run.conservation["jobs"]
    assert sheet["in"] == sheet["done"] + sheet["lost"] + sheet["queued"] + sheet["running"] == len(jobs)
    outcomes = jobs["outcome"].astype(str).replace("superseded", "lost").value_counts()
    assert {name: int(outcomes.get(name, 0)) for name in ("done", "lost", "queued", "running")} == {
        name: count for name, count in sheet.items() if name != "in"
    }


@balance
def jobs_are_numbered_once_and_live_in_order(run):
    jobs = run.table("jobs")
    assert sorted(jobs["job"]) == list(range(len(jobs)))
    for earlier, later in (("arrived_s", "queued_s"), ("queued_s", "started_s"), ("started_s", "trained_s"),
                           ("trained_s", "finished_s")):  # fmt: skip
        known = jobs[[earlier, later]].dropna()
        assert (known[earlier] <= known[later] + 1e-6).all(), f"{earlier} after {later}"
    done = jobs[jobs["outcome"] == "done"]
    assert done[["queued_s", "started_s", "trained_s", "finished_s"]].notna().all(axis=None)
    assert not (jobs["finished_s"] >= run.duration).any()
    assert (jobs["arrived_s"] < run.duration).all()


@balance
def pool_rows_add_up_to_hosts(run):
    pools = run.with_hosts()
    assert pools[list(STATES)].to_numpy().min() >= -1e-9, pools[(pools[list(STATES)] < -1e-9).any(axis=1)].to_string()
    close(pools[list(STATES)].sum(axis=1), pools["hosts"])
    assert pools["busy_ratio"].between(0.0, 1.0 + 1e-9).all()
    assert (pools["power_w"] >= 0).all()


@balance
def server_hours_close(run):
    pools, fleet, sheet = run.table("pools"), run.table("fleet"), run.conservation["server_hours"]
    assert sheet["error_ratio"] < 1e-12
    total = fleet["hosts"].sum() * run.duration / HOURS
    held = (pools[list(STATES)].sum(axis=1) * pools["held_s"]).sum() / HOURS
    close([held, sheet["fleet"], sheet["serving_pools"] + sheet["other_pools"]], total)


@balance
def steps_cover_the_run_without_gaps(run):
    keys = {"pools": ["region", "server", "role"], "serving": ["service", "region"], "queues": ["kind"],
            "harvest": ["region", "server"], "user_models": ["service", "region"]}  # fmt: skip
    for name, key in keys.items():
        table = run.table(name)
        if not len(table):
            continue
        assert not table.duplicated([*key, "time_s"]).any()
        count = table["time_s"].nunique()
        assert len(table) == count * len(table[key].drop_duplicates()), name
        edges = table.groupby("time_s")["held_s"].agg(["min", "max"])
        assert (edges["min"] == edges["max"]).all()
        close(edges.index, np.concatenate([[0.0], np.cumsum(edges["max"])[:-1]]))
        assert edges["max"].sum() == pytest.approx(run.duration)


@balance
def energy_is_the_integral_of_power(run):
    pools = run.table("pools")
    joules = (pools["power_w"] * pools["held_s"]).sum()
    sheet = run.conservation["energy_j"]
    close([sheet["total"], sheet["serving_pools"] + sheet["other_pools"]], joules)
    close(run.values("it_energy", "region", "role")[None, None], joules / 3.6e6)


@balance
def lent_hours_are_all_accounted_for(run):
    harvest, pools, sheet = run.table("harvest"), run.table("pools"), run.conservation["lent_host_hours"]
    assert sheet["error_ratio"] < 1e-12
    uses = harvest[[f"{use}_host_s" for use in USES]]
    close(uses.sum(axis=1), harvest["lent_host_s"])
    assert (uses.drop(columns="uncommitted_host_s").to_numpy() >= 0).all()
    committed = harvest.groupby(["region", "server"], observed=True)["uncommitted_host_s"].cumsum()
    assert (committed >= -1e-3).all(), "work was committed that nobody had done"
    lent = harvest["lent_host_s"].sum() / HOURS
    close([sheet["lent"], sheet["accounted"], (pools["lent_hosts"] * pools["held_s"]).sum() / HOURS], lent)


@balance
def no_more_is_served_than_asked_for(run):
    serving = run.table("serving")
    slack = 1e-9 * (1.0 + serving["demand_hosts"])
    assert (serving["served_hosts"] <= serving["demand_hosts"] + slack).all()
    assert (serving["good_hosts"] <= serving["served_hosts"] + slack).all()
    assert (serving["spilled_hosts"] <= serving["served_hosts"] + slack).all()
    assert (serving.select_dtypes("number").to_numpy() >= 0).all()
    sums = serving.groupby(["time_s", "service"], observed=True)[["served_hosts", "assigned_hosts"]].sum()
    close(sums["assigned_hosts"], sums["served_hosts"])


@balance
def hosts_that_serve_are_those_switched_to_services(run):
    serving, pools, kinds = run.table("serving"), run.with_hosts(), run.table("services")[["service", "kind"]]
    active = serving.astype({"service": str, "region": str}).merge(kinds.astype(str), on="service")
    active = active.groupby(["time_s", "region", "kind"])["active_hosts"].sum()
    pools = pools[pools["role"] == "serving"].astype({"kind": str}).groupby(["time_s", "region", "kind"])
    both = pd.concat([active, pools["serving_hosts"].sum()], axis=1).fillna(0.0)
    close(both["active_hosts"], both["serving_hosts"])


@balance
def gang_seconds_of_segments_are_those_of_the_pools(run):
    segments, pools = run.table("segments"), run.with_hosts()
    assert (pools["training_hosts"] <= pools["hosts"] + 1e-9).all()
    spent = segments.assign(gang=segments["hosts"] * (segments["end_s"] - segments["begin_s"]))
    spent = spent.astype({"region": str, "server": str}).groupby(["region", "server"])["gang"].sum()
    pools = pools[pools["role"] == "training"]
    held = (pools["training_hosts"] * pools["held_s"]).groupby([pools["region"], pools["server"]]).sum()
    both = pd.concat([spent, held], axis=1).fillna(0.0)
    close(both.iloc[:, 0], both.iloc[:, 1])


@balance
def segments_split_into_useful_lost_overhead_and_contended(run):
    segments, jobs = run.table("segments").sort_values(["job", "begin_s"]), run.table("jobs").set_index("job")
    parts = segments[["useful_s", "lost_s", "overhead_s", "contended_s"]]
    assert (segments["communication_s"].abs() <= segments["useful_s"].abs() + 1e-9).all()
    assert (parts[["lost_s", "overhead_s", "contended_s"]].to_numpy() >= -1e-9).all()
    gangs = segments.groupby("job")
    whole = (gangs["server"].nunique() == 1) & (jobs["arrived_s"] >= 0).reindex(gangs.size().index)  # noqa: PD101  # per job
    assert (gangs["useful_s"].sum()[whole] >= -1e-6).all()  # net of what was forgotten
    assert (segments["begin_s"] >= 0).all()
    assert (segments["end_s"] <= run.duration).all()
    close(parts.sum(axis=1), segments["end_s"] - segments["begin_s"])
    following = segments["job"] == segments["job"].shift(-1)
    assert (segments["end_s"] <= segments["begin_s"].shift(-1))[following].all(), "a gang ran twice at once"
    assert (segments[following]["end"] != "done").all()
    cut = segments[~segments["end"].isin(["done", "horizon"])].groupby("job").size()
    close(cut.reindex(jobs.index, fill_value=0), jobs["interruptions"])


@balance
def no_shared_link_carries_more_than_it_has(run):
    links = run.table("links")
    parts = links[[f"{use}_bytes_per_s" for use in ("training", "readers", "checkpoints", "serving")]]
    assert (parts.to_numpy() >= 0.0).all()
    close(links["utilisation_ratio"], parts.sum(axis=1) / links["capacity_bytes_per_s"])
    assert (links["utilisation_ratio"] <= 1.0 + 1e-9).all()
    assert not links.duplicated(["time_s", "link"]).any()
    assert (links["time_s"] + links["held_s"] <= run.duration + 1e-6).all()


@balance
def spans_of_contention_tell_the_time_that_it_added(run):
    segments, spans = run.table("segments"), run.table("contention")
    assert (spans["slowdown_ratio"] > 1.0).all()
    assert (spans["end_s"] > spans["begin_s"]).all()
    assert (spans["sharers"] >= 0).all()
    assert spans["main_share_ratio"].between(0.0, 1.0 + 1e-9).all()
    told = ((spans["end_s"] - spans["begin_s"]) * (1.0 - 1.0 / spans["slowdown_ratio"])).groupby(spans["job"]).sum()
    added = segments.groupby("job")["contended_s"].sum()
    np.testing.assert_allclose(told.reindex(added.index, fill_value=0.0), added, rtol=1e-6, atol=1e-5)
    if run.resolved.scenario.network == "closed_form":
        assert spans.empty
        assert run.table("links").empty


@balance
def jobs_done_trained_their_whole_work(run):
    jobs, segments = run.table("jobs").set_index("job"), run.table("segments")
    sums = segments.groupby("job")[["useful_s", "lost_s"]].sum().reindex(jobs.index, fill_value=0.0)
    # Checkpoints that a job leaves behind in a region it cannot reach are lost to it after their segment was written.
    forgotten = jobs["lost_s"] - sums["lost_s"]
    assert (forgotten >= -1e-6).all()
    servers = segments.groupby("job")["server"].nunique().reindex(jobs.index)
    whole = (jobs["outcome"] == "done") & (jobs["arrived_s"] >= 0) & (servers == 1)
    work = (sums["useful_s"] - forgotten)[whole]
    own = ("replay", "working_hours")  # generators that say how long each of their jobs lasts
    replayed = {stream["name"] for stream in run.resolved.data["training"] if stream["generator"] in own}
    for (service, _), same in work.groupby([jobs["service"][whole].astype(str), jobs["server"][whole].astype(str)]):
        if service not in replayed:
            close(same, same.iloc[0])


@balance
def waiting_and_running_gangs_are_those_of_the_jobs(run):
    jobs, segments, queues = run.table("jobs").set_index("job"), run.table("segments"), run.table("queues")
    lengths = segments["end_s"] - segments["begin_s"]
    close((queues["running_jobs"] * queues["held_s"]).sum(), lengths.sum())
    waited = (queues["queued_jobs"] * queues["held_s"]).sum()
    asked = jobs[jobs["queued_s"].notna() & ~(jobs["trained_s"] <= 0)]
    granted = segments.groupby("job")["begin_s"].min().reindex(asked.index)
    until = granted.fillna(asked["finished_s"]).fillna(run.duration)
    first = (until - asked["queued_s"].clip(lower=0.0)).sum()
    if not len(run.table("drills")):  # a drill also makes jobs wait for data, which is no place in a queue
        assert waited >= first - 1e-3, "preempted gangs wait again"
        if (jobs["interruptions"] == 0).all():
            close(waited, first)
    assert run.conservation["jobs"]["queued"] == (jobs["outcome"] == "queued").sum()


@balance
def every_done_training_is_published_everywhere(run):
    jobs, versions, regions = run.table("jobs"), run.table("publications"), run.table("regions")
    services = set(run.table("services")["service"].astype(str))
    done = jobs[(jobs["outcome"] == "done") & jobs["service"].astype(str).isin(services)]
    key = ["service", "model", "data_s"]
    done = done.rename(columns={"arrived_s": "data_s"}).astype({"service": str})
    found = versions.astype({"service": str}).groupby(key)["published_s"].agg(["min", "size"])
    assert (found["size"] == len(regions)).all()
    made = done.set_index(key)["finished_s"]
    assert made.index.is_unique
    close(found["min"].reindex(made.index), made)
    assert len(found) == len(made) + (found["min"] <= 0.0).sum(), "versions that no training made"


@balance
def models_are_never_newer_than_now(run):
    versions = run.table("publications")
    assert (versions["published_s"] >= versions["data_s"]).all()
    fluid, services = run.table("user_models"), run.resolved.scenario.services
    work = fluid["service"].astype(str).map(lambda name: services[name].user_models.work).astype(float)
    # Nothing waits since before the start; what was held may meet a backlog that is as old.
    longest = 2.0 * (fluid["time_s"] + fluid["held_s"]) + work
    assert fluid["delay_s"].between(0.0, longest + 1e-6).all()
    stale = [row for row in run.rows if row["metric"].startswith("staleness_")]
    if len(versions):
        assert {row["metric"] for row in stale} >= {"staleness_mean", "staleness_max", "staleness_end"}
    assert all(row["value"] >= 0 for row in stale)


@balance
def user_models_triggered_are_trained_or_wait(run):
    fluid = run.table("user_models")
    steps = fluid.groupby(["service", "time_s"], observed=True)[
        ["triggered_models", "trained_models", "backlog_models"]
    ].sum()
    total = steps.groupby("service", observed=True).cumsum()
    close(total["trained_models"] + steps["backlog_models"], total["triggered_models"])


@balance
def metrics_are_numbers_that_json_has(run):
    assert all(math.isfinite(row["value"]) for row in run.rows)
    assert json.loads(json.dumps(run.rows, allow_nan=False)) == run.rows
    dimensions = [tuple(sorted((key, str(value)) for key, value in row.items() if key != "value")) for row in run.rows]
    assert len(set(dimensions)) == len(dimensions), "two rows of the same name"
