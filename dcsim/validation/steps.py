"""Figures of training steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.prediction.answer import Answer
    from dcsim.validation.bench import Bench
    from dcsim.validation.step_form import StepForm

__all__ = ["answer_of", "predict_step"]


def answer_of(form: StepForm, bench: Bench) -> Answer:
    """Return the whole prediction of a step.

    Raises
    ------
    InputError
        When the step cannot be predicted.
    """
    return bench.answer(form.question)


def predict_step(form: StepForm, bench: Bench) -> float:
    """Return a quantity of a step.

    Raises
    ------
    InputError
        When the step cannot be predicted.
    ValueError
        When the quantity does not exist for it, such as tokens of a model of images.
    """
    value = getattr(answer_of(form, bench), form.quantity)
    if value is None:
        raise ValueError(f"there is no {form.quantity} here")
    return float(value)
