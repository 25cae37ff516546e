"""Figures of learning: error, steps and time by batch, and the trade of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.learning.accuracy import error_after, largest_batch
from dcsim.learning.batch import examples_ratio, step_progress, steps_ratio
from dcsim.learning.groups import trade
from dcsim.learning.target import recipe_time
from dcsim.validation.steps import answer_of

if TYPE_CHECKING:
    from dcsim.spec.learning import Learning
    from dcsim.validation.bench import Bench
    from dcsim.validation.forms import LearningForm, TradeForm

__all__ = ["predict_learning", "predict_trade"]

_RATIOS = {"steps": steps_ratio, "examples": examples_ratio, "progress": step_progress}


def predict_learning(form: LearningForm, bench: Bench) -> float:
    """Return a quantity of a learning workload; errors as shares.

    Raises
    ------
    InputError
        For a workload that is unknown and a step that cannot be predicted.
    ValueError
        For a workload whose large-batch edge is not known.
    """
    learning: Learning = bench.entry("learning", form.workload)
    if form.quantity in _RATIOS:
        critical = learning.critical_batch
        return _RATIOS[form.quantity]((form.critical or 1.0) * critical, critical)
    if form.step is not None and form.epochs is not None:
        answer = answer_of(form.step, bench)
        return recipe_time(learning, epochs=form.epochs, samples=answer.samples, step_s=answer.step_s).time_s
    if learning.edge is None:
        raise ValueError(f"'{form.workload}' does not say how its error depends on the batch; add 'edge:'")
    if form.batch is not None:
        return error_after(learning.edge, form.batch) / 100.0
    return largest_batch(learning.edge, form.rise or 0.0)


def predict_trade(form: TradeForm, bench: Bench) -> float:  # noqa: ARG001  # the signature of every predictor
    """Return what groups of machines train.

    Raises
    ------
    ValueError
        For a group that is larger than all machines.
    """
    found = trade(form.machines, form.machines, form.work, [form.size], [form.speedup])
    return float(found.rate[0] if form.quantity == "rate_per_s" else found.wait_s[0])
