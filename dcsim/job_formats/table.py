"""Jobs as a plain CSV table: ``job_id,submit,gpus,duration`` and whatever else is known of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.job_formats import job_format
from dcsim.jobs.chains import Above
from dcsim.jobs.rows import MOST_SECONDS, MOST_SLOTS, job_block, slots_field, time_field
from dcsim.trace.csv_table import CsvTable, Field, csv_blocks
from dcsim.trace.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.errors import Problem
    from dcsim.jobs.block import JobBlock
    from dcsim.trace.source import Source

__all__ = ["table"]

_NEEDED = (
    Field("job_id", "text", unique=True),
    time_field("submit"),
    slots_field("gpus"),
    time_field("duration"),
    time_field("walltime", needed=False),
)
_MORE = (
    Field("priority", "whole", low=-(10**9), high=10**9, default=0),
    Field("tenant", "text", default=""),
    Field("opportunistic", "whole", high=1, default=0),
    Field("deadline", high=MOST_SECONDS, default=math.inf, unit="seconds"),
    Field("after", "text", default=""),
    Field("model", "text", default=""),
    Field("gpu_type", "text", default=""),
    Field("share", low=1e-6, high=1.0, default=1.0, beyond="must be above 0, and 1 at most: a part of one GPU"),
    Field("cpus", high=1e9, default=0.0),
    Field("memory", high=1e18, default=0.0, unit="bytes"),
    Field("least", "whole", low=1, high=MOST_SLOTS, default=0),
    Field("most", "whole", low=1, high=MOST_SLOTS, default=0),
)


@job_format("table", columns=("job_id", "submit", "gpus", "duration"))
def table(source: Source) -> Iterator[JobBlock]:
    """Read a CSV table; an empty cell, or a negative number, is a missing time or number of GPUs."""
    found, above = Findings(), Above()
    for block in csv_blocks(source, (*_NEEDED, *_MORE)):
        found.add(sorted([*_contradictions(block), *_chains(block, above)]))
        if not found:
            yield _jobs(block)
    found.refuse()


def _jobs(block: CsvTable) -> JobBlock:
    columns = block.columns
    more = {field.name: columns[field.name] for field in _MORE if field.name in block.header}
    if "opportunistic" in more:
        more["opportunistic"] = more["opportunistic"] > 0
    asked = np.maximum(columns["gpus"], 0)
    for name in {"least", "most"} & more.keys():
        more[name] = np.where(more[name] > 0, more[name], asked)
    return job_block(
        columns["job_id"], columns["submit"], columns["gpus"], columns["duration"], columns["walltime"], more
    )


def _chains(block: CsvTable, above: Above) -> Iterator[Problem]:
    """Yield cells that name a job that does not stand above."""
    if "after" in block.header:
        columns = block.columns
        for row, why in above.missing(columns["job_id"].tolist(), columns["after"].tolist()):
            yield block.problem(row, "after", why)


def _contradictions(block: CsvTable) -> Iterator[Problem]:
    """Return the cells that cannot both be meant."""
    gpus = block.columns["gpus"]
    share, least, most = (block.columns[name] for name in ("share", "least", "most"))
    return block.problems((
        ("share", (share < 1.0) & (gpus > 1), "is for jobs of one GPU; others take whole ones"),
        ("least", (least > gpus) & (gpus > 0), "is more than the job's gpus; write as many or fewer"),
        ("most", (most < gpus) & (most > 0), "is fewer than the job's gpus; write as many or more"),
    ))  # fmt: skip
