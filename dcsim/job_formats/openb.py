"""Pods of Alibaba's heterogeneous GPU cluster (``openb``, cluster-trace-gpu-v2023): whole GPUs and parts of one.

Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC
2023.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.job_formats import job_format
from dcsim.jobs.rows import MISSING, MOST_SECONDS, job_block
from dcsim.trace.csv_table import CsvTable, Field, csv_blocks
from dcsim.trace.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.errors import Problem
    from dcsim.jobs.block import JobBlock
    from dcsim.trace.source import Source

__all__ = ["openb"]

_MIB = 2.0**20
_FIELDS = (
    Field("name", "text", unique=True),
    Field("cpu_milli", "whole", high=10**12),
    Field("memory_mib", "whole", high=10**12),
    Field("num_gpu", "whole", high=10**6),
    Field("gpu_milli", "whole", high=1000),
    Field("gpu_spec", "text", default=""),
    Field("qos", "text", default=""),
    Field("pod_phase", "text", default=""),
    Field("creation_time", high=MOST_SECONDS, default=MISSING, unit="seconds"),
    Field("deletion_time", high=MOST_SECONDS, default=math.inf, unit="seconds"),
    Field("scheduled_time", "text", default=""),
)


@job_format("openb", columns=("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"))
def openb(source: Source) -> Iterator[JobBlock]:
    """Read a list of pods: each lasts from its creation to its deletion, or for ever where the list says none.

    Pods of a list without times all come at once, at time 0, in its order.
    """
    found = Findings()
    for block in csv_blocks(source, _FIELDS):
        found.add(_contradictions(block))
        if not found:
            yield _jobs(block)
    found.refuse()


def _jobs(block: CsvTable) -> JobBlock:
    columns = block.columns
    submit = columns["creation_time"] if "creation_time" in block.header else np.zeros(block.rows)
    more = {
        "gpu_type": columns["gpu_spec"],
        "share": np.where(columns["num_gpu"] == 1, columns["gpu_milli"] / 1000.0, 1.0),
        "cpus": columns["cpu_milli"] / 1000.0,
        "memory": columns["memory_mib"] * _MIB,
    }
    return job_block(columns["name"], submit, columns["num_gpu"], columns["deletion_time"] - submit, None, more)


def _contradictions(block: CsvTable) -> Iterator[Problem]:
    """Return the cells that cannot both be meant."""
    gpus, milli = block.columns["num_gpu"], block.columns["gpu_milli"]
    created, deleted = block.columns["creation_time"], block.columns["deletion_time"]
    return block.problems((
        ("gpu_milli", (gpus == 1) & (milli == 0), "leaves nothing of the GPU that the pod asks for; write 1 to 1000"),
        ("gpu_milli", (gpus > 1) & (milli < 1000), "is for pods of one GPU; a pod of more takes whole ones"),
        ("deletion_time", deleted < created, "is before the creation"),
    ))  # fmt: skip
