"""Workloads of the Tiresias simulator: ``job_id,num_gpu,submit_time,iterations,model_name,duration,interval``.

Gu et al., "Tiresias: A GPU Cluster Manager for Distributed Deep Learning", NSDI 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.job_formats import job_format
from dcsim.jobs.rows import job_block, slots_field, time_field
from dcsim.trace.csv_table import Field, csv_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.jobs.block import JobBlock
    from dcsim.trace.source import Source

__all__ = ["tiresias"]

_FIELDS = (
    Field("job_id", "text", unique=True),
    slots_field("num_gpu"),
    time_field("submit_time"),
    Field("iterations", "text", default=""),
    Field("model_name", "text", default=""),
    time_field("duration"),
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
