"""Parts: the results of one batch in one file, so that a sweep that is stopped keeps what was finished."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dcsim.sweeps.evaluate import PointResult

__all__ = ["Outcome", "encoded", "outcomes_of", "rows_of"]

_OUTCOMES = b"dcsim.outcomes"


@dataclass(frozen=True)
class Outcome:
    """What came of a point, without its rows.

    Parameters
    ----------
    key : str
        Hash of what decides its results.
    digest : str
        Hash of the resolved scenario without the seed.
    rows : int
        Metric rows.
    problems, warnings : tuple of str
        Why it failed; inputs without effect.
    """

    key: str
    digest: str
    rows: int
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there are no results."""
        return bool(self.problems)


def encoded(results: Sequence[PointResult], keys: Sequence[str]) -> tuple[bytes, tuple[Outcome, ...]]:
    """Return the file of a batch, and its outcomes, which the file holds too."""
    outcomes = tuple(
        Outcome(key, result.digest, len(result.columns.get("value", ())), result.problems, result.warnings)
        for result, key in zip(results, keys, strict=True)
    )
    names = list(dict.fromkeys(name for result in results for name in result.columns))
    data: dict[str, Any] = {}
    for name in names:
        values: list[Any] = []
        for result, outcome in zip(results, outcomes, strict=True):
            values += result.columns.get(name) or [None] * outcome.rows
        data[name] = pa.array(values, pa.float64() if name == "value" else pa.string())
    table = pa.table(data).replace_schema_metadata({_OUTCOMES: json.dumps([asdict(each) for each in outcomes])})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    return sink.getvalue().to_pybytes(), outcomes


def outcomes_of(path: Path) -> list[Outcome]:
    """Return the outcomes of a part, in the order of its rows.

    Raises
    ------
    pyarrow.ArrowException, OSError
        If the file is no part.
    """
    found = json.loads(pq.read_schema(path).metadata[_OUTCOMES])
    return [
        Outcome(each["key"], each["digest"], each["rows"], tuple(each["problems"]), tuple(each["warnings"]))
        for each in found
    ]


def rows_of(part: bytes | Path) -> Any:
    """Return the rows of a part as an Arrow table, point after point."""
    source = pa.BufferReader(part) if isinstance(part, bytes) else part
    # In this thread: one that lets go of Python's bytes while the interpreter ends would abort the process.
    return pq.ParquetFile(source).read(use_threads=False)
