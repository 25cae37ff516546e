"""One layer at a time, one call at a time, the rates written as in the textbook."""

from __future__ import annotations


def efficiency(work, highest, half_work):
    return highest * work / (work + half_work)


def call(work, traffic, peak, highest, half_work, bandwidth, launch):
    times = [traffic / bandwidth]
    if work > 0:
        times.append(work / (peak * efficiency(work, highest, half_work)))
    return max(times) + launch


def pass_time(layers, device, batch, ratio):
    """Sum over ``layers`` (dicts) of one pass with ``ratio`` times the forward work."""
    total = 0.0
    for layer in layers:
        highest, half_work = device["efficiency"][layer["kind"]]
        traffic = 0.0
        for _ in range(batch):
            traffic += layer["read"] + layer["write"]
        traffic += layer["weights"]
        work = layer["flops"] * batch
        for _ in range(layer["repeat"]):
            rates = device["peak"], highest, half_work, device["bandwidth"], device["launch"]
            total += call(work * ratio, traffic * ratio, *rates)
    return total
