"""Speed of predicted steps: ``pytest tests/benchmarks/test_prediction.py``.

The aim is a millisecond a prediction inside a process, whatever the batch.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest

from dcsim.prediction.predictor import Predictor
from dcsim.prediction.question import Question

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time, min_rounds=50)

FLEET = Question("resnet50", "big_basin_p100", gpus=256, collective="halving_doubling")
CASES = {
    "fused buckets": replace(FLEET, framework="pytorch"),
    "tensor by tensor": replace(FLEET, bucket_bytes=0.0),
    "pipeline": replace(FLEET, gpus=8, parallelism="one_forward_one_backward"),
}


@pytest.mark.parametrize("case", CASES)
def test_step(benchmark, case):
    """Sixty batches in turn; what a batch computes is worked out once."""
    predictor, batches = Predictor(), itertools.cycle(range(1, 61))
    question = CASES[case]
    predictor.predict(question)

    def ask():
        return predictor.predict(replace(question, batch_per_device=next(batches)))

    assert benchmark(ask).step_s > 0.0
    if benchmark.stats:
        benchmark.extra_info["milliseconds"] = round(1e3 * benchmark.stats.stats.median, 3)
