"""The directory of a sweep: parts while it is under way, one sorted table at the end.

::

    DIR/results.parquet   every metric row, by setting and seed; the same bytes whoever carried the points out
    DIR/points.parquet    every point: its key, what was simulated, how many rows, why it failed
    DIR/failures.csv      the points that failed, if any did
    DIR/sweep.yaml        the sweep, written out in full
    DIR/sweep.json        where, when and how it was carried out; the one file that differs between machines
    DIR/runs/             run directories by setting and seed, if they are kept
    DIR/parts/            results of finished batches, until all are in
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.errors import InputError, Problem, RunError
from dcsim.sweeps.parts import Outcome, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

__all__ = [
    "FAILURES_FILE", "POINTS_FILE", "PROVENANCE_FILE", "RESULTS_FILE", "SWEEP_FILE", "Stored", "SweepDirectory",
]  # fmt: skip

RESULTS_FILE = "results.parquet"
POINTS_FILE = "points.parquet"
FAILURES_FILE = "failures.csv"
SWEEP_FILE = "sweep.yaml"
PROVENANCE_FILE = "sweep.json"
_PARTS = "parts"
_RUNS = "runs"
_OURS = {RESULTS_FILE, POINTS_FILE, FAILURES_FILE, SWEEP_FILE, PROVENANCE_FILE, _PARTS, _RUNS}


@dataclass(frozen=True)
class Stored:
    """Where the rows of a finished point lie.

    Parameters
    ----------
    outcome : Outcome
        What came of it.
    file : Path
        A part, or the results of an earlier sweep in the same directory.
    first : int
        Its first row there.
    """

    outcome: Outcome
    file: Path
    first: int


class SweepDirectory:
    """The directory of a sweep that is being carried out; nobody else may write to it meanwhile.

    Parameters
    ----------
    path : Path
        The directory. It is created if missing.
    resume : bool
        Whether to go on with a sweep that was begun there.

    Raises
    ------
    InputError
        If another sweep is there and is not to be resumed, or something else, or one is being carried out.
    RunError
        If the machine refuses: disk full, directory not writable.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path.absolute()
        self._resume = resume
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Take the directory over."""
        with self.told():
            _refuse_foreign(self.path, resume=self._resume)
            self.parts.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.path)
            for left in (*self.path.glob("*.tmp"), *self.parts.glob("*.tmp")):
                left.unlink()
            for left in self.path.glob(f"{_RUNS}/*/.*.tmp"):
                shutil.rmtree(left, ignore_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the directory go; parts stay unless ``clear`` was called."""
        if self._lock is not None:
            os.close(self._lock)

    @property
    def parts(self) -> Path:
        """Folder of the results of finished batches."""
        return self.path / _PARTS

    @property
    def runs(self) -> Path:
        """Folder of run directories."""
        return self.path / _RUNS

    def keep(self, part: bytes) -> Path:
        """Write the results of a batch, whole or not at all, and return the file."""
        path = self.parts / f"{hashlib.sha256(part).hexdigest()[:32]}.parquet"
        self.write(path, part)
        return path

    def write(self, path: Path, content: bytes | str) -> None:
        """Write a file, whole or not at all."""
        data = content.encode() if isinstance(content, str) else content
        draft = path.with_name(f"{path.name}.tmp")
        with self.told():
            draft.write_bytes(data)
            draft.replace(path)

    def stored(self) -> dict[str, Stored]:
        """Return what is in, by key; of a point that failed and was carried out again, what came of it then."""
        found: dict[str, Stored] = {}
        with self.told():
            for file in (self.path / RESULTS_FILE, *sorted(self.parts.glob("*.parquet"))):
                first = 0
                for outcome in _outcomes(file):
                    if not outcome.failed or outcome.key not in found:
                        found[outcome.key] = Stored(outcome, file, first)
                    first += outcome.rows
        return found

    def clear(self) -> None:
        """Remove the parts, once the results hold all of them."""
        with self.told():
            shutil.rmtree(self.parts)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Turn the system's refusals into one line."""
        try:
            yield
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error).partition("\n")[0]
            raise RunError(f"cannot write the sweep to {self.path}: {reason}") from error


def _outcomes(file: Path) -> list[Outcome]:
    """Return the outcomes of a part or of earlier results; none of a file that is not there or cannot be read."""
    try:
        if file.name != RESULTS_FILE:
            return outcomes_of(file)
        table = pq.read_table(file.with_name(POINTS_FILE), columns=["key", "digest", "rows", "problem", "warning"])
        rows = pq.read_metadata(file).num_rows
    except (FileNotFoundError, pa.ArrowException, KeyError, ValueError):
        return []
    found = [
        Outcome(key, digest, count, _lines(problem), _lines(warning))
        for key, digest, count, problem, warning in zip(*table.to_pydict().values(), strict=True)
    ]
    return found if sum(outcome.rows for outcome in found) == rows else []


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()


def _refuse_foreign(path: Path, *, resume: bool) -> None:
    """Refuse to write where something else is, or an earlier sweep that nobody wants to go on with."""
    names = {each.name for each in path.iterdir()} if path.is_dir() else set()
    if path.exists() and (not path.is_dir() or (names and not names & _OURS)):
        message = "exists and is not a sweep of dcsim; name another directory"
        raise InputError([Problem(str(path), 0, 0, "", message)])
    if names and not resume:
        message = "holds a sweep; --resume goes on with it and keeps what is finished; or name another directory"
        raise InputError([Problem(str(path), 0, 0, "", message)])


def _locked(path: Path) -> int:
    """Return an open descriptor of the directory, which nobody else can lock until it is closed or its owner dies."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        message = "another sweep is being carried out there; wait for it, or name another directory"
        raise InputError([Problem(str(path), 0, 0, "", message)]) from None
    return descriptor


