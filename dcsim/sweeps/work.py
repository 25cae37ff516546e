"""What a worker does with a batch, and what it hands back."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.sweeps.evaluate import Evaluator, PointResult
from dcsim.sweeps.kept_runs import is_run_of
from dcsim.sweeps.keys import Keys, digests, inputs_digest, read_again
from dcsim.sweeps.parts import Outcome, encoded

if TYPE_CHECKING:
    from pathlib import Path

    from dcsim.sweeps.batches import Batch
    from dcsim.sweeps.points import Point

__all__ = ["THREADS", "Finished", "Work", "carry_out", "given_up"]

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""Environment of a worker: as many workers as cores, so one thread each."""
_State = tuple[int, int, int]
"""What tells that a file was written to: inode, size and time of the last change, ns."""


@dataclass(frozen=True)
class Work:
    """What all points of a sweep have in common; equal in every process.

    Parameters
    ----------
    scenario : str
        A file, or the name of a scenario.
    catalog : tuple of str
        Folders with own entries.
    metrics : tuple of str
        Metrics to keep; all where empty.
    variants : tuple of str
        Variants that occur.
    keys : Keys
        Makes the keys of points, from the files as the driver sees them.
    runs : Path, optional
        Where run directories are kept, ``<setting>/seed=<n>``.
    always : tuple of str
        Variants that every point takes.
    token : str
        Of this sweep alone, so that a process that carried out another one reads the files again.
    """

    scenario: str
    catalog: tuple[str, ...]
    metrics: tuple[str, ...]
    variants: tuple[str, ...]
    keys: Keys
    runs: Path | None = None
    always: tuple[str, ...] = ()
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def directory(self, point: Point) -> Path | None:
        """Return where the run of a point is kept, if it is."""
        return None if self.runs is None else self.runs / str(point.setting) / f"seed={point.seed}"

    def is_kept(self, point: Point, digest: str) -> bool:
        """Whether the run that was simulated is where runs are to be kept; also where none are kept."""
        directory = self.directory(point)
        return directory is None or is_run_of(directory, digest, point.seed)


@dataclass(frozen=True)
class Finished:
    """A batch that is done.

    Parameters
    ----------
    batch : Batch
        The batch.
    part : bytes
        Its results as a file, see ``parts``.
    outcomes : tuple of Outcome
        What came of each point.
    seconds : float
        How long it took.
    """

    batch: Batch
    part: bytes
    outcomes: tuple[Outcome, ...]
    seconds: float


def carry_out(work: Work, batch: Batch) -> Finished:
    """Carry a batch out.

    Raises
    ------
    InputError
        If this process sees other files than the driver did, or one of them changes while it is in use.
    """
    began = time.perf_counter()
    evaluator, states = _evaluator(work)
    results = [evaluator.evaluate(point, work.directory(point)) for point in batch.points]
    changed = [path for path, state in states if _state(path) != state]
    if changed:
        message = "was changed while the sweep was carried out; put it back and resume, or begin the sweep anew"
        raise InputError([Problem(str(path), 0, 0, "", message) for path in changed])
    part, outcomes = encoded(results, [work.keys.of(point) for point in batch.points])
    return Finished(batch, part, outcomes, time.perf_counter() - began)


def given_up(work: Work, batch: Batch) -> Finished:
    """Return a batch whose workers died every time, as failed."""
    why = f"its worker was killed {batch.deaths + 1} times; is there too little memory for it?"
    results = [PointResult(point, "", problems=(why,)) for point in batch.points]
    part, outcomes = encoded(results, [work.keys.of(point) for point in batch.points])
    return Finished(batch, part, outcomes, 0.0)


@lru_cache(maxsize=2)
def _evaluator(work: Work) -> tuple[Evaluator, tuple[tuple[Path, _State], ...]]:
    """Return the evaluator of this process, and the files that it reads again and again as they were.

    Raises
    ------
    InputError
        If it does not read what the driver read.
    """
    evaluator = Evaluator(work.scenario, work.always, work.catalog, work.metrics)
    evaluator.read_ahead()
    paths = read_again(work.scenario, work.catalog, work.variants, work.keys)
    states = tuple((path, _state(path)) for path in paths)
    inputs = inputs_digest(work.scenario, work.catalog, work.metrics, work.variants)
    if work.keys != Keys(inputs, digests(name for name, _ in work.keys.files)):
        message = (
            f"worker {os.uname().nodename} has another version of dcsim or sees other files than the driver; "
            "put scenario, catalogue and traces where all see them under one path, and leave them as they are"
        )
        raise InputError([Problem(work.scenario, 0, 0, "", message)])
    return evaluator, states


def _state(path: Path) -> _State:
    try:
        facts = path.stat()
    except OSError:
        return -1, -1, -1
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
