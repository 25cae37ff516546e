"""What holds for every workload: the hyperbola of steps and samples, and fewer steps with larger batches."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.learning.accuracy import error_after, largest_batch
from dcsim.learning.asynchrony import fresh_progress
from dcsim.learning.batch import examples_needed, examples_ratio, steps_ratio
from dcsim.learning.target import recipe_time, to_target

BATCHES = st.floats(1.0, 1e6)
EDGES = st.builds(
    SimpleNamespace,
    error=st.floats(1.0, 50.0), slope=st.floats(0.1, 10.0), batch=BATCHES, sharpness=st.floats(1.0, 8.0),
)  # fmt: skip


@st.composite
def workloads(draw):
    fewest = draw(st.floats(1e3, 1e9))
    return SimpleNamespace(
        examples_min=fewest, critical_batch=draw(BATCHES), epoch=draw(st.integers(100, 10_000_000)),
        budget=draw(st.one_of(st.none(), st.floats(1.0, 10.0).map(lambda times: times * fewest))),
        evaluation=draw(st.integers(0, 100_000)), start=draw(st.floats(0.0, 100.0)),
        momentum=draw(st.floats(0.0, 0.99)), replica_exponent=draw(st.floats(0.0, 1.0)),
        replica_age=draw(st.floats(0.0, 20.0)),
    )  # fmt: skip


@given(batch=BATCHES, critical=BATCHES)
def test_steps_and_samples_lie_on_a_hyperbola(batch, critical):
    assert (steps_ratio(batch, critical) - 1.0) * (examples_ratio(batch, critical) - 1.0) == pytest.approx(1.0)
    fewest_steps = 1.0 / critical  # in units of the fewest samples
    assert steps_ratio(batch, critical) * fewest_steps * batch == pytest.approx(examples_ratio(batch, critical))


@given(learning=workloads(), batch=BATCHES, more=BATCHES)
def test_a_larger_batch_takes_no_more_steps_and_no_fewer_samples(learning, batch, more):
    one = to_target(learning, samples=batch, step_s=1.0)
    larger = to_target(learning, samples=batch + more, step_s=1.0)
    assert larger.steps <= one.steps
    assert examples_needed(learning, batch + more) >= examples_needed(learning, batch)
    assert one.steps * batch >= learning.examples_min * (1.0 - 1e-9)
    assert one.time_s == pytest.approx(one.training_s + one.evaluation_s + one.start_s)


@given(learning=workloads(), batch=BATCHES, age=st.floats(0.0, 1000.0), more=st.floats(0.0, 1000.0))
def test_older_gradients_never_learn_faster(learning, batch, age, more):
    assert 0.0 < fresh_progress(age + more, learning.momentum) <= fresh_progress(age, learning.momentum) <= 1.0
    old, older = (to_target(learning, samples=batch, step_s=1.0, age=years) for years in (age, age + more))
    assert older.steps >= old.steps >= to_target(learning, samples=batch, step_s=1.0).steps


@given(learning=workloads(), batch=BATCHES, replicas=st.integers(2, 200), age=st.floats(0.0, 1e4))
def test_replicas_take_no_more_steps_than_one_and_no_fewer_samples(learning, batch, replicas, age):
    one = to_target(learning, samples=batch, step_s=1.0)
    all_of_them, older = (
        to_target(learning, samples=batch * replicas, step_s=1.0, replicas=replicas, age=years)
        for years in (age, age + 10.0)
    )
    assert all_of_them.steps <= older.steps <= one.steps
    gain = replicas**learning.replica_exponent
    assert all_of_them.steps >= (one.steps - 1) / gain * (1.0 - 1e-9)


@given(learning=workloads(), epochs=st.floats(0.1, 100.0), batch=BATCHES, step=st.floats(1e-3, 10.0))
def test_a_recipe_is_in_proportion_to_the_step(learning, epochs, batch, step):
    one = recipe_time(learning, epochs=epochs, samples=batch, step_s=step)
    two = recipe_time(learning, epochs=epochs, samples=batch, step_s=2.0 * step)
    assert two.time_s - two.start_s == pytest.approx(2.0 * (one.time_s - one.start_s))
    assert one.epochs >= epochs * (1.0 - 1e-9)


@given(learning=workloads(), batch=BATCHES, replicas=st.integers(2, 200), every=st.integers(1, 10**6))
def test_averages_learn_between_synchronous_training_and_one_replica(learning, batch, replicas, every):
    one = to_target(learning, samples=batch, step_s=1.0)
    synchronous = to_target(learning, samples=batch * replicas, step_s=1.0)
    often, seldom = (
        to_target(learning, samples=batch * replicas, step_s=1.0, averaged=replicas, every=steps)
        for steps in (every, 2 * every)
    )
    assert synchronous.steps <= often.steps <= seldom.steps <= one.steps
    at_once = to_target(learning, samples=batch * replicas, step_s=1.0, averaged=replicas)
    assert at_once.steps == synchronous.steps


@given(edge=EDGES, batch=BATCHES, more=BATCHES)
def test_error_never_falls_with_the_batch(edge, batch, more):
    assert error_after(edge, batch + more) >= error_after(edge, batch) >= edge.error


@given(edge=EDGES, rise=st.floats(0.01, 20.0))
def test_the_largest_batch_is_where_the_error_has_risen(edge, rise):
    assert error_after(edge, largest_batch(edge, rise)) == pytest.approx(edge.error + rise)
