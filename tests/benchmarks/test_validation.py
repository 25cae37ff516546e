"""All published figures in less than half a minute: ``pytest tests/benchmarks/test_validation.py``."""

from __future__ import annotations

import time

import pytest

from dcsim.spec.catalog import Catalog
from dcsim.validation.reading import read_rows
from dcsim.validation.results import validate

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time)


def test_every_row_is_predicted_within_half_a_minute(benchmark):
    results = benchmark.pedantic(lambda: validate(read_rows().rows, Catalog()), rounds=3, warmup_rounds=1)
    assert len(results) > 300
    if benchmark.stats:
        assert benchmark.stats.stats.max < 30.0
