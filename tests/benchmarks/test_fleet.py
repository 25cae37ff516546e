"""Speed of the fleet kernels: ``pytest tests/benchmarks``; the aim is 15 microseconds a step with 100 cohorts."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import look_ahead, new_state
from tests.oracles.fleets import random_fleet, random_inputs

pytest.importorskip("pytest_benchmark")

STEPS = 288


@pytest.mark.parametrize(("lend", "cohorts", "load"), [
    (False, 8, 0.5), (False, 8, 1.2), (True, 8, 0.5), (True, 64, 0.5), (True, 64, 1.2),
])  # fmt: skip
def test_a_day_of_nine_services_twelve_regions_and_24_pools(benchmark, lend, cohorts, load):
    rng = np.random.default_rng(1)
    constants = random_fleet(rng, services=9, regions=12, kinds=3, pools=24, size=20000.0)
    if not lend:
        constants = constants._replace(lending=constants.lending._replace(group=np.zeros(24, np.int64)))
    inputs = random_inputs(rng, constants, STEPS, load=load)
    assert len(inputs.demand) == STEPS + look_ahead(constants)
    advance_fleet(constants, inputs, new_state(constants, cohorts=cohorts), STEPS)  # compile

    def day():
        state = new_state(constants, cohorts=cohorts)
        outputs = advance_fleet(constants, inputs, state, STEPS)
        return state, outputs

    state, outputs = benchmark(day)
    assert (outputs.harvest.lent.sum() > 0.0) == lend
    benchmark.extra_info["cohorts"] = int(state.books["cohorts"].sum())
    if benchmark.stats:
        benchmark.extra_info["us_per_step"] = 1e6 * benchmark.stats.stats.median / STEPS
