"""Fits the constants of the roofline and the shares of the devices to the calibration rows.

    python -m tests.validation.calibrate            # fit, print figures and errors
    python -m tests.validation.calibrate --check    # no fit: errors of the figures as shipped
    python -m tests.validation.calibrate --leave-out vgg16,vgg19

The rows are those of ``tests/validation/*.yaml`` that say ``use: calibrate`` and that one device alone answers,
and the matrix products of ``../shared/traces/gemm_a100`` where that folder is there. Nothing else enters the
fit. Errors are logarithms of predicted over published; they are weighed down beyond ``HUBER``, so that a row
that does not fit does not bend the rest. Every parameter is held near a stated guess, as few rows cannot tell
neighbouring causes apart: its distance in standard deviations counts like an error. The rows of validation that
one device alone answers are printed after the fit; they never enter it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dcsim.compute.device import LIBRARY_LAUNCH, Device, cpu_device, device_arrays, gpu_device
from dcsim.compute.layers import LAYER_KINDS, layer_arrays
from dcsim.compute.optimiser import optimiser_time
from dcsim.kernels.products import product_time
from dcsim.kernels.roofline import FORM, Form, layer_times
from dcsim.spec.catalog import Catalog
from dcsim.validation.reading import read_rows

HUBER = 0.03
TRACE = Path(__file__).parents[3] / "shared/traces/gemm_a100/a100_sxm_gemm_vllm_0.14.0_thin16.csv.gz"
SECONDS = {"s": 1.0, "ms": 1e-3}
OLDER_LIBRARY = ("CB-",)
"""Rows measured with cuDNN 4, which has no fast convolutions but by Fourier transforms: printed, not fitted."""
ONE_GPU = {
    "dgx1_p100": "p100_sxm2", "dgx1_v100": "v100_sxm2_16", "dgx1_v100_32": "v100_sxm2_32", "dgx_a100_80": "a100_sxm_80",
}  # fmt: skip

# name: (guess, standard deviation of its logarithm)
FORM_GUESS = {
    "tail": (0.29, 0.05), "tile_overhead": (3.3e-6, 0.1), "split_depth": (400.0, 0.25), "q64": (0.78, 0.1),
    "q32": (0.45, 0.25), "data_gradient": (0.85, 0.12), "weight_gradient": (0.85, 0.12), "transform": (2.4, 0.5),
    "normalisation": (1.6, 0.2), "pooling": (1.5, 0.2), "gradient_calls": (5.0, 0.4),
}  # fmt: skip
FAMILIES = {
    "k80": ("k80",), "m40": ("m40",), "titan_x_maxwell": ("titan_x_maxwell",), "titan_x_pascal": ("titan_x_pascal",),
    "p100": ("p100_sxm2", "p100_pcie"), "v100": ("v100_sxm2_16", "v100_sxm2_32"), "a100": ("a100_sxm_80",),
}  # fmt: skip
FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}
CONV = {"k80": 0.5, "m40": 0.7, "titan_x_maxwell": 0.85, "titan_x_pascal": 0.85, "p100": 0.9, "v100": 0.95}
BANDWIDTH = {"k80": 0.70, "m40": 0.74, "titan_x_maxwell": 0.78, "titan_x_pascal": 0.78, "p100": 0.75, "v100": 0.88}
LAUNCH = {"k80": 35e-6}
GEMM_RATIO = "gemm over conv"


@dataclass(frozen=True)
class Case:
    """One published time of one device.

    Parameters
    ----------
    name : str
        Of the row.
    model, device_name, precision, framework, optimiser
        What is predicted.
    batch : float
        Samples.
    training : bool
        Whether there is a backward pass.
    seconds : float
        What was published.
    part : str
        ``time_s``, ``forward_s`` or ``backward_s``.
    fit : bool
        Whether it may enter the fit.
    weight : float
        Of its error.
    bare : bool
        Whether a library is called without a framework.
    """

    name: str
    model: str
    device_name: str
    sockets: int
    precision: str
    framework: str
    optimiser: str | None
    batch: int
    training: bool
    seconds: float
    part: str
    fit: bool
    weight: float = 1.0
    bare: bool = False


def cases() -> list[Case]:
    """Return the rows that one device alone answers."""
    found = []
    for placed in read_rows().rows:
        row, form = placed.row, placed.row.predict
        device, step = getattr(form, "device", None), getattr(form, "step", None)
        fit = row.use == "calibrate" and not row.id.startswith(OLDER_LIBRARY)
        weight = 0.2 if row.id.startswith("GE-") else 1.0
        if device is not None and device.quantity != "product_share":
            seconds = _seconds(row.published, row.unit, device.batch, device.quantity)
            name, part = device.gpu or device.cpu, device.quantity.replace("throughput_per_s", "time_s")
            found.append(Case(row.id, device.model, name, device.sockets, device.precision, device.framework,
                              device.optimiser, device.batch, device.training, seconds, part, fit, weight,
                              device.bare))  # fmt: skip
        elif step is not None and _is_alone(step):
            tokens = getattr(Catalog().load("models", step.model), "tokens", None) or 1
            scale = tokens if step.quantity == "tokens_per_s" else 1
            seconds = _seconds(row.published, row.unit, step.batch_per_device * scale, step.quantity)
            found.append(Case(row.id, step.model, ONE_GPU[step.server], 1, step.precision, step.framework,
                              step.optimiser if step.training else None, step.batch_per_device, step.training,
                              seconds, "time_s", fit, weight))  # fmt: skip
    return [case for case in found if case.seconds > 0]


def _is_alone(step: Any) -> bool:
    """Return whether a step is that of one GPU, without anything around it."""
    return step.gpus == 1 and step.server in ONE_GPU and step.data == "synthetic" and step.accumulate == 1


def _seconds(published: float, unit: str, samples: int, quantity: str) -> float:
    if quantity in {"throughput_per_s", "tokens_per_s"}:
        return samples / published
    return published * SECONDS.get(unit, 0.0)


class Model:
    """Predicts cases from a dictionary of parameters, entries of the catalogue filling in for those that lack."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self._entries: dict[tuple[str, str], Any] = {}
        self._layers: dict[str, Any] = {}
        self._devices: dict[tuple[str, int, str, str], Device] = {}

    def entry(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._entries:
            self._entries[kind, name] = self.catalog.load(kind, name)
        return self._entries[kind, name]

    def device(self, case: Case, values: dict[str, float]) -> Device:
        key = case.device_name, case.sockets, case.precision, case.framework
        if key not in self._devices:
            framework = self.entry("frameworks", case.framework)
            if case.device_name in self.catalog.names("gpus"):
                found = gpu_device(self.entry("gpus", case.device_name), case.precision, fused=framework.fused)
            else:
                cpu = self.entry("cpus", case.device_name)
                found = cpu_device(cpu, case.sockets, case.precision, lookup_cores=framework.lookup_cores)
            self._devices[key] = found
        shipped = self._devices[key]
        family = FAMILY_OF.get(case.device_name, case.device_name)
        kind = shipped_precision(case.precision)
        conv = values.get(f"{family} {kind} conv", shipped.efficiency[LAYER_KINDS.index("conv")])
        gemm = shipped.efficiency[LAYER_KINDS.index("gemm")]
        if GEMM_RATIO in values and f"{family} {kind} conv" in values:
            gemm = min(1.0, conv * (1.0 if kind == "mixed" else values[GEMM_RATIO]))
        gemm = values.get(f"{family} {kind} gemm", gemm)
        shares = [conv if name == "conv" else gemm if name in {"gemm", "recurrent"} else share
                  for name, share in zip(LAYER_KINDS, shipped.efficiency, strict=True)]  # fmt: skip
        bandwidth = shipped.bandwidth
        if f"{family} bandwidth" in values:
            stated = self.entry("gpus" if case.device_name in FAMILY_OF else "cpus", case.device_name)
            bandwidth *= values[f"{family} bandwidth"] / stated.bandwidth_efficiency
        launch = LIBRARY_LAUNCH if case.bare else values.get(f"{family} launch", shipped.launch)
        return replace(shipped, efficiency=tuple(shares), bandwidth=bandwidth, launch=launch)

    def predict(self, case: Case, values: dict[str, float], form: Form) -> float:
        entry = self.entry("models", case.model)
        device = self.device(case, values)
        if case.model not in self._layers:
            self._layers[case.model] = layer_arrays([entry])
        ratio = float(entry.backward_ratio) if case.training else 0.0
        rate = values.get(f"framework {case.framework}", self.entry("frameworks", case.framework).efficiency)
        forward, backward = layer_times(
            self._layers[case.model], device_arrays([device.at_rate(rate)]), form, 0, 0, float(case.batch), ratio
        )
        parts = {"forward_s": forward.sum(), "backward_s": backward.sum()}
        total = sum(parts.values())
        if case.optimiser is not None:
            rule = self.entry("optimisers", case.optimiser)
            total += optimiser_time(entry, device, rule, case.precision, batch=case.batch)
        return float({**parts, "time_s": total}[case.part])


def shipped_precision(precision: str) -> str:
    """Return the word under which the shares of a precision are fitted."""
    return "mixed" if precision in {"mixed", "tensor_fp16", "bf16"} else precision


def form_of(values: dict[str, float]) -> Form:
    """Return the constants of the form, with those that are given."""
    tiles = FORM.tiles.copy()
    if "q64" in values:
        tiles[2, 2], tiles[3, 2] = values["q64"], values["q32"]
    given: dict[str, Any] = {name: value for name, value in values.items() if name in Form._fields}
    return FORM._replace(tiles=tiles, **given)


def least(errors: Callable[[np.ndarray], np.ndarray], start: np.ndarray, rounds: int = 60) -> np.ndarray:
    """Return where the Huber sum of errors is least (Levenberg and Marquardt, reweighted)."""
    point, damping = start.copy(), 1e-2

    def cost(found: np.ndarray) -> float:
        size = np.abs(found)
        return float(np.where(size < HUBER, 0.5 * size * size / HUBER, size - 0.5 * HUBER).sum())

    found = errors(point)
    lowest = cost(found)
    for _ in range(rounds):
        slopes = np.stack([(errors(point + step) - found) / 1e-3 for step in 1e-3 * np.eye(point.size)], axis=1)
        weights = 1.0 / np.maximum(np.abs(found), HUBER)
        normal, gradient = slopes.T @ (weights[:, None] * slopes), slopes.T @ (weights * found)
        for _ in range(8):
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-6), gradient)
            tried = point + np.clip(step, -0.5, 0.5)
            after = errors(tried)
            if cost(after) < lowest - 1e-12:
                break
            damping *= 4.0
        else:
            return point
        gain = lowest - cost(after)
        point, found, lowest, damping = tried, after, cost(after), max(damping / 5.0, 1e-6)
        if gain < 1e-7 * lowest:
            break
    return point


def fit_products() -> tuple[dict[str, float], np.ndarray]:
    """Fit matrix units, their tiles and their memory to the products of an A100; parameters and errors."""
    with gzip.open(TRACE, "rt", encoding="utf-8") as stream:
        rows = [[float(row[key]) for key in ("m", "n", "k", "latency")] for row in csv.DictReader(stream)]
    guess = {"share": (0.93, 0.3), "bandwidth": (0.7, 0.3), "launch": (3e-6, 0.3), "split_depth": (900.0, 0.5),
             "q128": (0.67, 0.3), "q32": (0.35, 0.3)}  # fmt: skip
    names, at, wide = _spread(guess)

    def errors(point: np.ndarray) -> np.ndarray:
        p = dict(zip(names, np.exp(point), strict=True))
        tiles = np.array([[256.0, 128.0, 1.0], [128.0, 64.0, p["q128"]], [64.0, 32.0, p["q32"]]])
        fixed = tiles, p["split_depth"], 108.0, 312e12 * p["share"], FORM.tail, FORM.tile_overhead
        off = []
        for m, n, k, latency in rows:
            arithmetic = product_time(m, n, k, 1.0, False, *fixed)
            memory = 2.0 * (m * k + k * n + m * n) / (2039e9 * p["bandwidth"])
            off.append(np.log(((arithmetic**4 + memory**4) ** 0.25 + p["launch"]) / (1e-3 * latency)))
        return np.array([*off, *(HUBER * (point - at) / wide)])

    point = least(errors, at)
    return dict(zip(names, np.exp(point).tolist(), strict=True)), errors(point)[: len(rows)]


def fit_rows(model: Model, rows: list[Case]) -> dict[str, float]:
    """Fit the constants of the form, the devices and the frameworks to the rows."""
    guess = dict(FORM_GUESS)
    seen = {FAMILY_OF.get(case.device_name, case.device_name) for case in rows}
    for family in sorted(seen & set(CONV)):
        guess[f"{family} fp32 conv"] = (CONV[family], 0.12)
        guess[f"{family} bandwidth"] = (BANDWIDTH[family], 0.06)
        guess[f"{family} launch"] = (LAUNCH.get(family, 25e-6), 0.15)
    guess[GEMM_RATIO] = (0.9, 0.1)
    guess |= {"v100 mixed conv": (0.8, 0.3), "a100 mixed conv": (0.8, 0.3), "a100 tf32 conv": (0.7, 0.3)}
    guess |= {f"framework {name}": (1.0, 0.08) for name in ("torch", "tensorflow", "pytorch", "nvidia")}
    if "e5_2630v3" in seen:
        guess |= {"e5_2630v3 fp32 conv": (0.15, 1.0), "e5_2630v3 bandwidth": (0.03, 1.0)}
    names, at, wide = _spread(guess)

    def errors(point: np.ndarray) -> np.ndarray:
        values = dict(zip(names, np.exp(point).tolist(), strict=True))
        form = form_of(values)
        off = [case.weight * np.log(model.predict(case, values, form) / case.seconds) for case in rows]
        return np.array([*off, *(HUBER * (point - at) / wide)])

    return dict(zip(names, np.exp(least(errors, at)).tolist(), strict=True))


def _spread(guess: dict[str, tuple[float, float]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    return list(guess), np.log([at for at, _ in guess.values()]), np.array([wide for _, wide in guess.values()])


def show(title: str, model: Model, rows: list[Case], values: dict[str, float]) -> None:
    """Print the error of each row and their median."""
    form, off = form_of(values), []
    print(f"\n{title}")
    for case in rows:
        found = model.predict(case, values, form)
        off.append(found / case.seconds - 1.0)
        times = f"{1e3 * case.seconds:10.3f} ms {1e3 * found:10.3f} ms"
        print(f"  {case.name:22} {case.device_name:16} {times} {off[-1]:+7.1%}")
    if off:
        size = np.abs(off)
        print(f"  {size.size} rows: median {np.median(size):.1%}, 90 % within {np.quantile(size, 0.9):.1%}")


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="do not fit")
    parser.add_argument("--leave-out", default="", help="models whose rows do not enter the fit")
    asked = parser.parse_args()
    model, all_rows = Model(), cases()
    left_out = set(filter(None, asked.leave_out.split(",")))
    rows = [case for case in all_rows if case.fit and case.model not in left_out]
    values: dict[str, float] = {}
    if not asked.check:
        if TRACE.exists():
            products, off = fit_products()
            print("A100:", {name: float(f"{value:.3g}") for name, value in products.items()})
            size = np.abs(off)
            print(f"  {off.size} products: median {np.median(size):.1%}, 90 % within {np.quantile(size, 0.9):.1%}")
        values = fit_rows(model, rows)
        print("\n".join(f"{name:28} {value:.4g}" for name, value in values.items()))
    show("calibration", model, rows, values)
    show("validation", model, [case for case in all_rows if case not in rows], values)


if __name__ == "__main__":
    main()
