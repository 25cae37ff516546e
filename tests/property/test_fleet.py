"""The fleet kernels against an oracle that follows each gang second by second, and their conservation laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import FleetInputs, copy_state, look_ahead, new_state
from dcsim.kernels.fleet_outputs import HarvestOutputs, PoolOutputs, ServingOutputs, UserModelOutputs
from tests.oracles.fleet import Fleet
from tests.oracles.fleets import random_fleet, random_inputs

STEPS = 30
seeds = st.integers(0, 2**32 - 1)
loads = st.sampled_from([0.3, 0.7, 1.0, 1.4])


def scene(seed, load, **fields):
    rng = np.random.default_rng(seed)
    constants = random_fleet(rng, **fields)
    return constants, random_inputs(rng, constants, STEPS, load=load)


@settings(max_examples=12)
@given(seed=seeds, load=loads)
def test_agrees_with_the_oracle(seed, load):
    constants, inputs = scene(seed, load, spread=0.0, size=60.0, regions=3, pools=5, classes=2)
    outputs = advance_fleet(constants, inputs, new_state(constants, cohorts=128), STEPS)
    oracle = Fleet(constants)
    for i in range(STEPS):
        row = oracle.step(inputs, i)
        for name in ServingOutputs._fields:
            np.testing.assert_allclose(getattr(outputs.serving, name)[i], row[name], 1e-6, 1e-7, err_msg=f"{name} {i}")
        for name in UserModelOutputs._fields:
            found = getattr(outputs.user_models, name)[i]
            np.testing.assert_allclose(found, row[name], 1e-6, 1e-6, err_msg=f"{name} {i}")
        for table, fields in (("harvest", HarvestOutputs._fields), ("pools", PoolOutputs._fields)):
            for name in fields:
                found = getattr(getattr(outputs, table), name)[i]
                expected = [pool[name] for pool in row[table]]
                np.testing.assert_allclose(found, expected, 1e-6, 1e-5, err_msg=f"{table} {name} {i}")


@given(seed=seeds, load=loads, cut=st.integers(1, STEPS - 1))
def test_a_run_may_be_divided_at_any_step(seed, load, cut):
    constants, inputs = scene(seed, load)
    whole = new_state(constants, cohorts=16)
    first = copy_state(whole)
    expected = advance_fleet(constants, inputs, whole, STEPS)
    before = advance_fleet(constants, inputs, first, cut)
    second = copy_state(first)
    rest = FleetInputs._make(array[cut:] for array in inputs)
    after = advance_fleet(constants, rest, second, STEPS - cut)
    for group in range(4):
        for one, two, both in zip(before[group], after[group], expected[group], strict=True):
            np.testing.assert_array_equal(np.concatenate([one, two]), both)
    assert second.books.tolist() == whole.books.tolist()
    assert second.waiting.tolist() == whole.waiting.tolist()
    for p, book in enumerate(whole.books):
        assert second.cohorts[p, : book.cohorts].tolist() == whole.cohorts[p, : book.cohorts].tolist()
        assert second.suspended[p, : book.suspended].tolist() == whole.suspended[p, : book.suspended].tolist()


@given(seed=seeds, load=loads)
def test_load_is_served_once_and_within_limits(seed, load):
    constants, inputs = scene(seed, load)
    serving, pools, *_ = advance_fleet(constants, inputs, new_state(constants), STEPS)
    offered = inputs.demand[:STEPS]
    reach = offered * (1.0 - inputs.unserved[:STEPS, None, :])
    assert np.all(serving.served <= reach * (1.0 + 1e-9))
    assert np.all(serving.good <= serving.served * (1.0 + 1e-9))
    assert np.all(serving.spilled <= serving.served * (1.0 + 1e-9))
    np.testing.assert_allclose(serving.served.sum(2), serving.assigned.sum(2), 1e-9, 1e-9)
    kinds = constants.pools.kind
    for s, k in enumerate(constants.services.kind):
        dropped = (reach - serving.served)[:, s].sum(1) > 1e-6
        mine = constants.services.kind == k
        at_limit = (serving.assigned[:, mine] / constants.services.limit[mine, None]).sum(axis=(1, 2))
        capacity = ((pools.serving + pools.training + pools.idle) * constants.pools.speed)[:, kinds == k].sum(1)
        closed = np.any(inputs.open[:STEPS] < 1.0, axis=1)
        assert np.all(at_limit <= capacity * (1.0 + 1e-9) + 1e-9)
        unharvested = np.all(pools.lent == 0.0, axis=1)
        full = dropped & ~closed & unharvested
        np.testing.assert_allclose(at_limit[full], capacity[full], 1e-6)


@given(seed=seeds, load=loads, jobs=st.sampled_from([np.inf, 40.0]), cohorts=st.sampled_from([8, 64]))
def test_hosts_and_lent_time_are_conserved(seed, load, jobs, cohorts):
    constants, inputs = scene(seed, load)
    state = new_state(constants, cohorts=cohorts, jobs=jobs)
    outputs = advance_fleet(constants, inputs, state, STEPS)
    pools, harvest = outputs.pools, outputs.harvest
    parts = np.stack(pools[:5])
    assert np.all(parts >= -1e-9)
    np.testing.assert_allclose(parts.sum(0), np.broadcast_to(constants.pools.hosts, parts.shape[1:]), 1e-9)
    spent = harvest.useful + harvest.lost + harvest.checkpoint + harvest.restart + harvest.notice
    np.testing.assert_allclose(harvest.lent, spent + harvest.uncommitted, 1e-9, 1e-6)
    np.testing.assert_allclose(harvest.lent, pools.lent * constants.dt, 1e-9, 1e-6)
    up = inputs.up[:STEPS][:, constants.pools.region] * constants.pools.hosts
    assert np.all(pools.power >= up * constants.pools.idle_power * (1.0 - 1e-9))
    assert np.all(pools.power <= up * constants.pools.peak_power * (1.0 + 1e-9))
    assert np.all(pools.busy <= 1.0 + 1e-9)
    assert state.books["cohorts"].max() <= cohorts
    for p, book in enumerate(state.books):
        running = state.cohorts[p, : book.cohorts]
        waiting = state.suspended[p, : book.suspended]
        group = constants.lending.group[p]
        at_risk = (running["gangs"] * running["compute"]).sum() * group
        assert harvest.uncommitted[:, p].sum() == pytest.approx(at_risk, rel=1e-6, abs=1e-3)
        assert np.all(running["gangs"] > 0)
        assert np.all(waiting["jobs"] > 0)
        alive = running["gangs"].sum() + waiting["jobs"].sum()
        if np.isfinite(jobs):
            assert book.jobs_left + alive + harvest.finished[:, p].sum() == jobs
        done = (running["gangs"] * running["committed"]).sum() + (waiting["jobs"] * waiting["committed"]).sum()
        done += harvest.finished[:, p].sum() * constants.lending.job_steps[p]
        assert harvest.steps[:, p].sum() == pytest.approx(done, rel=1e-9)
        away = np.isfinite(running["notice_left"])
        assert running["gangs"][~away].sum() * group <= constants.pools.hosts[p]


@given(seed=seeds, load=loads)
def test_user_models_are_conserved(seed, load):
    constants, inputs = scene(seed, load, classes=2)
    state = new_state(constants)
    out = advance_fleet(constants, inputs, state, STEPS).user_models
    waiting = out.waiting.sum(axis=(1, 2))
    change = np.diff(waiting, prepend=0.0)
    np.testing.assert_allclose(out.triggered.sum(axis=(1, 2)), out.trained.sum(axis=(1, 2)) + change, 1e-9, 1e-6)
    assert waiting[-1] == pytest.approx(state.waiting["backlog"].sum() + state.waiting["held"].sum())
    assert np.all(out.waiting >= 0.0)
    assert np.all(out.delay >= constants.user_models.work[None, :, None])


@given(seed=seeds)
def test_lending_never_hurts_a_load_that_is_foreseen(seed):
    rng = np.random.default_rng(seed)
    constants = random_fleet(rng, regions=1, pools=3, classes=0)
    constants = constants._replace(pools=constants.pools._replace(speed=np.ones(3)))
    inputs = random_inputs(rng, constants, STEPS, load=0.9, drills=False)
    nothing = constants._replace(lending=constants.lending._replace(group=np.zeros(3, np.int64)))
    lent = advance_fleet(constants, inputs, new_state(constants), STEPS)
    kept = advance_fleet(nothing, inputs, new_state(nothing), STEPS)
    np.testing.assert_allclose(lent.serving.served, kept.serving.served, 1e-9)
    np.testing.assert_allclose(lent.serving.active, kept.serving.active, 1e-9, 1e-9)
    assert kept.harvest.lent.sum() == 0.0


@given(seed=seeds, load=loads)
def test_folding_into_means_changes_neither_load_nor_loans(seed, load):
    constants, inputs = scene(seed, load)
    many = advance_fleet(constants, inputs, new_state(constants, cohorts=256), STEPS)
    few = advance_fleet(constants, inputs, new_state(constants, cohorts=16), STEPS)
    for name in ("served", "good", "spilled", "assigned"):
        np.testing.assert_allclose(getattr(many.serving, name), getattr(few.serving, name), 1e-9, 1e-9)
    np.testing.assert_array_equal(many.harvest.started, few.harvest.started)
    np.testing.assert_array_equal(many.harvest.evicted, few.harvest.evicted)
    np.testing.assert_allclose(many.harvest.lent, few.harvest.lent, 1e-9)


def test_look_ahead_is_the_longest_notice_that_counts():
    constants = random_fleet(np.random.default_rng(5), pools=4)
    terms = constants.lending._replace(
        group=np.array([0, 2, 2, 2]), notice=np.array([9000.0, 301.0, 0.0, 120.0])
    )
    assert look_ahead(constants._replace(lending=terms)) == 2
