"""Cuts and schedules of pipelines against slow ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.kernels.pipeline import cut, pass_at, run_stages
from tests.oracles import pipeline as slow

costs = st.lists(st.integers(0, 20), min_size=1, max_size=9)
seconds = st.integers(0, 12)


@given(costs=costs, share=st.floats(0.0, 1.0))
def test_no_cut_is_better(costs: list[int], share: float) -> None:
    stages = 1 + int(share * (len(costs) - 1))
    ends = cut(np.array(costs, float), stages).tolist()
    runs = [costs[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    assert ends[-1] == len(costs)
    assert all(runs)
    assert max(sum(run) for run in runs) == slow.smallest_dearest_run(costs, stages)


@pytest.mark.parametrize("schedule", ["gpipe", "1f1b"])
@pytest.mark.parametrize("stages", [1, 2, 3, 5])
@pytest.mark.parametrize("micro", [1, 2, 4, 7])
def test_order_of_the_passes(schedule: str, stages: int, micro: int) -> None:
    for stage, wanted in enumerate(slow.orders(stages, micro, schedule)):
        found = [pass_at(place, stage, stages, micro, schedule == "1f1b") for place in range(2 * micro)]
        assert [("F", i) if i >= 0 else ("B", -1 - i) for i in found] == wanted


@settings(max_examples=60)
@given(
    stages=st.lists(st.tuples(seconds, seconds, seconds, seconds), min_size=1, max_size=5), micro=st.integers(1, 6),
    schedule=st.sampled_from(["gpipe", "1f1b"]), blocking=st.booleans(),
)  # fmt: skip
def test_every_pass_begins_when_the_slow_one_says(stages, micro: int, schedule: str, blocking: bool) -> None:
    forward, backward, send, back = (list(map(float, column)) for column in zip(*stages, strict=True))
    arrays = (np.array(forward), np.array(backward), np.array(send), np.array(back))
    begin, sent = run_stages(*arrays, micro, schedule == "1f1b", blocking)
    wanted = slow.pipeline(forward, backward, send, back, micro, schedule, blocking=blocking)
    for (stage, which, i), (start, end) in wanted.items():
        slot = i if which == "F" else micro + i
        assert begin[stage, slot] == start
        if not np.isnan(sent[stage, slot]):
            assert sent[stage, slot] >= end
    assert np.isnan(sent).sum() == 2 * micro  # the last stage's forward passes, the first one's backward passes


@pytest.mark.parametrize("alternate", [False, True])
@pytest.mark.parametrize(("stages", "micro"), [(1, 4), (2, 1), (4, 4), (4, 16), (8, 3)])
def test_equal_stages_take_as_long_as_the_formula(stages: int, micro: int, alternate: bool) -> None:
    """(m + s - 1)(f + b), of which (s - 1) / (m + s - 1) are bubbles (Huang et al. 2019)."""
    forward, backward = np.full(stages, 1.5), np.full(stages, 3.0)
    begin, _ = run_stages(forward, backward, np.zeros(stages), np.zeros(stages), micro, alternate, False)
    assert (begin[:, micro:] + 3.0).max() == (micro + stages - 1) * 4.5
