"""Elastic groups: the kernels do what the slow oracle does, balances close, and known laws come out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.kernels.elastic_groups import follow, study
from dcsim.kernels.elastic_plan import plan_sizes
from dcsim.kernels.elastic_records import GROUP, LIFE, RATE, TERMS
from dcsim.kernels.fleet_records import new_records
from dcsim.metrics.best_checkpoint import daly_interval, peak, young_interval
from tests.oracles import elastic

SIZES = np.array([1, 3, 4, 8, 20], np.int64)
KINDS = ("foreseen", "unforeseen", "growth")
DT = 3600.0


def rates_of(write):
    """Return rates with a share for synchronising and one for learning that grow with the group."""
    rates = new_records((len(SIZES) + 1,), RATE)
    for k, hosts in enumerate(SIZES):
        kept, learnt = hosts / (1.0 + 0.02 * (hosts - 1)), 1.0 / (1.0 + 0.03 * (hosts - 1))
        rates[k + 1] = (hosts, kept * learnt, hosts - kept, kept - kept * learnt, write * (1.0 + 0.1 * k))
    return rates


def terms_of(notice, grace, restart, saves):
    terms = new_records((1,), TERMS)
    terms[0] = (notice, grace, restart, saves)
    return terms


@st.composite
def pools(draw):
    """Return inputs of ``plan_sizes``."""
    steps = draw(st.integers(2, 40))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    up = np.full(steps, float(draw(st.integers(20, 400))))
    if draw(st.booleans()):
        up[rng.integers(steps) :] *= rng.choice([0.0, 0.5])
    need = up[0] * (0.5 + 0.4 * np.sin(np.arange(steps) / 3.0)) * rng.uniform(0.9, 1.1, steps)
    return {
        "need": need, "up": up, "error": 0.05 * rng.standard_normal(steps), "strike": rng.random(steps),
        "sizes": SIZES, "largest": draw(st.integers(1, len(SIZES))), "groups": draw(st.integers(1, 12)), "rank": 0,
        "offered": draw(st.sampled_from([0.1, 0.5, 1.0, 2.0])), "reserve": draw(st.sampled_from([0.0, 0.05, 0.2])),
        "season": draw(st.integers(1, 12)), "stay": draw(st.integers(1, 4)), "dt": DT,
        "grace": draw(st.sampled_from([0.0, 30.0, 600.0, DT])),
    }  # fmt: skip


def planned(pool, rank):
    times, changes = np.empty(len(pool["need"])), np.empty((len(pool["need"]), 2), np.int64)
    count = plan_sizes(*{**pool, "rank": rank}.values(), times, changes)
    return times, changes, count


def as_told(times, changes, count):
    hosts = [0, *SIZES.tolist()]
    return [(times[e], hosts[changes[e, 0]], KINDS[changes[e, 1]]) for e in range(count)]


@given(pools(), st.integers(0, 11))
@settings(deadline=None)
def test_sizes_are_those_of_the_oracle(pool, rank):
    rank %= pool["groups"]
    plain = {**pool, "sizes": SIZES.tolist(), "rank": rank}
    plain["most"] = SIZES[plain.pop("largest") - 1]
    assert as_told(*planned(pool, rank)) == elastic.changes(**plain)


@given(pools(), st.floats(0.0, DT))
@settings(deadline=None)
def test_grace_changes_nothing_where_every_return_is_foreseen(pool, grace):
    """A reserve that is more than the forecast can be wrong by."""
    need = np.maximum(1.0, pool["need"])
    ratio = need[1:] / need[:-1]
    pool |= {"need": need, "error": np.zeros(len(need)), "up": np.full(len(need), need.max() * 1.5)}
    pool |= {"season": len(need), "reserve": max(0.0, float(ratio.max()) - 1.0) + 1e-9}
    one, other = (as_told(*planned({**pool, "grace": each}, 0)) for each in (0.0, grace))
    assert one == other
    assert not [kind for _, _, kind in one if kind == "unforeseen"]


@given(pools())
@settings(deadline=None)
def test_times_rise(pool):
    times, _, count = planned(pool, 0)
    assert (np.diff(times[:count]) >= 0.0).all()
    assert count == 0 or 0.0 <= times[0] <= times[count - 1] <= len(pool["need"]) * DT


@given(pools())
@settings(deadline=None)
def test_no_group_goes_beyond_the_free_hosts(pool):
    """All groups of the pool together hold at most what is offered of the hosts that the need leaves, in every step."""
    steps = len(pool["need"])
    held = np.zeros(steps)
    for rank in range(pool["groups"]):
        told = as_told(*planned(pool, rank))
        for i in range(steps):
            during = [hosts for at, hosts, _ in told if i * DT < at < (i + 1) * DT]
            before = [hosts for at, hosts, _ in told if at <= i * DT]
            held[i] += max([before[-1] if before else 0, *during])
    free = np.floor(pool["offered"] * np.maximum(0.0, pool["up"] - pool["need"]) + 1e-6)
    assert (held <= free).all()


@given(
    pools(), st.integers(0, 10_000), st.floats(50.0, 20_000.0), st.floats(0.0, 900.0), st.floats(0.0, 400.0),
    st.floats(0.0, 300.0), st.booleans(),
)  # fmt: skip
@settings(deadline=None)
def test_lives_are_those_of_the_oracle(pool, seed, every, notice, write, restart, saves):
    times, changes, count = planned(pool, 0)
    failures = np.random.default_rng(seed).exponential(40_000.0, 5000)
    rates, end = rates_of(write), len(pool["need"]) * DT
    terms = terms_of(notice, pool["grace"], restart, saves)
    group, lives = new_records((1,), GROUP), new_records((1,), LIFE)
    follow(times, changes, count, end, rates, every, terms[0], failures, group[0], lives[0])
    plain = {0: (0.0, 0.0, 0.0, 0.0)} | {int(r.hosts): tuple(r)[1:] for r in rates[1:]}
    slow = elastic.Group(plain, every, notice, pool["grace"], restart, saves, failures)
    account = slow.live(as_told(times, changes, count), end)
    for name, amount in account.items():
        assert lives[0][name] == pytest.approx(amount, rel=1e-6, abs=1e-3), name
    assert sum(lives[0][name] for name in elastic.PARTS) == pytest.approx(lives[0].paid, rel=1e-9, abs=1e-6)


def steady(between, every, *, hosts=8, write=10.0, years=20, replicas=4):
    """Return useful hours of a group on hosts that are always free, by interval."""
    steps = 365 * 24 * years
    rng = np.random.default_rng(1)
    lives = study(
        np.zeros(steps), np.full(steps, float(hosts)),
        error=np.zeros((replicas, steps)), strike=np.zeros((replicas, steps)), rank=np.zeros(replicas, np.int64),
        failures=between * hosts * rng.standard_exponential((replicas, 50_000)), sizes=np.array([hosts], np.int64),
        rates=np.array([[(0, 0, 0, 0, 0), (hosts, hosts, 0, 0, write)]], RATE).view(np.recarray), groups=1,
        offered=np.array([1.0]), every=np.asarray(every), reserve=0.0, season=24, stay=1, dt=DT,
        terms=terms_of(120.0, 0.0, 60.0, True),
    )  # fmt: skip
    return np.asarray(lives["useful"])[0, 0]


@pytest.mark.parametrize("between", [10_000.0, 40_000.0, 160_000.0])
def test_the_best_interval_is_that_of_young_and_daly_when_evictions_are_memoryless(between):
    every = 50.0 * 2.0 ** np.arange(0.0, 9.0, 0.75)
    found = [peak(every, row)[0] for row in steady(between, every).T]
    best = math.exp(np.mean(np.log(found)))
    assert best == pytest.approx(daly_interval(10.0, between), rel=0.08)
    assert best == pytest.approx(young_interval(10.0, between), rel=0.10)


def test_without_evictions_the_best_interval_is_the_largest():
    every = 60.0 * 2.0 ** np.arange(8.0)
    useful = steady(math.inf, every, years=1)
    assert (np.diff(useful, axis=0) > 0.0).all()
    assert peak(every, useful[:, 0]) == (every[-1], True)
