"""Results of a replay as named columns, one row for each job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.jobs.block import LEFT_OUT, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobResults

__all__ = ["RESULT_COLUMNS", "all_columns", "columns_of"]

RESULT_COLUMNS = ("start", "finish", "outcome", "preemptions", "lost_s", "overhead_s", "queued_s")
"""What a replay adds to the columns of a trace."""


def columns_of(results: JobResults) -> dict[str, NDArray[Any]]:
    """Return the jobs and what became of them; times that a trace does not have are NaN, missing slots -1."""
    jobs = results.jobs
    missing = {reason: jobs.left_out == code for code, reason in enumerate(LEFT_OUT)}
    return {
        "job_id": jobs.job_id,
        "submit": np.where(missing["no_submit"], np.nan, jobs.submit),
        "slots": np.where(missing["no_slots"], -1, jobs.slots),
        "duration": np.where(missing["no_duration"], np.nan, jobs.duration),
        "walltime": np.where(missing["no_duration"], np.nan, jobs.walltime),
        **jobs.more,
        "start": results.start,
        "finish": results.finish,
        "outcome": np.array(OUTCOMES, object)[results.outcome],
        "preemptions": results.preemptions,
        "lost_s": results.lost,
        "overhead_s": results.overhead,
        "queued_s": results.queued,
    }


def all_columns(blocks: Iterable[JobResults]) -> dict[str, NDArray[Any]]:
    """Return the columns of all blocks; ready for ``pandas.DataFrame``."""
    parts = [columns_of(block) for block in blocks]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
