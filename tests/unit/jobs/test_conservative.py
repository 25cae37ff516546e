"""Conservative backfill with more reservations than one block holds, and in small steps."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.jobs.compiled import CompiledReplay
from dcsim.jobs.disciplines import Conservative
from tests.oracles.job_traces import block, cut, starts

STEPS = [1, 500, 10_000_000]


def earliest(jobs, slots, horizon):
    """Return the first place of each job, one after another, on a grid of seconds."""
    free = np.full(horizon, slots)
    found = []
    for _, need, _, walltime in jobs:
        short = np.concatenate([[0], np.cumsum(free < need)])
        begin = int(np.argmax(short[walltime:] == short[: len(short) - walltime]))
        free[begin : begin + walltime] -= need
        found.append(begin)
    return found


@pytest.mark.parametrize("steps", STEPS)
def test_jobs_at_one_instant_that_keep_their_promise_get_the_first_place_each(steps):
    draw = np.random.default_rng(11)
    spans = np.ceil(draw.lognormal(2.5, 1.2, 3000)).astype(int).tolist()
    jobs = [(0, int(need), span, span) for need, span in zip(draw.integers(1, 41, 3000), spans, strict=True)]
    discipline = Conservative(64, steps=steps)
    found = starts(CompiledReplay([block(jobs)], discipline))
    assert found == earliest(jobs, 64, sum(spans))
    assert len(discipline.profile.order) > 4  # it grew: there were several blocks


def test_in_small_steps_the_schedule_is_the_same():
    draw = np.random.default_rng(12)
    submit = np.sort(draw.integers(0, 200, 400)).astype(float)
    duration = np.ceil(draw.lognormal(2.0, 1.5, 400))
    walltime = duration + draw.integers(0, 2, 400) * np.ceil(draw.exponential(40.0, 400))
    slots = draw.integers(1, 41, 400)
    jobs = list(zip(submit.tolist(), slots.tolist(), duration.tolist(), walltime.tolist(), strict=True))
    found = [starts(CompiledReplay(cut(block(jobs), 150), Conservative(64, steps=steps))) for steps in STEPS]
    assert found[0] == found[1] == found[2]
    assert None not in found[0]
