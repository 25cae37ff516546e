"""What workload specs refuse, and what they leave out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dcsim.spec.model import MlModel
from dcsim.spec.service import Service
from dcsim.spec.training import TrainingRecipe

LAYER = {
    "name": "dense", "kind": "gemm", "flops": "2 MFLOP", "read": "4 kB", "write": "4 kB", "weights": "4 MB",
    "parameters": 1000, "rows": 1, "depth": 1000, "columns": 1000,
}  # fmt: skip
EMPTY = {
    "name": "nothing", "kind": "elementwise", "flops": "0 FLOP", "read": "0 B", "write": "0 B", "weights": "0 B",
    "parameters": 0,
}  # fmt: skip
MODEL = {
    "title": "m", "assumption": "test", "family": "MLP", "layers": [LAYER], "backward_ratio": 2.0,
    "served_bytes": "4 kB", "training_state": 2.0,
}  # fmt: skip
RECIPE = {
    "title": "r", "assumption": "test", "model": "m", "server_kind": "gpu", "hosts": 2,
    "batch_per_device": 32, "collective": "ring", "overlap": 0.5, "duration": "1 h",
    "reference_server": "s", "reference_sled": "s",
    "checkpoint_every": "10 min", "checkpoint_storage": "local", "on_notice": "drop", "restart_time": "0 s",
}  # fmt: skip
SERVICE: dict[str, Any] = {
    "title": "s", "assumption": "test", "printed": {}, "algorithms": ["MLP"],
    "serving": {
        "kind": "dual_socket", "relative_capacity": 1.0, "load": {"profile": "flat"},
        "utilisation_target": "60 %", "utilisation_limit": 0.8, "service_time": "10 ms",
        "latency_budget": "100 ms",
    },
    "training": {
        "recipe": "r", "every": {"period": "1 day", "models": 3},
        "workflow": {
            "data": {"duration": "1 h"}, "train": {"after": ["data"], "train": True},
            "publish": {"after": ["train"], "duration": "1 h"},
        },
    },
    "staleness": {"target": "2 days", "quality_loss": {"kind": "log", "per": "1 day", "loss": 0.01}},
}  # fmt: skip


def changed(entry: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Copy nested mappings along a dotted path and set its end."""
    head, _, rest = path.partition(".")
    return {**entry, head: changed(entry.get(head, {}), rest, value) if rest else value}


def test_defaults() -> None:
    assert MlModel.model_validate(MODEL).gradient_bytes is None
    recipe = TrainingRecipe.model_validate(RECIPE)
    assert (recipe.precision, recipe.sync_every, recipe.dataset) == ("fp32", 1, None)
    service = Service.model_validate(SERVICE)
    assert service.serving.load.generator == "diurnal"
    assert service.serving.utilisation_target == 0.6
    assert service.training is not None
    assert service.training.every.generator == "cadence"
    assert service.user_models is None


def test_units_become_si() -> None:
    layer = MlModel.model_validate(MODEL).layers[0]
    assert (layer.flops, layer.weights, layer.repeat) == (2e6, 4e6, 1)
    assert TrainingRecipe.model_validate(RECIPE).duration == 3600.0


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("layers", [], "at least 1 item"),
        ("layers", [{**LAYER, "kind": "dense"}], "Input should be 'gemm'"),
        ("layers", [{**LAYER, "repeat": 0}], "greater than or equal to 1"),
        ("layers", [{**LAYER, "flops": 2e6}], "needs a number and a unit"),
        ("layers", [EMPTY], "computes or moves"),
        ("family", "GPT", "Input should be 'LR'"),
        ("backward_ratio", 0.0, "greater than 0"),
        ("served_bytes", "0 B", "must be above zero"),
        ("training_state", 0.5, "greater than or equal to 1"),
        ("assumption", None, "needs a 'source:'"),
    ],
)
def test_model_refuses(path: str, value: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        MlModel.model_validate(changed(MODEL, path, value))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("hosts", 0, "greater than or equal to 1"),
        ("hosts", -1, "greater than or equal to 1"),
        ("sync_every", 0, "greater than or equal to 1"),
        ("overlap", 1.5, "less than or equal to 1"),
        ("duration", "0 s", "must be above zero"),
        ("duration", "3 GB", "unit of data, not of time"),
        ("server_kind", "gpus", "Input should be 'single_socket'"),
        ("precision", "fp8", "Input should be 'fp32'"),
        ("checkpoint_storage", "tape", "Input should be 'replicated'"),
        ("colective", "ring", "Extra inputs are not permitted"),
    ],
)
def test_recipe_refuses(path: str, value: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TrainingRecipe.model_validate(changed(RECIPE, path, value))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("serving.utilisation_target", 0.9, "must not exceed utilisation_limit"),
        ("serving.utilisation_target", 0.0, "greater than 0"),
        ("serving.relative_capacity", 0.0, "greater than 0"),
        ("training.every.models", 0, "greater than or equal to 1"),
        ("training.every.period", "0 h", "must be above zero"),
        ("training.workflow.train", {"duration": "1 h"}, "exactly one operator .* found none"),
        ("training.workflow.data", {"train": True}, "exactly one operator .* found data, train"),
        ("training.workflow.data", {}, "needs a 'duration', or 'train: true'"),
        ("training.workflow.train.duration", "1 h", "remove 'duration'"),
        ("training.workflow.publish.after", ["tain"], "publish.after names 'tain'"),
        ("training.workflow.data.after", ["publish"], "circle through data, publish, train"),
        ("training.workflow.data.after", ["data"], "circle through data"),
        ("staleness.quality_loss.kind", "cubic", "Input should be 'log'"),
        ("user_models", {"trigger": "photos"}, "Field required"),
    ],
)
def test_service_refuses(path: str, value: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Service.model_validate(changed(SERVICE, path, value))
