"""Completions beside those of another simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.network.flow_trace import read_completions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dcsim.network.flow_trace import FlowTrace

__all__ = ["Comparison", "compare"]

_SAME_START = 1e-9  # s, and of the time itself


@dataclass(frozen=True)
class Comparison:
    """How far completions are from those of a reference.

    Parameters
    ----------
    file : str
        Where the reference is from.
    flows : int
        Flows that were compared.
    worst_relative_error, mean_relative_error : float
        Of (finish - start).
    worst_id : str or None
        Which flow is the worst; None where none was compared.
    unlike : int
        Flows that finish, or take any time at all, in one of the two only; they are in no error.
    unmatched : int
        Flows that one of the two does not have.
    shifted : int
        Flows that start at another time in the reference.
    """

    file: str
    flows: int
    worst_relative_error: float
    mean_relative_error: float
    worst_id: str | None
    unlike: int
    unmatched: int
    shifted: int


def compare(trace: FlowTrace, finish: NDArray[np.float64], source: str | Path) -> Comparison:
    """Compare completions with those of a file ``id,start,finish``, flow by flow of the same id.

    Parameters
    ----------
    trace : FlowTrace
        The flows.
    finish : ndarray of float64, shape (flows,)
        When they were over, s; infinite for never.
    source : str or Path
        The reference.

    Raises
    ------
    InputError
        With every problem of the file, and where it shares no flow with the trace.
    """
    table = read_completions(source)
    names = trace.id.tolist()
    places = {name: row for row, name in enumerate(table.columns["id"].tolist())}
    mine = np.array([row for row, name in enumerate(names) if name in places], np.int64)
    theirs = np.array([places[name] for name in names if name in places], np.int64)
    if names and not len(mine):
        raise InputError([Problem(table.file, 0, 0, "", "has no flow of the trace; flows are compared by their ids")])
    start, other = trace.start[mine], table.columns["start"][theirs]
    took, should = finish[mine] - start, table.columns["finish"][theirs] - other
    alike = (np.isfinite(took) == np.isfinite(should)) & ((took == 0.0) == (should == 0.0))
    timed = alike & np.isfinite(should) & (should != 0.0)
    error = np.zeros(len(mine))
    error[timed] = np.abs(took[timed] - should[timed]) / np.abs(should[timed])
    known = error[alike]
    return Comparison(
        table.file,
        len(known),
        float(known.max(initial=0.0)),
        float(known.mean()) if len(known) else 0.0,
        str(names[mine[alike][known.argmax()]]) if len(known) else None,
        int((~alike).sum()),
        len(names) + table.rows - 2 * len(mine),
        int((np.abs(start - other) > _SAME_START * (1.0 + np.abs(other))).sum()),
    )
