"""What would let a model fit that does not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dcsim.compute.memory import footprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dcsim.prediction.prepared import Prepared
    from dcsim.prediction.question import Question

__all__ = ["remedy"]

SPLIT = "one_forward_one_backward"
"""Plan that gives each device a part of the layers, and keeps few micro-batches in flight."""
_SPLIT_OPTION = f"--parallelism {SPLIT}"


def remedy(prepared: Prepared, fits: Callable[[Question], bool], *, hopeless: bool) -> str:
    """Return which options would let a question's model fit; else how many devices what it always keeps would fill.

    Parameters
    ----------
    prepared : Prepared
        Of a question whose model does not fit.
    fits : callable
        Whether that of another question does.
    hopeless : bool
        Whether not even one sample fits.
    """
    for changes in _changes(prepared.question, prepared.machine.ranks, hopeless=hopeless):
        if fits(replace(prepared.question, **changes)):
            return f"; it fits with {' '.join(_written(name, value) for name, value in changes.items())}"
    held = footprint(prepared.model, prepared.precision, prepared.optimiser).memory(0).total
    each = prepared.memory_limit - prepared.reserved
    devices = math.ceil(held / each) if each > 0.0 else 0
    if devices <= prepared.machine.ranks:
        return ""
    return f"; what it keeps whatever the batch fills {devices} devices: take more, and split it with {_SPLIT_OPTION}"


def _changes(asked: Question, ranks: int, *, hopeless: bool) -> Iterator[dict[str, Any]]:
    """Yield what might be asked for instead, the mildest first; more than recomputing only where nothing else helps."""
    if not asked.training:
        return
    again: list[dict[str, Any]] = [{}] if asked.recompute else [{}, {"recompute": True}]
    split: list[dict[str, Any]] = [{}]
    if ranks > 1 and asked.parallelism != SPLIT:
        split.append({"parallelism": SPLIT})
    more = (stages for stages in (ranks // 2, ranks // 4) if stages > max(1, asked.stages))
    split += [{"parallelism": SPLIT, "stages": stages} for stages in more]
    if not hopeless:
        split = [{}]
    smaller: list[dict[str, Any]] = [{}, {"batch_per_device": 1}] if hopeless and asked.batch_per_device > 1 else [{}]
    for batch in smaller:
        for layers in split:
            for kept in again:
                changes = {**batch, **layers, **kept}
                if changes:
                    yield changes


def _written(name: str, value: object) -> str:
    """Return an option as it is written on the command line."""
    option = f"--{name.replace('_', '-')}"
    return option if value is True else f"{option} {value}"
