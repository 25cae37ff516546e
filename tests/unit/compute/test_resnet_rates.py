"""ResNet-50 training on catalogue GPUs against published single-GPU rates."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dcsim.compute.device import gpu_device
from dcsim.compute.step import step_time
from dcsim.spec.hardware import Gpu
from dcsim.spec.model import MlModel

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("gpu", "batch", "images_per_s"),
    [
        ("m40", 8, 70.21), ("m40", 32, 90.74), ("p100_sxm2", 8, 122.45), ("p100_sxm2", 32, 181.53),
        ("v100_sxm2_16", 32, 298.51), ("v100_sxm2_16", 128, 363.69),
    ],
)  # fmt: skip
def test_rates(gpu: str, batch: int, images_per_s: float) -> None:
    """MXNet, FP32 (apache/mxnet docs/faq/perf.md), which the devices are fitted to; without the update of the
    weights."""
    model = yaml.safe_load((ROOT / "workloads/models/resnet50.yaml").read_text(encoding="utf-8"))
    device = yaml.safe_load((ROOT / f"hardware_catalog/gpus/{gpu}.yaml").read_text(encoding="utf-8"))
    step = step_time(MlModel.model_validate(model), gpu_device(Gpu.model_validate(device)), batch=batch)
    assert step.step_s == pytest.approx(batch / images_per_s, rel=0.06)
