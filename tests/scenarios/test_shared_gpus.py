"""Engineers beside production on one pool of GPUs: what quotas promise, and what it costs the others."""

from __future__ import annotations

import numpy as np
import pytest

GPUS = 1200
WEEK_S = 7 * 86400.0


@pytest.fixture(scope="module")
def week(shipped):
    return lambda variant=None: shipped("shared_gpus", variant)


def of(run, table, service):
    rows = run.table(table).astype({"service": str})
    return rows[rows["service"] == service]


def waits(run, service):
    """Return how long each job of a stream waited for its first slots, s; until the end if it never got any."""
    jobs = of(run, "jobs", service)
    jobs = jobs[jobs["queued_s"].notna()]
    return (jobs["started_s"].fillna(WEEK_S) - jobs["queued_s"]).to_numpy()


@pytest.mark.parametrize("variant", [None, "first_come", "preemptive", "least_attained_service"])
def test_never_more_than_there_is_and_all_time_accounted_for(week, variant):
    segments = week(variant).table("segments")
    times = np.concatenate([segments["begin_s"], segments["end_s"]])
    change = np.concatenate([segments["hosts"], -segments["hosts"]])
    order = np.lexsort((change, times))
    assert np.cumsum(change[order]).max() <= GPUS / 8 + 1e-9
    parts = segments[["useful_s", "lost_s", "overhead_s"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx((segments["end_s"] - segments["begin_s"]).to_numpy())


def test_engineers_submit_while_they_are_at_work(week):
    arrived = of(week(), "jobs", "sweeps")["arrived_s"].to_numpy()
    hour = arrived[arrived < 5 * 86400] % 86400 / 3600
    at_work = ((hour >= 8) & (hour < 17)).mean()  # nine to six in London, in summer
    assert at_work == pytest.approx(9 / (9 + 15 * 0.504), abs=0.03)


def test_quotas_keep_what_they_promise(week):
    quotas, queue = week(), week("first_come")
    for service in ("lumos", "speech_recognition", "community_integrity", "trials"):
        assert waits(quotas, service).mean() <= waits(queue, service).mean()
    assert waits(quotas, "trials").mean() < 0.2 * waits(queue, "trials").mean()
    stopped = quotas.table("jobs").astype({"service": str}).groupby("service")["interruptions"].sum()
    assert stopped["sweeps"] > 0.8 * stopped.sum() > 0, "opportunistic jobs go first"


def test_priority_is_paid_by_those_without(week):
    preemptive = week("preemptive")
    assert waits(preemptive, "community_integrity").max() == 0.0
    stopped = preemptive.table("jobs").astype({"service": str}).groupby("service")["interruptions"].sum()
    assert stopped["trials"] + stopped["sweeps"] > 0
    assert stopped["community_integrity"] == 0
