"""Catalogue entries as roofline parameters, and what stands in where an entry leaves figures out."""

from __future__ import annotations

import math

import pytest

from dcsim.compute.device import cpu_device, device_arrays, gpu_device
from dcsim.compute.layers import LAYER_KINDS
from dcsim.kernels.roofline import DEVICE_COLUMNS
from dcsim.spec.architecture import cpu_architecture, gpu_architecture
from dcsim.spec.catalog import Catalog
from dcsim.spec.hardware import Cpu, Gpu

CATALOG = Catalog()
OWN = {
    "title": "mine", "source": "test",
    "peak": {"fp32": "15 TFLOP/s", "tensor_fp16": "120 TFLOP/s", "tf32": "60 TFLOP/s"},
    "memory": "16 GiB", "memory_bandwidth": "900 GB/s", "tdp": "300 W", "idle_power": "40 W", "links": 6,
    "link_bandwidth": "25 GB/s",
}  # fmt: skip
CPU = {
    "title": "c", "source": "test", "cores": 10, "base_frequency": "2 GHz", "flop_per_cycle": 50, "llc": "30 MB",
    "memory_bandwidth": "100 GB/s", "bandwidth_efficiency": 0.8, "launch_overhead": "10 us", "tdp": "300 W",
}  # fmt: skip


def own(**changes: object) -> Gpu:
    return Gpu.model_validate({**OWN, **changes})


def cpu(**changes: object) -> Cpu:
    return Cpu.model_validate({**CPU, **changes})


def test_an_entry_that_states_only_its_data_sheet_reaches_what_its_generation_does() -> None:
    for year, name in ((2012, "k80"), (2017, "v100_sxm2_16")):
        entry, fitted = own(year=year, tdp="1 kW"), CATALOG.load("gpus", name)
        assert isinstance(fitted, Gpu)
        assert entry.launch_overhead == fitted.launch_overhead
        assert entry.bandwidth_efficiency == fitted.bandwidth_efficiency
        assert entry.winograd == fitted.winograd
        assert [entry.share("fp32", kind) for kind in LAYER_KINDS] == [
            fitted.share("fp32", kind) for kind in LAYER_KINDS
        ]
    assert own().share("tensor_fp16", "gemm") == gpu_architecture(2026).efficiency["tensor_fp16"]["gemm"]
    assert own(year=1995).launch_overhead == own(year=2010).launch_overhead


def test_a_generation_with_and_without_wide_matrix_units() -> None:
    def made(year: int, **peak: str) -> Gpu:
        return own(year=year, peak=peak)

    pascal = made(2017, fp32="11.34 TFLOP/s")
    assert pascal.launch_overhead == own(year=2016, peak={"fp32": "11.34 TFLOP/s"}).launch_overhead
    assert pascal.share("fp32", "conv") == gpu_architecture(2016).efficiency["fp32"]["conv"]
    assert made(2020, fp32="19.5 TFLOP/s", tf32="156 TFLOP/s", tensor_fp16="312 TFLOP/s").compute_units == 108
    assert made(2020, fp32="35.58 TFLOP/s", tensor_fp16="142 TFLOP/s").compute_units == pytest.approx(82, abs=2)
    assert made(2022, fp32="67 TFLOP/s", tensor_fp16="989 TFLOP/s").compute_units == pytest.approx(132, abs=3)


def test_little_power_for_a_peak_lowers_what_an_entry_does_not_say_itself() -> None:
    generation, kinds = gpu_architecture(2018), ("gemm", "conv")
    assert generation.reference_tdp is not None
    assert generation.reference_peak is not None
    held = generation.reference_tdp / generation.reference_peak * 15e12 / 8.0
    eighth = own(year=2018, tdp=f"{held} W", idle_power="20 W")
    plenty = own(year=2018, tdp="1 kW")
    for word in ("fp32", "tensor_fp16"):
        for kind in kinds:
            assert eighth.share(word, kind) == pytest.approx(0.5 * plenty.share(word, kind))
    stated = own(year=2018, tdp="60 W", idle_power="20 W", efficiency={"fp32": {"gemm": 0.9}})
    assert stated.share("fp32", "gemm") == 0.9


def test_a_framework_without_fused_kernels() -> None:
    entry = CATALOG.load("gpus", "a100_sxm_80")
    assert gpu_device(entry, "mixed").fused
    assert not gpu_device(entry, "mixed", fused=False).fused
    assert not gpu_device(entry, "tf32").fused


def test_a_rate_leaves_what_starting_a_call_takes() -> None:
    device = gpu_device(CATALOG.load("gpus", "a100_sxm_80"), "mixed")
    faster = device.at_rate(1.25)
    assert (faster.peak, faster.bandwidth) == (1.25 * device.peak, 1.25 * device.bandwidth)
    assert (faster.launch, faster.cache, faster.units) == (device.launch, device.cache, device.units)


def test_units_follow_from_the_peak() -> None:
    unit = gpu_architecture(2017).unit_peak
    assert unit is not None
    assert own(year=2017).compute_units == round(15e12 / unit)
    assert own(year=2017, compute_units=80).compute_units == 80


def test_a_share_is_taken_from_the_nearest_precision() -> None:
    peak = {**OWN["peak"], "bf16": "120 TFLOP/s"}  # type: ignore[dict-item]
    entry = own(year=2020, efficiency={"tensor_fp16": {"gemm": 0.5}}, peak=peak, tdp="1 kW")
    generic = gpu_architecture(2020).efficiency
    assert entry.share("tensor_fp16", "gemm") == entry.share("bf16", "gemm") == entry.share("int8", "gemm") == 0.5
    assert entry.share("tf32", "gemm") == generic["tf32"]["gemm"]
    assert entry.share("fp16", "gemm") == generic["fp32"]["gemm"]
    assert entry.share("fp8", "gemm") is None


def test_processors_by_the_width_of_their_vectors() -> None:
    assert cpu_architecture(64).efficiency["fp32"]["gemm"] < cpu_architecture(32).efficiency["fp32"]["gemm"]
    assert cpu(flop_per_cycle=32).share("fp32", "conv") == cpu_architecture(8).efficiency["fp32"]["conv"]


def test_narrow_values_move_fewer_bytes() -> None:
    entry = own(peak={"fp32": "10 TFLOP/s", "fp16": "20 TFLOP/s", "int8": "40 TFLOP/s"}, bandwidth_efficiency=0.8)
    wide, narrow, narrowest = (gpu_device(entry, word) for word in ("fp32", "fp16", "int8"))
    assert (wide.peak, wide.bandwidth, wide.value) == (10e12, 720e9, 4.0)
    assert (narrow.peak, narrow.bandwidth, narrow.value) == (20e12, 1440e9, 2.0)
    assert narrowest.bandwidth == 2880e9
    assert (wide.gain > 1.0, narrow.gain) == (True, 1.0)


@pytest.mark.parametrize(
    ("peaks", "taken"),
    [
        (("fp32", "fp16", "tensor_fp16", "bf16"), "tensor_fp16"), (("fp32", "bf16"), "bf16"), (("fp32", "fp16"),
        "fp16"),
    ],
)  # fmt: skip
def test_mixed_precision_is_the_best_narrow_arithmetic(peaks: tuple[str, ...], taken: str) -> None:
    entry = own(peak=dict(zip(peaks, ("10 TFLOP/s", "20 TFLOP/s", "30 TFLOP/s", "40 TFLOP/s"), strict=False)))
    assert gpu_device(entry, "mixed") == gpu_device(entry, taken)


def test_matrix_units() -> None:
    single, half, tf32 = (gpu_device(own(), word) for word in ("fp32", "tensor_fp16", "tf32"))
    assert (single.matrix, half.matrix, tf32.matrix) == (False, True, True)
    assert (single.fused, half.fused, tf32.fused) == (False, True, False)


def test_unknown_precision() -> None:
    with pytest.raises(ValueError, match="no peak for 'bf16'; known: fp32, tensor_fp16, tf32"):
        gpu_device(own(), "bf16")
    with pytest.raises(ValueError, match="no peak for 'tensor_fp16'; known: fp32"):
        gpu_device(own(peak={"fp32": "1 TFLOP/s"}), "mixed")
    with pytest.raises(ValueError, match="no peak for 'tf32'; known: fp32, int8"):
        cpu_device(cpu(), 1, "tf32")


def test_two_sockets() -> None:
    one, two = (cpu_device(cpu(), sockets) for sockets in (1, 2))
    assert (one.peak, one.bandwidth, one.units, one.cache) == (1e12, 80e9, 10.0, 30e6)
    assert (two.peak, two.bandwidth, two.units, two.cache) == (2e12, 160e9, 20.0, 60e6)


def test_some_cores_of_a_socket() -> None:
    few = cpu_device(cpu(), 1, cores=2)
    assert (few.peak, few.units, few.bandwidth, few.cache) == (2e11, 2.0, 24e9, 30e6)


def test_copies_share_memory_and_cache() -> None:
    alone, shared = cpu_device(cpu(), 1, cores=5), cpu_device(cpu(), 1, cores=5, co_located=2)
    assert shared.peak == alone.peak
    assert (alone.bandwidth, shared.bandwidth) == (60e9, 40e9)
    assert shared.cache == alone.cache / 2
    with pytest.raises(ValueError, match="has 10 cores, not 3 x 5"):
        cpu_device(cpu(), 1, cores=5, co_located=3)


def test_int8_moves_a_quarter_on_a_processor() -> None:
    wide, narrow = cpu_device(cpu(), 1), cpu_device(cpu(), 1, "int8")
    assert (narrow.bandwidth, narrow.cache, narrow.peak) == (4 * wide.bandwidth, 4 * wide.cache, wide.peak)


def test_device_arrays_keep_the_order() -> None:
    arrays = device_arrays([gpu_device(own()), gpu_device(own(), "tensor_fp16"), cpu_device(cpu(), 1)])
    columns = dict(zip(DEVICE_COLUMNS, arrays.table.T.tolist(), strict=True))
    assert columns["peak"] == [15e12, 120e12, 1e12]
    assert columns["matrix"] == [0.0, 1.0, 0.0]
    assert arrays.efficiency.shape == (3, len(LAYER_KINDS))
    assert columns["gather"][:2] == [math.inf, math.inf]


@pytest.mark.parametrize("kind", ["gpus", "cpus"])
def test_every_shipped_device_computes_every_kind_of_layer(kind: str) -> None:
    for name in CATALOG.names(kind):
        entry = CATALOG.load(kind, name)
        words = entry.peak if isinstance(entry, Gpu) else ("fp32", "int8")
        for word in words:
            device = gpu_device(entry, word) if isinstance(entry, Gpu) else cpu_device(entry, 1, word)  # type: ignore[arg-type]
            assert not any(map(math.isnan, device.efficiency)), (name, word)
