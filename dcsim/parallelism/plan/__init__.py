"""What plans of a training step are made from, and what they are."""

from __future__ import annotations

from dcsim.parallelism.plan.asynchronous import crowded, remote
from dcsim.parallelism.plan.stages import Chain, Layout, chain, layout, pipeline
from dcsim.parallelism.plan.step import Span, StepPlan
from dcsim.parallelism.plan.synchronise import Flight, compressed, fly, leave, ring_bytes, times
from dcsim.parallelism.plan.timeline import Timeline
from dcsim.parallelism.plan.work import CompressionLike, Exchange, Floats, Options, Scope, Work

__all__ = [
    "Chain", "CompressionLike", "Exchange", "Flight", "Floats", "Layout", "Options", "Scope", "Span", "StepPlan",
    "Timeline", "Work", "chain", "compressed", "crowded", "fly", "layout", "leave", "pipeline", "remote", "ring_bytes",
    "times",
]  # fmt: skip
