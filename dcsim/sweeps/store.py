"""The directory of a sweep: parts while it is under way, one sorted table at the end; see ``results.sweep_files``."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.errors import InputError, Problem, RunError
from dcsim.results.settled import settled_as
from dcsim.results.sweep_files import (
    FAILURES_FILE,
    PARTS_FOLDER,
    POINTS_FILE,
    PROVENANCE_FILE,
    RESULTS_FILE,
    RUNS_FOLDER,
    SWEEP_FILE,
    written_out,
)
from dcsim.spec.yaml import load_yaml
from dcsim.sweeps.parts import Outcome, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from dcsim.sweeps.points import SweepPlan

__all__ = ["Stored", "SweepDirectory"]

_UNDER_WAY = "# A sweep of dcsim that is under way here; dcsim sweep --resume goes on with it.\n"
"""First line of the sweep file among the parts: by it a directory is known for one of a sweep."""
_TRIES = 10
_PART = re.compile(r"[0-9a-f]{32}\.parquet(\.tmp)?")


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
        The directory. It is created if missing; where the sweep turns out to be wrong (``InputError``) before any
        point is finished, what was created is removed.
    plan : SweepPlan
        The sweep.
    resume : bool
        Whether to go on with a sweep that was begun there.

    Raises
    ------
    InputError
        If a sweep is there and is not to be resumed, or one of another scenario or design, or something else, or one is
        being carried out.
    RunError
        If the machine refuses: disk full, directory not writable.
    """

    def __init__(self, path: Path, plan: SweepPlan, *, resume: bool) -> None:
        self.path = path.absolute()
        self._plan = plan
        self._resume = resume
        self._lock: int | None = None
        self._created: list[Path] = []
        self._kept: list[Path] = []

    def __enter__(self) -> Self:
        """Take the directory over: first the lock, then a look at what is there."""
        with self.told():
            self._lock, self._created = _taken(self.path)
            try:
                _refuse_foreign(self.path, resume=self._resume)
                _refuse_another(self.path, self._plan)
                self._begin()
            except BaseException as error:
                self.__exit__(type(error), error, None)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the directory go; parts stay unless ``clear`` was called, or nothing came of it but an input error."""
        if self._lock is not None:
            if isinstance(error, InputError):
                with contextlib.suppress(OSError):
                    self._withdraw()
            os.close(self._lock)
            self._lock = None

    def _begin(self) -> None:
        """Finish or remove what a driver that was killed left half done, and say what is under way from now on."""
        self._created = [*(each for each in (self.parts, self.runs) if not each.exists()), *self._created]
        self.parts.mkdir(exist_ok=True)
        results, points, draft = (self.path / name for name in (RESULTS_FILE, POINTS_FILE, f"{POINTS_FILE}.tmp"))
        if settled_as(results) is not None and settled_as(draft) == settled_as(results) != settled_as(points):
            draft.replace(points)
        for name in (RESULTS_FILE, POINTS_FILE, FAILURES_FILE, SWEEP_FILE, PROVENANCE_FILE):
            (self.path / f"{name}.tmp").unlink(missing_ok=True)
        for left in self.parts.glob("*.tmp"):
            if _is_part(left) or left.name == f"{SWEEP_FILE}.tmp":
                left.unlink()
        for left in self.path.glob(f"{RUNS_FOLDER}/*/.seed=*.tmp"):
            shutil.rmtree(left, ignore_errors=True)
        self.write(self.parts / SWEEP_FILE, f"{_UNDER_WAY}{self._plan.to_yaml()}")

    def _withdraw(self) -> None:
        """Remove what was created, if no point is finished there."""
        finished = any(not outcome.failed for part in self._parts() for outcome in _outcomes(part))
        if finished or self.parts not in self._created:
            return
        self.clear()
        if self.runs in self._created:
            shutil.rmtree(self.runs, ignore_errors=True)
        for folder in self._created:
            if folder.is_dir():
                folder.rmdir()

    @property
    def parts(self) -> Path:
        """Folder of the results of finished batches."""
        return self.path / PARTS_FOLDER

    @property
    def runs(self) -> Path:
        """Folder of run directories."""
        return self.path / RUNS_FOLDER

    def keep(self, part: bytes) -> Path:
        """Write the results of a batch, whole or not at all, and return the file."""
        path = self.parts / f"{hashlib.sha256(part).hexdigest()[:32]}.parquet"
        self.write(path, part)
        self._kept.append(path)
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
            lately = set(self._kept)
            before = [part for part in self._parts() if part not in lately]
            for file in (self.path / RESULTS_FILE, *before, *self._kept):
                first = 0
                for outcome in _outcomes(file):
                    if outcome.key not in found or found[outcome.key].outcome.failed:
                        found[outcome.key] = Stored(outcome, file, first)
                    first += outcome.rows
        return found

    def clear(self) -> None:
        """Remove the parts, once the results hold all of them; what others put among them stays."""
        with self.told():
            for part in self._parts():
                part.unlink()
            (self.parts / SWEEP_FILE).unlink(missing_ok=True)
            if not any(self.parts.iterdir()):
                self.parts.rmdir()

    def _parts(self) -> list[Path]:
        return sorted(path for path in self.parts.glob("*.parquet") if _is_part(path))

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Turn the system's refusals into one line."""
        try:
            yield
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error).partition("\n")[0]
            raise RunError(f"cannot write the sweep to {self.path}: {reason}") from error


def _outcomes(file: Path) -> list[Outcome]:
    """Return the outcomes of a part or of earlier results; none of a file that is not there or cannot be read.

    Results and points that were not written together are none either.
    """
    try:
        if file.name != RESULTS_FILE:
            return outcomes_of(file)
        points = file.with_name(POINTS_FILE)
        if settled_as(file) is None or settled_as(file) != settled_as(points):
            return []
        table = pq.read_table(points, columns=["key", "digest", "rows", "problem", "warning"])
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


def _is_part(path: Path) -> bool:
    return _PART.fullmatch(path.name) is not None


def _refuse_foreign(path: Path, *, resume: bool) -> None:
    """Refuse to write where something else is, or an earlier sweep that nobody wants to go on with."""
    parts = path / PARTS_FOLDER
    spec = parts / SWEEP_FILE
    begun = spec.is_file() and spec.read_bytes().startswith(_UNDER_WAY.encode())
    if not begun and settled_as(path / RESULTS_FILE) is None:
        found = {*path.iterdir(), *parts.glob("*")}
        if found - {parts, spec.with_name(f"{SWEEP_FILE}.tmp")}:  # which a driver that was killed at once has left
            raise _foreign(path)
    elif not resume:
        message = "holds a sweep; --resume goes on with it and keeps what is finished; or name another directory"
        raise InputError([Problem(str(path), 0, 0, "", message)])


def _refuse_another(path: Path, plan: SweepPlan) -> None:
    """Refuse to replace the results of a sweep of another scenario or design."""
    file = written_out(path)
    if file is None:
        return
    there = load_yaml(file).data
    facts = (
        ("scenario", Path(str(there.get("scenario"))).stem, Path(plan.spec.scenario).stem),
        ("design", str(there.get("design", "grid")), plan.spec.design),
    )
    problems = [
        Problem(str(path), 0, 0, "", f"holds a sweep of {what} '{held}', not of '{asked}'; name another directory")
        for what, held, asked in facts
        if held != asked
    ]
    if problems:
        raise InputError(problems)


def _foreign(path: Path) -> InputError:
    return InputError([Problem(str(path), 0, 0, "", "exists and is not a sweep of dcsim; name another directory")])


def _taken(path: Path) -> tuple[int, list[Path]]:
    """Return a lock on the directory, and the folders that had to be created for it, innermost first.

    The lock is an open descriptor, which nobody else can lock until it is closed or its owner dies.
    """
    created = [each for each in (path, *path.parents) if not each.exists()]
    for _ in range(_TRIES):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise _foreign(path) from None
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            message = "another sweep is being carried out there; wait for it, or name another directory"
            raise InputError([Problem(str(path), 0, 0, "", message)]) from None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
            return descriptor, created  # and not what another sweep, which turned out to be wrong, has just removed
        os.close(descriptor)
    raise OSError("it is removed again and again")
