"""Figures of one device on its own: the passes of a model, without a server around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dcsim.compute.device import LIBRARY_LAUNCH, cpu_device, gpu_device
from dcsim.compute.optimiser import optimiser_time
from dcsim.compute.passes import layer_passes
from dcsim.spec.model import PRODUCTS

if TYPE_CHECKING:
    from dcsim.compute.device import Device
    from dcsim.spec.framework import Framework
    from dcsim.validation.bench import Bench
    from dcsim.validation.forms import DeviceForm

__all__ = ["predict_device"]


def predict_device(form: DeviceForm, bench: Bench) -> float:
    """Return the time of passes, or the samples per second.

    Raises
    ------
    InputError
        For an entry that is unknown.
    ValueError
        When the device lacks the precision, or figures for a kind of layer.
    """
    model = bench.entry("models", form.model)
    framework: Framework = bench.entry("frameworks", form.framework)
    device = _device(form, bench, framework)
    passes = layer_passes(model, device, form.batch, training=form.training, rate=framework.efficiency)
    forward_s, backward_s = float(passes.forward_s.sum()), float(passes.backward_s.sum())
    update_s = 0.0
    if form.optimiser is not None:
        rule = bench.entry("optimisers", form.optimiser)
        update_s = optimiser_time(model, device, rule, form.precision, batch=form.batch)
    time_s = forward_s + backward_s + update_s
    products = [place for place, layer in enumerate(model.layers) if layer.kind in PRODUCTS]
    product_s = float((passes.forward_s + passes.backward_s)[products].sum())
    told = {
        "time_s": time_s,
        "forward_s": forward_s,
        "backward_s": backward_s,
        "throughput_per_s": form.batch / time_s,
        "product_share": product_s / (forward_s + backward_s),
    }
    return told[form.quantity]


def _device(form: DeviceForm, bench: Bench, framework: Framework) -> Device:
    if form.gpu is not None:
        device = gpu_device(bench.entry("gpus", form.gpu), form.precision, fused=framework.fused)
        return replace(device, launch=LIBRARY_LAUNCH) if form.bare else device
    cpu = bench.entry("cpus", str(form.cpu))
    return cpu_device(cpu, form.sockets, form.precision, form.cores, lookup_cores=framework.lookup_cores)
