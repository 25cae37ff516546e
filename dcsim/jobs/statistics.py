"""Figures of a replay, gathered while its rows pass by; ``docs/explanation/job_statistics.md`` defines each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.jobs.block import OUTCOMES
from dcsim.jobs.sketch import Sketch
from dcsim.jobs.tenant_figures import TenantFigures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobResults

__all__ = ["SHORTEST", "Statistics"]

SHORTEST = 10.0
"""Shortest run time that bounded slowdown divides by, s (Feitelson and Rudolph, JSSPP 1998)."""

_DONE, _RUNNING, _LAST = (OUTCOMES.index(name) for name in ("done", "running", "unreachable"))
_SPREADS = ("wait_s", "queued_s", "jct_s", "slowdown_ratio", "bounded_slowdown_ratio")
_PERCENTILES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))


class Statistics:
    """Waits, slowdowns, use and fairness of jobs; memory grows with the number of tenants alone.

    Examples
    --------
    >>> from dcsim.jobs.block import JobBlock, JobResults
    >>> zeros, ones = np.zeros(2), np.ones(2)
    >>> ids, safe = np.array(["a", "b"], object), np.zeros(2, np.int8)
    >>> jobs = JobBlock(ids, zeros, np.array([2, 1]), 60 * ones, 60 * ones, safe)
    >>> none = np.zeros(2, np.int64)
    >>> figures = Statistics()
    >>> start, finish = np.array([0.0, 60.0]), np.array([60.0, 120.0])
    >>> figures.add(JobResults(jobs, start, finish, safe, none, zeros, zeros, start))
    >>> summary = figures.summary(slots=2)
    >>> summary["wait_s"]["mean"], summary["makespan_s"], summary["utilisation_ratio"]
    (30.0, 120.0, 0.75)
    """

    def __init__(self) -> None:
        self._outcomes = np.zeros(len(OUTCOMES), np.int64)
        self._sketches = {name: Sketch() for name in _SPREADS}
        self._first = math.inf
        self._last_submit = self._last_finish = self._last = -math.inf
        self._used_slot_s = 0.0  # of jobs that are done
        self._running_slots = self._running_slot_s = 0.0  # slots, and slots times start, of jobs that still run
        self._late = np.zeros((4, 0))  # start, finish, slots and time held, of jobs that end after the last submission
        self._squares = 0.0
        self._deadlines = self._missed = 0
        self._preempted = self._preemptions = 0
        self._lost_s = self._overhead_s = self._lost_slot_s = self._overhead_slot_s = 0.0
        self._tenants = TenantFigures()

    def add(self, results: JobResults) -> None:
        """Count what became of more jobs; each row is to be given once, in any order."""
        jobs, outcome = results.jobs, results.outcome
        self._outcomes += np.bincount(outcome, minlength=len(OUTCOMES))
        counted, started, done = outcome <= _LAST, ~np.isnan(results.start), outcome == _DONE
        waits = results.start - jobs.submit
        spent = (results.finish - jobs.submit)[done]
        duration = jobs.duration[done]
        bounded = np.maximum(spent / np.maximum(duration, SHORTEST), 1.0)
        lasting = duration > 0.0
        self._sketches["wait_s"].add(waits[started])
        self._sketches["queued_s"].add(results.queued[started])
        self._sketches["jct_s"].add(spent)
        self._sketches["slowdown_ratio"].add(spent[lasting] / duration[lasting])
        self._sketches["bounded_slowdown_ratio"].add(bounded)
        self._squares += float(np.square(bounded).sum())
        self._count_times(results, counted, started, done)
        self._count_use(results, done)
        self._count_deadlines(results, done)
        self._tenants.add(jobs, waits, counted, started, done, bounded)

    def _count_times(
        self, results: JobResults, counted: NDArray[np.bool_], started: NDArray[np.bool_], done: NDArray[np.bool_]
    ) -> None:
        """Move the ends of the span that the replay covers."""
        submits = results.jobs.submit[counted]
        if submits.size:
            self._first = min(self._first, float(submits.min()))
            self._last_submit = max(self._last_submit, float(submits.max()))
            self._last = max(self._last, self._last_submit)
        if started.any():
            self._last = max(self._last, float(results.start[started].max()))
        if done.any():
            self._last_finish = max(self._last_finish, float(results.finish[done].max()))
            self._last = max(self._last, self._last_finish)

    def _count_use(self, results: JobResults, done: NDArray[np.bool_]) -> None:
        """Add the slot-seconds that jobs held, and what stops cost them."""
        jobs = results.jobs
        slots = jobs.slots * jobs.more["share"] if "share" in jobs.more else jobs.slots.astype(np.float64)
        held = np.where(
            results.preemptions > 0, jobs.duration + results.lost + results.overhead, results.finish - results.start
        )
        self._used_slot_s += float(slots[done] @ held[done])
        running = results.outcome == _RUNNING
        finish = np.where(running, math.inf, results.finish)
        held = np.where(running, math.inf, held)
        late = np.stack([results.start, finish, slots, held])[:, done | running]
        self._late = np.concatenate([self._late[:, self._late[1] > self._last_submit], late], axis=1)
        self._running_slots += float(slots[running].sum())
        self._running_slot_s += float(slots[running] @ results.start[running])
        self._preempted += int((results.preemptions > 0).sum())
        self._preemptions += int(results.preemptions.sum())
        self._lost_s += float(results.lost.sum())
        self._overhead_s += float(results.overhead.sum())
        self._lost_slot_s += float(slots @ results.lost)
        self._overhead_slot_s += float(slots @ results.overhead)

    def _count_deadlines(self, results: JobResults, done: NDArray[np.bool_]) -> None:
        """Count the jobs that had a deadline, and those not done by it."""
        deadline = results.jobs.more.get("deadline")
        if deadline is None:
            return
        minded = np.isfinite(deadline) & (results.outcome <= _LAST)
        self._deadlines += int(minded.sum())
        self._missed += int((minded & ~(done & (results.finish <= deadline))).sum())

    def summary(self, *, slots: float = 0.0, figures: Mapping[str, float] | None = None) -> dict[str, Any]:
        """Return every figure by name; None for one that has no value.

        Parameters
        ----------
        slots : float
            Slots of the cluster; 0 if that is not one number.
        figures : mapping of str to float, optional
            What only the replay knows, taken where given: ``busy_slot_s``, ``capacity_slot_s``, ``fragmented_slot_s``,
            ``unusable_slot_s``, ``lost_slot_s``, ``overhead_slot_s``. Others are passed over.
        """
        known = figures or {}
        span = self._last - self._first if self._last > self._first else 0.0
        running = self._running_slots * self._last - self._running_slot_s if self._running_slots else 0.0
        used = known.get("busy_slot_s", self._used_slot_s + running)
        arriving = self._last_submit - self._first if self._last_submit > self._first else 0.0
        capacity = known.get("capacity_slot_s", slots * span)
        bounded = self._sketches["bounded_slowdown_ratio"]
        return {
            "jobs": int(self._outcomes.sum()),
            "outcomes": {name: int(count) for name, count in zip(OUTCOMES, self._outcomes, strict=True)},
            **{name: _spread(sketch) for name, sketch in self._sketches.items()},
            "first_submit_s": _finite(self._first),
            "last_finish_s": _finite(self._last_finish),
            "makespan_s": _finite(self._last_finish - self._first),
            "used_slot_s": used,
            "utilisation_ratio": _ratio(used, capacity),
            "utilisation_while_jobs_came_ratio": _ratio(used - self._used_late(), slots * arriving),
            "fragmented_ratio": _ratio(known.get("fragmented_slot_s"), capacity),
            "unusable_ratio": _ratio(known.get("unusable_slot_s"), capacity),
            "jain_jobs_ratio": _ratio((bounded.mean * bounded.count) ** 2, bounded.count * self._squares),
            "jain_tenants_ratio": self._tenants.jain(),
            "tenants": len(self._tenants),
            "deadlines": self._deadlines,
            "deadline_misses": self._missed,
            "deadline_miss_ratio": _ratio(self._missed, self._deadlines),
            "preempted_jobs": self._preempted,
            "preemptions": self._preemptions,
            "lost_s": self._lost_s,
            "overhead_s": self._overhead_s,
            "lost_slot_s": known.get("lost_slot_s", self._lost_slot_s),
            "overhead_slot_s": known.get("overhead_slot_s", self._overhead_slot_s),
        }

    def _used_late(self) -> float:
        """Return the slot-seconds held after the last submission; a job that was stopped is taken to end in one run."""
        start, finish, slots, held = self._late
        after = np.minimum(finish, self._last) - np.maximum(start, self._last_submit)
        return float(slots @ np.clip(after, 0.0, held))

    def tenants(self) -> list[dict[str, Any]]:
        """Return a row for each tenant, by name."""
        return self._tenants.rows()

    def waits(self) -> Sketch:
        """Return the distribution of waits, s."""
        return self._sketches["wait_s"]


def _spread(sketch: Sketch) -> dict[str, float | None]:
    """Return mean, percentiles and the largest value."""
    told = {"mean": sketch.mean, **{name: sketch.quantile(share) for name, share in _PERCENTILES}, "max": sketch.most}
    return {name: _finite(value) for name, value in told.items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _ratio(part: float | None, whole: float) -> float | None:
    return part / whole if part is not None and whole > 0.0 else None
