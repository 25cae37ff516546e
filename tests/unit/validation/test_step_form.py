"""Steps that rows ask for are questions of the predictor."""

from __future__ import annotations

from dataclasses import fields

import pytest
from pydantic import ValidationError

from dcsim.prediction.question import Question
from dcsim.validation.step_form import StepForm

NEEDED = {"model": "resnet50", "server": "dgx1_p100"}


def test_defaults_are_those_of_the_question():
    assert StepForm(**NEEDED, quantity="step_s").question == Question(**NEEDED)


def test_every_field_of_the_question_can_be_asked():
    known = {"bucket_bytes" if name == "bucket" else name for name in StepForm.model_fields} - {"quantity"}
    assert known == {field.name for field in fields(Question)}
    asked = {
        "cores": 4, "hosts": 2, "gpus": 16, "recompute": True, "synchronous": True, "region": "lulea",
        "microbatches": 3, "network": "packet", "precision": "mixed", "data": "real",
    }  # fmt: skip
    found = StepForm(**NEEDED, **asked, bucket="1 MiB", quantity="step_s").question
    assert found == Question(**NEEDED, **asked, bucket_bytes=2.0**20)


@pytest.mark.parametrize(
    "wrong",
    [{"precision": "fp33"}, {"network": "flaw"}, {"bucket": 3}, {"cores": "3"}, {"bucket_bytes": 3.0}, {"data": "x"}],
)
def test_what_a_file_may_not_say(wrong):
    with pytest.raises(ValidationError):
        StepForm(**NEEDED, **wrong, quantity="step_s")
