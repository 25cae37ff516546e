"""What a worker does with a batch, and what it hands back."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.sweeps.evaluate import Evaluator, PointResult
from dcsim.sweeps.keys import Keys, keys_of
from dcsim.sweeps.parts import Outcome, encoded

if TYPE_CHECKING:
    from pathlib import Path

    from dcsim.sweeps.batches import Batch
    from dcsim.sweeps.points import Point

__all__ = ["THREADS", "Finished", "Work", "carry_out", "given_up"]

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""Environment of a worker: as many workers as cores, so one thread each."""


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
    """

    scenario: str
    catalog: tuple[str, ...]
    metrics: tuple[str, ...]
    variants: tuple[str, ...]
    keys: Keys
    runs: Path | None = None
    always: tuple[str, ...] = ()

    def directory(self, point: Point) -> Path | None:
        """Return where the run of a point is kept, if it is."""
        return None if self.runs is None else self.runs / str(point.setting) / f"seed={point.seed}"


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
        If this process sees other files than the driver does.
    """
    began = time.perf_counter()
    evaluator = _evaluator(work)
    results = [evaluator.evaluate(point, work.directory(point)) for point in batch.points]
    part, outcomes = encoded(results, [work.keys.of(point) for point in batch.points])
    return Finished(batch, part, outcomes, time.perf_counter() - began)


def given_up(work: Work, batch: Batch) -> Finished:
    """Return a batch whose workers died every time, as failed."""
    why = f"its worker was killed {batch.deaths + 1} times; is there too little memory for it?"
    results = [PointResult(point, "", problems=(why,)) for point in batch.points]
    part, outcomes = encoded(results, [work.keys.of(point) for point in batch.points])
    return Finished(batch, part, outcomes, 0.0)


@lru_cache(maxsize=2)
def _evaluator(work: Work) -> Evaluator:
    """Return the evaluator of this process, having made sure that it reads what the driver read."""
    if keys_of(work.scenario, work.catalog, work.metrics, work.variants) != work.keys:
        message = (
            f"worker {os.uname().nodename} has another version of dcsim or sees other files than the driver; "
            "put scenario, catalogue and traces where all see them under one path"
        )
        raise InputError([Problem(work.scenario, 0, 0, "", message)])
    return Evaluator(work.scenario, work.always, work.catalog, work.metrics)
