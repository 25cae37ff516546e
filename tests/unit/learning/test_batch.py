"""Steps and samples to a target, by batch."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dcsim.learning.batch import examples_needed, examples_ratio, step_progress, steps_ratio


def learning(examples_min=1000.0, critical_batch=50.0, budget=None):
    return SimpleNamespace(examples_min=examples_min, critical_batch=critical_batch, budget=budget)


def test_the_critical_batch_doubles_both():
    assert steps_ratio(50.0, 50.0) == examples_ratio(50.0, 50.0) == 2.0
    assert step_progress(50.0, 50.0) == 0.5


def test_by_hand():
    assert examples_needed(learning(), 25.0) == 1500.0
    assert examples_needed(learning(), 200.0) == 5000.0


def test_a_recipe_is_never_cut_short():
    recipe = learning(budget=1500.0)
    assert examples_needed(recipe, 1.0) == examples_needed(recipe, 25.0) == 1500.0
    assert examples_needed(recipe, 50.0) == 2000.0


@pytest.mark.parametrize("batch", [0.0, -1.0, float("nan")])
def test_empty_batches_are_refused(batch):
    with pytest.raises(ValueError, match="batch above zero"):
        examples_needed(learning(), batch)
