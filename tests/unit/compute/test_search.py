"""Searching an index of codes: scans, clocks of few cores, and how a query's time grows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dcsim.compute.device import cpu_device, gpu_device
from dcsim.compute.passes import layer_passes
from dcsim.spec.catalog import Catalog
from dcsim.spec.model import MlModel

CATALOG = Catalog()
CPU = CATALOG.load("cpus", "e5_2680v2")
TITAN = CATALOG.load("gpus", "titan_x_maxwell")


def index(codes):
    """A brute-force scan of 16-byte codes."""
    return MlModel(
        title="codes", assumption="a test", family="SEARCH", backward_ratio=1.0, served_bytes="1 B", training_state=1.0,
        layers=[{"name": "scan", "kind": "scan", "flops": f"{16 * codes} FLOP", "read": f"{16 * codes} B",
                 "write": "0 B", "weights": "0 B", "parameters": 0}],
    )  # fmt: skip


def seconds(model, device, batch=1):
    return float(layer_passes(model, device, batch, training=False).forward_s.sum()) / batch


def query_us(name, device):
    return 1e6 * seconds(CATALOG.load("models", name), device, batch=1000)


def test_the_row_that_the_cpu_was_fitted_to():
    # 10^6 codes of 16 bytes on one thread; facebookresearch/faiss, benchs/README.md, PQ baseline
    assert seconds(index(10**6), cpu_device(CPU, 2, cores=1)) == pytest.approx(7.517e-3, rel=0.01)


def test_a_scan_by_hand():
    device = cpu_device(CPU, 1)
    steps_per_s = 10 * 2.8e9 * 16 * CPU.efficiency["fp32"]["scan"]
    assert seconds(index(10**7), device) == pytest.approx(16e7 / steps_per_s + CPU.launch_overhead, rel=0.01)


def test_clocks_fall_as_cores_join_in():
    lone, one_a_socket, every = (cpu_device(CPU, 2, cores=cores).peak / cores for cores in (1, 2, 20))
    assert lone == pytest.approx(3.6e9 * 16)
    assert one_a_socket == pytest.approx(3.6e9 * 16)
    assert every == pytest.approx(2.8e9 * 16)
    # half of the cores: the middle of ten steps from 1 to 10
    assert cpu_device(CPU, 1, cores=5).peak / 5 == pytest.approx((2.8e9 + 0.8e9 * 5 / 9) * 16)
    assert cpu_device(CPU, 1, cores=1, co_located=10).peak == pytest.approx(2.8e9 * 16)


def test_without_a_turbo_clock_cores_are_alike():
    plain = CPU.model_copy(update={"turbo_frequency": None})
    assert cpu_device(plain, 1, cores=1).peak * 10 == pytest.approx(plain.peak)


def test_a_processor_of_one_core_has_one_clock():
    lone = CPU.model_copy(update={"cores": 1})
    assert cpu_device(lone, 1).peak == lone.peak


@pytest.mark.parametrize("factor", [2, 4])
def test_twice_the_lists_take_less_than_twice_the_time(factor):
    device = gpu_device(TITAN)
    few, many = (query_us(f"ivf_pq_sift1b_{lists}", device) for lists in (64, 64 * factor))
    assert 1.3 < many / few < factor


def test_finding_the_lists_is_most_of_a_small_search():
    model = CATALOG.load("models", "ivf_pq_sift1b_8")
    parts = layer_passes(model, gpu_device(TITAN), 1000, training=False).forward_s
    assert parts[:3].sum() > 0.7 * parts.sum()


def test_a_gpu_that_says_nothing_of_scans_takes_its_generations_share():
    plain = CATALOG.load("gpus", "m40")
    assert "scan" not in plain.efficiency.get("fp32", {})
    per_flop = [query_us("ivf_pq_sift1b_256", gpu_device(gpu)) * gpu.peak["fp32"] for gpu in (plain, TITAN)]
    assert per_flop[0] == pytest.approx(per_flop[1], rel=0.15)


def test_layers_of_an_unknown_kind_of_device_are_refused():
    deaf = SimpleNamespace(**{**CPU.__dict__, "peak": CPU.peak, "share": lambda precision, kind: None})
    with pytest.raises(ValueError, match="has no efficiency for layers of kind scan"):
        seconds(index(10), cpu_device(deaf, 1))
