"""Workloads of the Tiresias simulator: ``job_id,num_gpu,submit_time,iterations,model_name,duration,interval``.

Gu et al., "Tiresias: A GPU Cluster Manager for Distributed Deep Learning", NSDI 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.job_formats import job_format
from dcsim.jobs.rows import MISSING, MOST_SECONDS, MOST_SLOTS, job_block
from dcsim.trace.csv_table import Field, csv_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.jobs.block import JobBlock
    from dcsim.trace.source import Source

__all__ = ["tiresias"]

_FIELDS = (
    Field("job_id", "text", unique=True),
    Field("num_gpu", "whole", low=-MOST_SLOTS, high=MOST_SLOTS, default=int(MISSING), needed=True),
    Field("submit_time", low=-MOST_SECONDS, high=MOST_SECONDS, default=MISSING, needed=True, unit="seconds"),
    Field("iterations", "text", default=""),
    Field("model_name", "text", default=""),
    Field("duration", low=-MOST_SECONDS, high=MOST_SECONDS, default=MISSING, needed=True, unit="seconds"),
    Field("interval", "text", default=""),
)


@job_format("tiresias", columns=("job_id", "num_gpu", "submit_time", "duration"))
def tiresias(source: Source) -> Iterator[JobBlock]:
    """Read the workload; ``iterations`` and ``interval`` follow from the other columns and are passed over."""
    for block in csv_blocks(source, _FIELDS):
        columns = block.columns
        yield job_block(
            columns["job_id"], columns["submit_time"], columns["num_gpu"], columns["duration"],
            more={"model": columns["model_name"]},
        )  # fmt: skip
