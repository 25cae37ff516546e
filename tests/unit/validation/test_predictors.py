"""What each form predicts, beside values worked out by hand or asked of the layer below."""

from __future__ import annotations

import pytest

from dcsim.collective_table import Comparison, compare
from dcsim.compute.device import LIBRARY_LAUNCH, gpu_device
from dcsim.compute.passes import layer_passes
from dcsim.errors import InputError
from dcsim.prediction.predictor import Predictor
from dcsim.prediction.question import Question
from dcsim.spec.catalog import Catalog
from dcsim.validation.bench import Bench
from dcsim.validation.forms import Form
from dcsim.validation.predictors import predict_form

STEP = {"model": "resnet50", "server": "big_basin_p100", "gpus": 16, "collective": "halving_doubling"}


@pytest.fixture(scope="module")
def bench():
    return Bench(Catalog())


def _predict(bench, **form):
    return predict_form(Form(**form), bench)


def test_arithmetic(bench):
    two, five = {"number": 2.0}, {"number": 5.0}
    assert _predict(bench, number=2.0) == 2.0
    assert _predict(bench, times=[two, five, five]) == 50.0
    assert _predict(bench, ratio={"of": five, "over": two}) == 2.5
    assert _predict(bench, change={"of": five, "over": two}) == 1.5


def test_steps_are_those_of_the_predictor(bench):
    answer = Predictor(bench.catalog).predict(Question(**STEP, bucket_bytes=1e6))
    for quantity in ("step_s", "throughput_per_s", "efficiency_of_box", "memory_bytes"):
        assert _predict(bench, step={**STEP, "bucket": "1 MB", "quantity": quantity}) == getattr(answer, quantity)
    with pytest.raises(ValueError, match="there is no tokens_per_s here"):
        _predict(bench, step={**STEP, "quantity": "tokens_per_s"})


def test_passes_of_a_single_device(bench):
    model, gpu = bench.entry("models", "resnet50"), bench.entry("gpus", "p100_sxm2")
    passes = layer_passes(model, gpu_device(gpu), 16)
    asked = {"model": "resnet50", "gpu": "p100_sxm2", "batch": 16}
    forward_s, backward_s = passes.forward_s.sum(), passes.backward_s.sum()
    assert _predict(bench, device={**asked, "quantity": "forward_s"}) == forward_s
    assert _predict(bench, device={**asked, "quantity": "time_s"}) == pytest.approx(forward_s + backward_s)
    rate = _predict(bench, device={**asked, "training": False, "quantity": "throughput_per_s"})
    assert rate == pytest.approx(16 / layer_passes(model, gpu_device(gpu), 16, training=False).forward_s.sum())
    updated = _predict(bench, device={**asked, "optimiser": "momentum", "quantity": "time_s"})
    assert updated > forward_s + backward_s
    assert 0.5 < _predict(bench, device={**asked, "quantity": "product_share"}) < 1.0


def test_more_cores_are_faster(bench):
    asked = {"model": "resnet50", "cpu": "gold_6138", "batch": 8, "training": False, "quantity": "throughput_per_s"}
    one, half = _predict(bench, device=asked), _predict(bench, device={**asked, "cores": 10})
    assert half < one < _predict(bench, device={**asked, "sockets": 2})


def test_collectives_are_those_of_the_table(bench):
    asked = Comparison(algorithms=("ring",), ranks=(8,), nbytes=(1e8,), fabric="rack16_50g_full")
    (row,) = compare(asked, bench.catalog)
    form = {"algorithm": "ring", "ranks": 8, "bytes": "100 MB", "fabric": "rack16_50g_full"}
    for quantity in ("time_s", "busbw_bytes_per_s"):
        assert _predict(bench, collective={**form, "quantity": quantity}) == getattr(row, quantity)
    assert _predict(bench, collective={**form, "quantity": "steps"}) == 14
    assert _predict(bench, collective={**form, "quantity": "sent_bytes"}) == 1.75e8


def test_a_line_through_two_sizes(bench):
    sizes = (4e5, 2.58e8)
    asked = Comparison(algorithms=("ring",), ranks=(8,), nbytes=sizes, server="big_sur_m40")
    small, large = (row.time_s for row in compare(asked, bench.catalog))
    form = {"server": "big_sur_m40", "ranks": 8, "small": "400 kB", "large": "258 MB"}
    latency = _predict(bench, fit={**form, "quantity": "latency_s"})
    bandwidth = _predict(bench, fit={**form, "quantity": "bandwidth_bytes_per_s"})
    for size, time_s in zip(sizes, (small, large), strict=True):
        assert 14 * (latency + size / 8 / bandwidth) == pytest.approx(time_s)


def test_counts_of_layers(bench):
    def count(model, quantity):
        return _predict(bench, count={"model": model, "quantity": quantity})

    assert count("resnet50", "parameters") == 25557032
    assert count("resnet50", "parameter_bytes") == count("resnet50", "gradient_bytes") == 4 * 25557032
    assert count("resnet50", "product_flops") == pytest.approx(2 * 4.089e9, rel=1e-3)
    assert count("resnet50", "product_flops") < count("resnet50", "forward_flops")
    assert count("rmc1", "lookups") == 8 * 80
    assert count("rmc1", "lookup_bytes") == 8 * 80 * 32 * 4
    assert count("rmc1", "embedding_bytes") == 8 * 1e6 * 4 * 4 * 32
    assert count("resnet50", "lookups") == 0


def test_numbers_of_the_catalogue(bench):
    assert _predict(bench, catalogue={"kind": "gpus", "name": "m40", "field": "memory_bandwidth"}) == 288e9
    assert _predict(bench, catalogue={"kind": "gpus", "name": "v100_sxm2_16", "field": "peak.fp32"}) == 15.7e12
    for field in ("title", "peak", "peak.fp31", "none.at.all"):
        with pytest.raises(ValueError, match=f"'m40' has no number '{field}'"):
            _predict(bench, catalogue={"kind": "gpus", "name": "m40", "field": field})
    with pytest.raises(InputError):
        _predict(bench, catalogue={"kind": "gpus", "name": "m44", "field": "memory"})


def test_learning(bench):
    def learning(**asked):
        return _predict(bench, learning={"workload": "imagenet_resnet50", **asked})

    assert learning(critical=1.0, quantity="steps") == 2.0
    assert learning(critical=4.0, quantity="examples") == 5.0
    assert learning(critical=1.0, quantity="progress") == 0.5
    small, large = (learning(batch=batch, quantity="error") for batch in (256, 65536))
    assert 0.2 < small < 0.25 < large < 0.5
    edge = learning(rise=0.15, quantity="largest_batch")
    assert learning(batch=int(edge), quantity="error") - small == pytest.approx(0.0015, rel=0.02)
    recipe_s = learning(epochs=90, step={**STEP, "quantity": "step_s"}, quantity="recipe_s")
    steps = 90 * 1281167 / (16 * 32)
    assert recipe_s > steps * _predict(bench, step={**STEP, "quantity": "step_s"})


def test_groups_of_machines(bench):
    asked = {"machines": 100, "work": "4 days", "size": 5, "speedup": 4.0}
    assert _predict(bench, trade={**asked, "quantity": "rate_per_s"}) * 86400 == pytest.approx(20.0)
    assert _predict(bench, trade={**asked, "quantity": "wait_s"}) == 86400.0
    with pytest.raises(ValueError, match="machines"):
        _predict(bench, trade={**asked, "size": 101, "quantity": "wait_s"})


def test_a_bare_product_starts_as_libraries_do(bench) -> None:
    asked = {"model": "gemm_2048", "gpu": "p100_pcie", "batch": 16, "training": False, "quantity": "forward_s"}
    of_framework = _predict(bench, device=asked)
    of_library = _predict(bench, device={**asked, "bare": True})
    launch = bench.entry("gpus", "p100_pcie").launch_overhead
    assert of_framework - of_library == pytest.approx(launch - LIBRARY_LAUNCH)
    with pytest.raises(ValueError, match="only a gpu"):
        _predict(bench, device={**asked, "gpu": None, "cpu": "gold_6138", "bare": True})
