"""What must hold of any model's memory, against a step replayed call by call."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.compute.memory import footprint
from dcsim.compute.optimiser import FORMATS, Rule, format_of
from dcsim.spec.model import MlModel
from tests.oracles.memory import best_pieces, largest_by_counting, peak_of_a_step

CALLS = st.tuples(
    st.integers(0, 10_000), st.integers(0, 1000), st.integers(0, 1000), st.booleans(), st.integers(1, 4),
)  # fmt: skip
TABLES = st.tuples(st.integers(1, 50), st.integers(1, 8), st.integers(1, 8))
TRAINED = st.sampled_from([name for name, size in FORMATS.items() if size.trains])
RULES = st.builds(Rule, states=st.integers(0, 3), row_states=st.just(0), read=st.just(2), written=st.just(1))


def _model(calls, tables=()):
    layers = [
        {"name": "a", "kind": "elementwise", "flops": "1 FLOP", "read": f"{read} B", "write": f"{write} B",
         "weights": "0 B", "parameters": parameters, "in_place": over, "repeat": repeat}
        for parameters, read, write, over, repeat in calls
    ]  # fmt: skip
    layers += [
        {"name": "t", "kind": "embedding", "flops": "1 FLOP", "read": f"{4 * rows * columns} B", "write": "4 B",
         "weights": "0 B", "parameters": height * columns, "rows": rows, "columns": columns}
        for height, rows, columns in tables
    ]  # fmt: skip
    return MlModel.model_validate({
        "title": "m", "assumption": "test", "family": "MLP", "layers": layers, "backward_ratio": 2.0,
        "served_bytes": "1 MB", "training_state": 1.0, "gradient_bytes": "1 B" if tables else None,
    })  # fmt: skip


@given(st.lists(CALLS, min_size=1, max_size=6), st.integers(1, 64), TRAINED, RULES)
def test_no_step_needs_more_than_is_said_and_little_less(calls, batch, precision, rule):
    model, size = _model(calls), format_of(precision)
    single = [(parameters, read, write, over) for parameters, read, write, over, times in calls for _ in range(times)]
    peak = peak_of_a_step(single, batch, size.value, rule.states, size.master)
    found = footprint(model, precision, rule).memory(batch)
    assert peak <= found.total * (1 + 1e-12)
    assert found.total - found.workspace <= peak * (1 + 1e-12)


@settings(deadline=None)
@given(
    st.lists(CALLS, min_size=1, max_size=4), st.lists(TABLES, max_size=3), TRAINED, RULES, st.floats(0, 3),
)  # fmt: skip
def test_the_largest_batch_is_the_one_that_counting_finds(calls, tables, precision, rule, room):
    needs = footprint(_model([*calls, (10, 100, 100, False, 1)], tables), precision, rule)
    capacity = needs.memory(0).total + room * 100 * (needs.activations + needs.passing) / 3
    assert needs.largest_batch(capacity) == largest_by_counting(
        lambda batch: needs.memory(batch).total, capacity, 120
    )


@given(st.lists(CALLS, min_size=1, max_size=6), st.lists(TABLES, max_size=3), TRAINED, RULES, st.integers(1, 1000))
def test_more_samples_never_need_less(calls, tables, precision, rule, batch):
    needs = footprint(_model(calls, tables), precision, rule)
    assert needs.memory(batch).total <= needs.memory(batch + 1).total


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9))
def test_recomputation_lies_between_the_best_pieces_and_none(writes):
    calls = [(0, 0, write, False, 1) for write in writes]
    rule = Rule(states=0, row_states=0, read=2, written=1)
    kept = footprint(_model(calls), "fp32", rule, recompute=True).activations
    assert best_pieces(writes) <= kept <= sum(writes)


@given(st.lists(CALLS, min_size=1, max_size=6), TRAINED, RULES, st.integers(1, 8))
def test_equal_parts_hold_the_whole(calls, precision, rule, parts):
    whole = footprint(_model(calls), precision, rule).memory(7)
    part = footprint(_model(calls), precision, rule, share=1 / parts, activation_share=1 / parts).memory(7)
    for name in ("parameters", "gradients", "optimiser", "activations"):
        assert math.isclose(parts * getattr(part, name), getattr(whole, name), rel_tol=1e-9)
