"""How a row asks for a training step: whatever ``dcsim.prediction.Question`` knows, under the same names."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Literal, get_type_hints

from pydantic import create_model

from dcsim.prediction.question import Data, Question, StepPrecision
from dcsim.spec.base import NonNegativeBytes, Spec
from dcsim.spec.network import Fidelity

__all__ = ["StepForm"]

_WRITTEN: dict[str, Any] = {"precision": StepPrecision, "data": Data, "bucket_bytes": NonNegativeBytes | None}
"""Fields that a file writes as something else than the question keeps: a word of several, a number with a unit."""
_NAMES = {"bucket_bytes": "bucket"}


def _asked() -> dict[str, Any]:
    """Return name, type and default of every field of a question."""
    hints = get_type_hints(Question, localns={"Fidelity": Fidelity}) | _WRITTEN
    return {
        _NAMES.get(field.name, field.name): (hints[field.name], ... if field.default is MISSING else field.default)
        for field in fields(Question)
    }


_Asked = create_model("_Asked", __base__=Spec, **_asked())


class StepForm(_Asked):
    """A training step, as ``dcsim step`` predicts it: all fields of ``dcsim.prediction.Question``, and what of it.

    ``bucket`` stands for its ``bucket_bytes``, with a unit.

    Parameters
    ----------
    quantity : str
        Field of the ``Answer``.
    """

    quantity: Literal[
        "step_s", "compute_s", "forward_s", "backward_s", "optimiser_s", "exposed_communication_s", "input_stall_s",
        "throughput_per_s", "tokens_per_s", "efficiency", "efficiency_of_device", "efficiency_of_box", "memory_bytes",
        "largest_batch", "sent_bytes", "power_w", "steps_to_target", "time_to_target_s",
    ]  # fmt: skip

    @property
    def question(self) -> Question:
        """What is asked of the predictor."""
        return Question(**{field.name: getattr(self, _NAMES.get(field.name, field.name)) for field in fields(Question)})
