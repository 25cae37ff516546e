"""Which predictor answers which form, and the arithmetic over them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dcsim.validation.collectives import predict_collective, predict_fit
from dcsim.validation.counts import predict_catalogue, predict_count
from dcsim.validation.devices import predict_device
from dcsim.validation.learning import predict_learning, predict_trade
from dcsim.validation.steps import predict_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.validation.bench import Bench
    from dcsim.validation.forms import Form

__all__ = ["predict_form"]

_PREDICTORS: dict[str, Callable[[Any, Bench], float]] = {
    "step": predict_step,
    "device": predict_device,
    "collective": predict_collective,
    "fit": predict_fit,
    "count": predict_count,
    "learning": predict_learning,
    "trade": predict_trade,
    "catalogue": predict_catalogue,
}


def predict_form(form: Form, bench: Bench) -> float:
    """Return what a form predicts, in SI units.

    Raises
    ------
    InputError, ValueError
        When it cannot be predicted.
    """
    (kind,) = form.model_fields_set
    given: Any = form.given
    if kind == "number":
        return float(given)
    if kind == "times":
        return math.prod(predict_form(part, bench) for part in given)
    if kind in {"ratio", "change"}:
        ratio = predict_form(given.of, bench) / predict_form(given.over, bench)
        return ratio - 1.0 if kind == "change" else ratio
    return _PREDICTORS[kind](given, bench)
