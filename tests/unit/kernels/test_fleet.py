"""The driver: shapes, refusals, the same numbers with and without compilation, and no numba where none is needed."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import copy_state, new_state
from dcsim.kernels.fleet_outputs import (
    HARVEST_COLUMNS,
    HarvestOutputs,
    PoolOutputs,
    ServingOutputs,
    UserModelOutputs,
)
from dcsim.trace.tables import TABLES
from tests.oracles.fleets import one_region, random_fleet, random_inputs, steady

DIGEST = """
import hashlib, numpy as np
from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import new_state
from tests.oracles.fleets import random_fleet, random_inputs
rng = np.random.default_rng(3)
constants = random_fleet(rng, size=200.0)
outputs = advance_fleet(constants, random_inputs(rng, constants, 30, load=1.0), new_state(constants, cohorts=8), 30)
for table in outputs:
    for name, values in table._asdict().items():
        print(name, hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest())
"""


def digests(**environment):
    command = [sys.executable, "-c", DIGEST]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment)
    return done.stdout.splitlines()


def test_compiled_and_interpreted_kernels_agree_to_the_last_bit():
    compiled = digests(NUMBA_DISABLE_JIT="0")
    assert len(compiled) == 29
    assert digests(NUMBA_DISABLE_JIT="1") == compiled


def test_inputs_and_outputs_load_no_numba():
    code = "import sys, dcsim.kernels.fleet_arrays, dcsim.kernels.fleet_outputs; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("serving", [f"{name}_hosts" for name in ServingOutputs._fields]),
        ("pools", [*(f"{name}_hosts" for name in PoolOutputs._fields[:5]), "busy_ratio", "power_w"]),
        ("harvest", HARVEST_COLUMNS),
    ],
)
def test_outputs_are_columns_of_the_tables(table, columns):
    assert set(columns) <= {column.name for column in TABLES[table].columns}
    assert len(HARVEST_COLUMNS) == len(HarvestOutputs._fields)
    for column, field in zip(HARVEST_COLUMNS, HarvestOutputs._fields, strict=True):
        assert column.startswith(field)


def test_shapes():
    rng = np.random.default_rng(0)
    constants = random_fleet(rng, services=3, regions=2, pools=5, classes=2)
    out = advance_fleet(constants, random_inputs(rng, constants, 7), new_state(constants), 7)
    assert {array.shape for array in out.serving} == {(7, 3, 2)}
    assert {array.shape for array in (*out.pools, *out.harvest)} == {(7, 5)}
    assert {array.shape for array in out.user_models} == {(7, 2, 2)}
    assert len(out.user_models) == len(UserModelOutputs._fields)


def test_no_step_changes_nothing():
    rng = np.random.default_rng(0)
    constants = random_fleet(rng)
    state = new_state(constants)
    before = copy_state(state)
    out = advance_fleet(constants, random_inputs(rng, constants, 0), state, 0)
    assert out.pools.lent.shape == (0, 8)
    assert all(np.array_equal(one, other) for one, other in zip(state, before, strict=True))


def test_inputs_must_reach_as_far_as_the_notice():
    constants = one_region(notice=400.0)
    inputs = steady(constants, 3, [10.0])
    with pytest.raises(ValueError, match="4 steps need 6 rows of input, look-ahead included; got 5"):
        advance_fleet(constants, inputs, new_state(constants), 4)


def test_few_places_are_refused():
    with pytest.raises(ValueError, match="at least 8"):
        new_state(one_region(), cohorts=7)


def test_a_copy_of_the_state_is_its_own():
    constants = one_region()
    state = new_state(constants, jobs=100.0)
    other = copy_state(state)
    advance_fleet(constants, steady(constants, 2, [100.0]), state, 2)
    assert state.books["jobs_left"][0] == 20.0
    assert other.books["jobs_left"][0] == 100.0


def test_inputs_are_left_alone():
    constants = one_region()
    inputs = steady(constants, 2, [100.0])
    inputs.up[:] = 0.5
    advance_fleet(constants, inputs, new_state(constants), 2)
    assert np.all(inputs.open == 1.0)


def test_a_fleet_without_hosts_serves_nothing():
    constants = one_region(hosts=0.0)
    out = advance_fleet(constants, steady(constants, 2, [100.0]), new_state(constants), 2)
    assert out.serving.served.sum() == 0.0
    assert np.stack(out.pools).sum() == 0.0


def test_a_day_by_hand():
    """Twelve hours at 200 and twelve at 300 fully busy hosts out of 1000; gangs of 10 with a reserve of nothing."""
    constants = one_region(notice=100.0)
    day = np.r_[np.full(144, 200.0), np.full(144, 300.0)]
    out = advance_fleet(constants, steady(constants, 288, day), new_state(constants), 288)
    half = 12 * 3600.0
    assert out.harvest.lent.sum() == pytest.approx(half * (600.0 + 400.0))
    # 60 s of restart, cycles of 1020 s: 42 whole ones and 240 s in the first half, 300 s of notice included
    kept, long = half - 60.0, 86400.0 - 60.0
    assert kept == 42 * 1020.0 + 300.0
    assert long == 84 * 1020.0 + 660.0
    assert out.harvest.restart.sum() == pytest.approx(600 * 60.0)
    assert out.harvest.useful.sum() == pytest.approx(400 * 84 * 1000.0 + 200 * (42 * 1000.0 + 200.0))
    assert out.harvest.checkpoint.sum() == pytest.approx(400 * 84 * 20.0 + 200 * 43 * 20.0)
    assert out.harvest.notice.sum() == pytest.approx(200 * 80.0)
    assert out.harvest.uncommitted.sum() == pytest.approx(400 * 660.0)
    assert out.harvest.lost.sum() == 0.0
    assert out.harvest.checkpoint_bytes.sum() == pytest.approx(5e9 * (40 * 84 + 20 * 43))
