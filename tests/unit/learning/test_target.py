"""Steps and time to a target, and of a recipe."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dcsim.learning.target import recipe_time, to_target

STEP = 0.5


def learning(**changes):
    fields = {
        "examples_min": 10_000.0, "critical_batch": 100.0, "budget": None, "epoch": 1000, "evaluation": 30,
        "start": 7.0, "momentum": 0.9, "replica_exponent": 0.5, "replica_age": 20.0,
    }  # fmt: skip
    return SimpleNamespace(**{**fields, **changes})


def test_synchronous_by_hand():
    """100 samples a step: 20,000 samples in 200 steps, twenty epochs, 30 evaluations each at a third of the work."""
    found = to_target(learning(), samples=100, step_s=STEP)
    assert (found.steps, found.samples, found.epochs) == (200, 20_000, 20.0)
    assert (found.training_s, found.start_s) == (100.0, 7.0)
    assert found.evaluation_s == pytest.approx(20 * 30 / 3.0 * STEP / 100)
    assert found.time_s == pytest.approx(100.0 + 1.0 + 7.0)


def test_steps_and_epochs_are_rounded_up():
    found = to_target(learning(), samples=99, step_s=STEP)
    assert found.steps == 202  # 10,000 x 1.99 / 99 = 201.01
    assert found.evaluation_s == pytest.approx(20 * 30 / 3.0 * STEP / 99)
    assert to_target(learning(examples_min=5.0), samples=100, step_s=STEP).steps == 1


def test_workers_of_their_own_pace_update_with_small_batches():
    """Four workers of 25 samples: 12,500 samples are needed, as at batch 25, and momentum covers an age of three."""
    found = to_target(learning(), samples=100, step_s=STEP, updates=4, age=3)
    assert found.steps == 125
    old = to_target(learning(momentum=0.5), samples=100, step_s=STEP, updates=4, age=3)
    assert old.steps == 250


def test_replicas_learn_by_the_root_of_their_number():
    """Sixteen nodes of 100: each would take 200 steps alone, together a quarter of them up to the known age.

    Twice as old (41 + 1 of 20 + 1 steps), they learn 2.5 times as fast: 80 steps.
    """
    found = to_target(learning(momentum=0.0), samples=1600, step_s=STEP, replicas=16, age=20)
    assert found.steps == 50
    assert found.samples == 80_000
    older = to_target(learning(momentum=0.0), samples=1600, step_s=STEP, replicas=16, age=41)
    assert older.steps == 80


def test_replicas_that_are_averaged_end_up_as_one():
    """Four of 25: every step as 100 at once (200 steps); every other as 200 (30,000 samples, 300); else 25 (500)."""
    steps = [to_target(learning(), samples=100, step_s=STEP, averaged=4, every=every).steps for every in (1, 2, 100)]
    assert steps == [200, 300, 500]
    assert to_target(learning(), samples=25, step_s=STEP).steps == 500


def test_a_recipe_by_hand():
    found = recipe_time(learning(), epochs=90, samples=64, step_s=STEP)
    assert found.steps == 1407  # 1406.25
    assert found.time_s == pytest.approx(1407 * STEP + 90 * 30 / 3.0 * STEP / 64 + 7.0)


@pytest.mark.parametrize(
    "wrong", [{"samples": 0}, {"step_s": 0.0}, {"updates": 0}, {"replicas": 0}, {"averaged": 0}]
)
def test_impossible_steps_are_refused(wrong):
    with pytest.raises(ValueError, match="above zero"):
        to_target(learning(), **{"samples": 100, "step_s": STEP, **wrong})


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"step_s": 0.0}, {"epochs": 0}])
def test_impossible_recipes_are_refused(wrong):
    with pytest.raises(ValueError, match="above zero"):
        recipe_time(learning(), **{"samples": 100, "step_s": STEP, "epochs": 1, **wrong})
