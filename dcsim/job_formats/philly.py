"""Microsoft's Philly trace as a table: one job a line, with its virtual cluster.

The columns are those of the flattened copy that goes with Sia's simulator: ``job_id,submit_s,duration_s,num_gpus,vc``
(Jeon et al., "Analysis of Large-Scale Multi-Tenant GPU Clusters for DNN Training Workloads", USENIX ATC 2019).
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

__all__ = ["philly"]

_FIELDS = (
    Field("job_id", "text", unique=True),
    time_field("submit_s"),
    slots_field("num_gpus"),
    time_field("duration_s"),
    Field("vc", "text", default=""),
    Field("submit_time", "text", default=""),
)


@job_format("philly", columns=("job_id", "submit_s", "duration_s", "num_gpus"))
def philly(source: Source) -> Iterator[JobBlock]:
    """Read the trace; virtual clusters are tenants, and users promised what their jobs take: nothing else is known."""
    for block in csv_blocks(source, _FIELDS):
        columns = block.columns
        yield job_block(
            columns["job_id"], columns["submit_s"], columns["num_gpus"], columns["duration_s"],
            more={"tenant": columns["vc"]},
        )  # fmt: skip
