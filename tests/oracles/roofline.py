"""One layer at a time, one call at a time, tile shape by tile shape, the rules written as they are told."""

from __future__ import annotations

import math

PRODUCTS = {"gemm", "conv", "recurrent"}


def product(m, n, k, groups, whole, device, form, rate):
    """Every tile shape in both orientations; the fastest counts."""
    times = []
    shapes = form["matrix_tiles"] if device["matrix"] else form["tiles"]
    least_depth = form["matrix_split_depth"] if device["matrix"] else form["split_depth"]
    for a, b, quality in shapes:
        for high, wide in {(a, b), (b, a)}:
            down = math.ceil(m / high) if whole else max(1.0, m / high)
            across = math.ceil(n / wide)
            tiles = down * across * groups
            parts = min(device["units"] / tiles, k / least_depth)
            parts = max(parts, 1.0)
            waves = tiles * parts / device["units"] + form["tail"]
            waves = max(waves, 1.0)
            unit_rate = rate * quality / device["units"]
            tile_time = 2.0 * high * wide * (k / parts) / unit_rate
            times.append(waves * (tile_time + form["tile_overhead"]))
    return min(times)


def together(arithmetic, memory):
    return (arithmetic**4 + memory**4) ** 0.25


def gain_of(layer, device, form, inputs):
    window = layer["depth"] / inputs
    eligible = layer["kind"] == "conv" and (layer["winograd"] or window >= form["large_window"])
    if not eligible or device["gain"] <= 1.0:
        return 1.0
    shared = 1.0 / inputs + 1.0 / layer["columns"]
    direct = 2.0 / (device["peak"] * device["efficiency"][layer["kind"]])
    moved = form["transform"] / device["bandwidth"] / direct
    return max(1.0, 1.0 / (1.0 / device["gain"] + moved * shared))


def memory_of(layer, device, batch, held, factor=1.0):
    activations = 0.0
    for _ in range(batch):
        activations += layer["read"] + layer["write"]
    activations *= factor
    quick = max(device["bandwidth"], device["cache_bandwidth"])
    fits = activations + layer["weights"] <= device["cache"]
    stays = held <= device["cache"]
    time = activations / (quick if fits else device["bandwidth"])
    return time + layer["weights"] / (quick if stays else device["bandwidth"])


def products_of(layer, device, form, batch, held, training, first):
    rows, depth, columns, groups = (layer[key] for key in ("rows", "depth", "columns", "groups"))
    inputs = max(1.0, min(depth, layer["read"] / 4.0 / (rows * groups)))
    rate = device["peak"] * device["efficiency"][layer["kind"]] * gain_of(layer, device, form, inputs)
    memory = memory_of(layer, device, batch, held)

    def call(m, n, k, whole, slower):
        arithmetic = product(m, n, k, groups, whole, device, form, rate * slower)
        return together(arithmetic, memory) + device["launch"]

    forward = backward = 0.0
    for number in range(layer["repeat"]):
        forward += call(rows * batch, columns, depth, False, 1.0)
        if training:
            if not (first and number == 0):
                backward += call(rows * batch, inputs, columns * depth / inputs, False, form["data_gradient"])
            backward += call(depth, columns, rows * batch, True, form["weight_gradient"])
            backward += device["launch"] * form["gradient_calls"] if layer["parameters"] else 0.0
    return forward, backward


def factor_of(layer, device, form, training):
    """Traffic over that of the table; None where the call is fused away."""
    read, write = layer["read"], layer["write"]
    if layer["kind"] != "elementwise":
        return 1.0
    if layer["parameters"] and 1.9 <= (read / write if write else math.inf) <= 2.1:
        once = 2.0 * write / (read + write)
        return form["normalisation"] if training and not device["fused"] else once
    one_operation_a_value = layer["flops"] <= write / 4.0
    if device["fused"] and layer["in_place"] and read <= write and one_operation_a_value:
        return None
    if not layer["parameters"] and write and read >= 2.5 * write:
        return form["pooling"]
    return 1.0


def others_of(layer, device, form, batch, held, ratio):
    if layer["kind"] == "embedding":
        wasted = layer["rows"] * form["row_waste"] * 4.0 / device["value"]
        streamed = batch * (layer["read"] + wasted + layer["write"]) / device["bandwidth"]
        gather = device["gather"]
        if 4.0 * layer["parameters"] <= device["cache"]:
            gather *= form["cached_gather"]
        once = max(streamed, batch * layer["read"] / gather)
    else:
        factor = factor_of(layer, device, form, ratio > 0)
        if factor is None:
            return 0.0, 0.0
        rate = device["peak"] * device["efficiency"][layer["kind"]]
        once = together(layer["flops"] * batch / rate, memory_of(layer, device, batch, held, factor))
    trained = layer["parameters"] and layer["kind"] != "embedding"
    after = device["launch"] * form["gradient_calls"] if trained else 0.0
    backward = ratio * once + device["launch"] + after if ratio else 0.0
    return layer["repeat"] * (once + device["launch"]), layer["repeat"] * backward


def passes(layers, device, form, batch, ratio):
    """Forward and backward time of each of ``layers`` (dicts of a table's fields)."""
    held = 4.0 * sum(layer["parameters"] * layer["repeat"] for layer in layers if layer["kind"] != "embedding")
    found, trained_before, products_before = [], False, False
    for layer in layers:
        if layer["kind"] in PRODUCTS:
            first = not trained_before and not products_before
            found.append(products_of(layer, device, form, batch, held, ratio > 0, first))
            products_before = True
        else:
            found.append(others_of(layer, device, form, batch, held, ratio))
        trained_before = trained_before or layer["parameters"] > 0
    return found
