"""From parts to one sorted table: the same bytes whichever batches the points came in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.results.settled import SETTLED
from dcsim.sweeps.axes import numbers
from dcsim.sweeps.row_files import WORDS, RowFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dcsim.sweeps.points import Point, SweepPlan
    from dcsim.sweeps.store import Stored

__all__ = ["Settled", "digest_of", "write_points", "write_results"]

Settled = tuple["Point", "Stored"]
"""A point and what came of it."""
_ROWS_PER_GROUP = 1 << 17
_WORD = pa.dictionary(pa.int32(), pa.string())


def digest_of(plan: SweepPlan, settled: Iterable[Settled]) -> bytes:
    """Return a hash of the points and of what came of each, by which results and points know each other."""
    said = hashlib.sha256("\0".join(axis.column for axis in plan.parameters).encode())
    for point, stored in settled:
        outcome = stored.outcome
        facts = (point.setting, point.replica, outcome.key, outcome.digest, outcome.rows, *outcome.problems)
        said.update(("\n" + "\0".join(map(str, facts))).encode())
    return said.hexdigest().encode()


def write_results(path: Path, plan: SweepPlan, settled: Sequence[Settled], digest: bytes) -> None:
    """Write the metric rows of finished points.

    Row groups end with the point that fills them, so they depend on the points alone.

    Parameters
    ----------
    path : Path
        The file.
    plan : SweepPlan
        Names the columns of parameters; their units stand in the metadata of the fields.
    settled : sequence of (Point, Stored)
        Every point in order; failed ones have no rows.
    digest : bytes
        What ``digest_of`` returns for them; it goes into the metadata.
    """
    files = RowFiles()
    columns = _Columns(plan, files.dimensions(stored.file for _, stored in settled if stored.outcome.rows))
    schema = columns.schema.with_metadata({SETTLED: digest})
    with pq.ParquetWriter(path, schema, compression="zstd", write_statistics=False) as writer:
        for group in _groups(settled):
            rows = pa.concat_tables(list(_rows(files, group)), promote_options="default")
            writer.write_table(columns.table(group, rows), row_group_size=max(rows.num_rows, 1))


def write_points(path: Path, plan: SweepPlan, settled: Sequence[Settled], digest: bytes) -> None:
    """Write one row for every point: its values as written, key, hash of what was simulated, rows, problems.

    Parameters
    ----------
    path, plan, settled, digest
        As for ``write_results``.
    """
    outcomes = [stored.outcome for _, stored in settled]
    data: dict[str, Any] = {
        "setting": pa.array([point.setting for point, _ in settled], pa.int32()),
        "replica": pa.array([point.replica for point, _ in settled], pa.int32()),
        "seed": pa.array([point.seed for point, _ in settled], pa.int64()),
    }
    for axis in plan.parameters:
        data[axis.column] = pa.array([dict(point.values)[axis.path] for point, _ in settled], pa.string())
    data["key"] = pa.array([outcome.key for outcome in outcomes], pa.string())
    data["digest"] = pa.array([outcome.digest for outcome in outcomes], pa.string())
    data["rows"] = pa.array([outcome.rows for outcome in outcomes], pa.int32())
    data["problem"] = pa.array(["\n".join(outcome.problems) for outcome in outcomes], pa.string())
    data["warning"] = pa.array(["\n".join(outcome.warnings) for outcome in outcomes], pa.string())
    table = pa.table(data).replace_schema_metadata({SETTLED: digest})
    pq.write_table(table, path, compression="zstd", write_statistics=False, row_group_size=_ROWS_PER_GROUP)


class _Columns:
    """The columns of the results, and how they are filled."""

    def __init__(self, plan: SweepPlan, dimensions: Sequence[str]) -> None:
        self._parameters = [self._parameter(plan, axis.path) for axis in plan.parameters]
        self._dimensions = dimensions
        fields = [pa.field("setting", pa.int32())]
        for axis, (values, unit) in zip(plan.parameters, self._parameters, strict=True):
            facts = {"role": "parameter", "path": axis.path} | ({} if unit is None else {"unit": unit})
            fields.append(pa.field(axis.column, _WORD if unit is None else values.type, metadata=facts))
        fields += [pa.field("seed", pa.int64()), pa.field("replica", pa.int32())]
        fields += [pa.field(name, _WORD) for name in WORDS]
        fields.append(pa.field("value", pa.float64()))
        fields += [pa.field(name, _WORD, metadata={"role": "dimension"}) for name in dimensions]
        self.schema = pa.schema(fields)

    @staticmethod
    def _parameter(plan: SweepPlan, path: str) -> tuple[Any, str | None]:
        """Return a value per setting, and the unit; no unit for text."""
        texts = [dict(values)[path] for values in plan.settings]
        found = numbers(texts)
        return (pa.array(texts, pa.string()), None) if found is None else (pa.array(found[0], pa.float64()), found[1])

    def table(self, group: Sequence[Settled], rows: Any) -> Any:
        """Return rows with the columns that say which point they are of."""
        counts = [stored.outcome.rows for _, stored in group]

        def repeated(values: Sequence[int], kind: Any) -> Any:
            return pa.array(np.repeat(np.array(values, np.int64), counts), kind)

        setting = repeated([point.setting for point, _ in group], pa.int32())
        arrays = [setting]
        for values, unit in self._parameters:
            taken = values.take(setting)
            arrays.append(taken.dictionary_encode() if unit is None else taken)
        arrays.append(repeated([point.seed for point, _ in group], pa.int64()))
        arrays.append(repeated([point.replica for point, _ in group], pa.int32()))
        arrays += [_words(rows, name) for name in WORDS]
        arrays.append(rows["value"].combine_chunks())
        arrays += [_words(rows, name) for name in self._dimensions]
        return pa.Table.from_arrays(arrays, schema=self.schema)


def _words(rows: Any, name: str) -> Any:
    """Return a column of words, coded in order of appearance."""
    if name not in rows.column_names:
        return pa.nulls(rows.num_rows, _WORD)
    return rows[name].combine_chunks().dictionary_encode()


def _groups(settled: Sequence[Settled]) -> Iterator[list[Settled]]:
    """Cut points into row groups."""
    group: list[Settled] = []
    rows = 0
    for each in settled:
        group.append(each)
        rows += each[1].outcome.rows
        if rows >= _ROWS_PER_GROUP:
            yield group
            group, rows = [], 0
    if rows:
        yield group


def _rows(files: RowFiles, group: Sequence[Settled]) -> Iterator[Any]:
    """Yield the rows of points, those that lie one behind the other in one go."""
    file, first, last = None, 0, 0
    for _, stored in group:
        if (stored.file, stored.first) != (file, last):
            if file is not None and last > first:
                yield files.rows(file, first, last)
            file, first = stored.file, stored.first
        last = stored.first + stored.outcome.rows
    if file is not None and last > first:
        yield files.rows(file, first, last)
