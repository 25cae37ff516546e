"""How far a sweep is: what is left, what is in, and what turns out to be needed besides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem
from dcsim.sweeps.batches import Batches
from dcsim.sweeps.parts import rows_of
from dcsim.sweeps.row_files import RowFiles
from dcsim.sweeps.until import Replicas, parse_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.sweeps.compact import Settled
    from dcsim.sweeps.points import Point, SweepPlan
    from dcsim.sweeps.store import Stored, SweepDirectory
    from dcsim.sweeps.work import Finished, Work

__all__ = ["Progress", "State"]

Progress = Callable[[int, int, int], None]
"""Called with points done, points in all, and points that failed."""
_MOST_REPLICAS = 100
"""Replicas of a setting at which ``until`` gives up, where nobody says otherwise."""


class State:
    """Points of a sweep that are left and those that are in.

    Parameters
    ----------
    plan : SweepPlan
        What is to be simulated.
    work : Work
        What all points have in common.
    directory : SweepDirectory
        Keeps what is finished, and knows what was before.
    progress : callable, optional
        Told at the beginning and after every batch.
    """

    def __init__(self, plan: SweepPlan, work: Work, directory: SweepDirectory, progress: Progress | None) -> None:
        self._plan = plan
        self._work = work
        self._directory = directory
        self._progress = progress
        self._stored = {key: each for key, each in directory.stored().items() if not each.outcome.failed}
        self._scheduled = dict.fromkeys(range(len(plan.settings)), len(plan.seeds)) if plan.spec.until else {}
        self.replicas = _replicas(plan)
        self._files = RowFiles()
        self.total = len(plan)
        self.carried_out = self.failed = 0
        stored = [point for point in plan.points() if self._is_stored(point)]
        self.done = len(stored)
        known = {(point.setting, point.replica) for point in stored}
        left = (point for point in plan.points() if (point.setting, point.replica) not in known)
        self.batches = Batches(left, len(plan) - self.done)
        self._tell()
        if self.replicas is not None:
            for point in stored:
                self._judge(point, self._rows(self._stored[work.keys.of(point)]))

    def take(self, finished: Finished) -> None:
        """Keep a batch that is done, and see what else is needed.

        Raises
        ------
        InputError
            If the precision of a metric is asked for that no run has; the batch is not kept then.
        """
        self.done += len(finished.outcomes)
        self.carried_out += len(finished.outcomes)
        self.failed += sum(outcome.failed for outcome in finished.outcomes)
        if self.replicas is not None:
            rows, first = rows_of(finished.part), 0
            for point, outcome in zip(finished.batch.points, finished.outcomes, strict=True):
                self._judge(point, None if outcome.failed else _mappings(rows, first, outcome.rows))
                first += outcome.rows
            self._refuse_unknown()
        self._directory.keep(finished.part)
        self._tell()

    def settled(self) -> list[Settled]:
        """Return every point in order with what came of it."""
        stored = self._directory.stored()
        return [(point, stored[self._work.keys.of(point)]) for point in self._points()]

    def dropped(self, settled: Sequence[Settled]) -> int:
        """Return how many points were finished before that are not among those of this sweep."""
        return len(self._stored.keys() - {stored.outcome.key for _, stored in settled})

    def _points(self) -> Iterator[Point]:
        if self.replicas is None:
            yield from self._plan.points()
            return
        for setting, replicas in self._scheduled.items():
            for replica in range(replicas):
                yield self._plan.point(setting, replica)

    def _is_stored(self, point: Point) -> bool:
        """Whether a point need not be carried out: its rows are there, and its run directory if that is wanted."""
        stored = self._stored.get(self._work.keys.of(point))
        return stored is not None and self._work.is_kept(point, stored.outcome.digest)

    def _judge(self, point: Point, rows: list[dict[str, Any]] | None) -> None:
        """Take a point into account, and schedule the replicas that its setting needs besides."""
        waiting = [(point, rows)]
        while waiting and self.replicas is not None:
            point, rows = waiting.pop()
            self.replicas.add(point.setting, point.replica, rows)
            wanted = self.replicas.wanted_of(point.setting) or 0
            scheduled = self._scheduled[point.setting]
            if wanted <= scheduled:
                continue
            self._scheduled[point.setting] = wanted
            self.total += wanted - scheduled
            more = [self._plan.point(point.setting, replica) for replica in range(scheduled, wanted)]
            for each in more:
                if self._is_stored(each):
                    self.done += 1
                    waiting.append((each, self._rows(self._stored[self._work.keys.of(each)])))
            self.batches.add(each for each in more if not self._is_stored(each))

    def _rows(self, stored: Stored) -> list[dict[str, Any]]:
        """Return the rows of a point that was finished before."""
        rows = self._files.rows(stored.file, stored.first, stored.first + stored.outcome.rows)
        return _mappings(rows, 0, rows.num_rows)

    def _refuse_unknown(self) -> None:
        """Stop where the precision of a metric is asked for that no run has."""
        messages = self.replicas.unknown() if self.replicas is not None else []
        if messages:
            raise InputError([Problem.of_option("until", message) for message in messages])

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.done, self.total, self.failed)


def _replicas(plan: SweepPlan) -> Replicas | None:
    """Return what judges how many replicas are enough, if precision is asked for."""
    if plan.spec.until is None:
        return None
    most = plan.spec.max_replicas or _MOST_REPLICAS
    return Replicas(parse_until(plan.spec.until), least=len(plan.seeds), most=max(most, len(plan.seeds)))


def _mappings(rows: Any, first: int, count: int) -> list[dict[str, Any]]:
    """Return rows of a table as mappings, without the dimensions that do not apply."""
    found = rows.slice(first, count).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in found]
