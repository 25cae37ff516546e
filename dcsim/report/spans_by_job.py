"""Rows of a table as objects: one after the other, and job by job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

__all__ = ["SpansByJob", "rows"]


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table, with its columns as attributes and ``Index`` besides."""
    return iter(table.itertuples())


class SpansByJob:
    """The rows of a table by job, each job's in order of their beginnings.

    Parameters
    ----------
    table : DataFrame
        Has a column ``job`` with whole numbers.
    begin : str
        Name of the column with the beginnings.

    Examples
    --------
    >>> import pandas as pd
    >>> spans = SpansByJob(pd.DataFrame({"job": [7, 3, 7], "at": [5.0, 1.0, 2.0]}), "at")
    >>> [row.at for row in spans.of(7)], spans.of(8)
    ([2.0, 5.0], [])
    """

    def __init__(self, table: pd.DataFrame, begin: str) -> None:
        ordered = table.sort_values(["job", begin], kind="stable")
        self._numbers = ordered["job"].to_numpy()
        self._rows = list(rows(ordered))

    def of(self, job: int) -> list[Any]:
        """Return the rows of a job."""
        first, last = np.searchsorted(self._numbers, (job, job + 1))
        return self._rows[first:last]
