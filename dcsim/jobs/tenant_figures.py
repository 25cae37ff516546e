"""Figures of each tenant of a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.jobs.block import JobBlock

__all__ = ["TenantFigures"]

_COLUMNS = ("jobs", "started", "done", "wait_s", "bounded_slowdown_ratio", "slot_s")


class TenantFigures:
    """Jobs, waits, slowdowns and slot-seconds by tenant; empty for a trace without tenants."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._sums = np.zeros((0, len(_COLUMNS)))

    def __len__(self) -> int:
        """Return the number of tenants."""
        return len(self._codes)

    def add(
        self,
        jobs: JobBlock,
        waits: NDArray[np.float64],
        counted: NDArray[np.bool_],
        started: NDArray[np.bool_],
        done: NDArray[np.bool_],
        bounded: NDArray[np.float64],
    ) -> None:
        """Count more jobs.

        Parameters
        ----------
        jobs : JobBlock
            The jobs.
        waits : ndarray of float64
            Wait of each job, s; only of those that started a number.
        counted, started, done : ndarray of bool
            Which the replay took in, which of them started, and which are done.
        bounded : ndarray of float64
            Bounded slowdown of those that are done.
        """
        if "tenant" not in jobs.more:
            return
        codes = self._codes
        who = np.zeros(len(jobs), np.int64)
        who[counted] = [codes.setdefault(name, len(codes)) for name in jobs.more["tenant"][counted].tolist()]
        columns = (
            np.bincount(who[counted], minlength=len(codes)),
            np.bincount(who[started], minlength=len(codes)),
            np.bincount(who[done], minlength=len(codes)),
            np.bincount(who[started], waits[started], len(codes)),
            np.bincount(who[done], bounded, len(codes)),
            np.bincount(who[done], jobs.slots[done] * jobs.duration[done], len(codes)),
        )
        sums = np.zeros((len(codes), len(_COLUMNS)))
        sums[: len(self._sums)] = self._sums
        self._sums = sums + np.stack(columns, axis=1)

    def jain(self) -> float | None:
        """Return Jain's index over the tenants' mean bounded slowdowns; None if no tenant has one."""
        done = self._sums[:, 2]
        means = self._sums[done > 0, 4] / done[done > 0]
        return float(means.sum() ** 2 / (len(means) * np.square(means).sum())) if len(means) else None

    def rows(self) -> list[dict[str, Any]]:
        """Return jobs, those done, mean wait, mean bounded slowdown and useful slot-seconds of each, by name."""
        rows = []
        for name, code in sorted(self._codes.items()):
            jobs, started, done, wait, bounded, slot_s = self._sums[code].tolist()
            rows.append({
                "tenant": name,
                "jobs": int(jobs),
                "done": int(done),
                "wait_s": wait / started if started else None,
                "bounded_slowdown_ratio": bounded / done if done else None,
                "slot_s": slot_s,
            })  # fmt: skip
        return rows
