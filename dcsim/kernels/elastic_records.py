"""Record types of the elastic groups. Nothing here needs numba.

Numbers are ``float64`` unless said otherwise.
"""

from __future__ import annotations

import numpy as np

__all__ = ["GROUP", "LIFE", "RATE", "TERMS"]

RATE = np.dtype([(name, np.float64) for name in ("hosts", "useful", "synchronisation", "learning", "checkpoint_time")])
"""A group of some size: its hosts, the hosts that would make its progress if each worked alone, the hosts' worth that
synchronising and the larger batch take (the three add up to its hosts), and the time to write a checkpoint, s."""

TERMS = np.dtype([*((name, np.float64) for name in ("notice", "grace", "restart")), ("saves", np.bool_)], align=True)
"""Time from asking for hosts to having them back, that time where the return was not foreseen, from getting hosts to
the first step, all s; whether a group writes a checkpoint when it is asked for hosts."""

GROUP = np.dtype(
    [
        *((name, np.float64) for name in ("restart_left", "compute", "written", "failing_in")),
        *((name, np.int64) for name in ("joined", "target", "drawn")),
    ],
    align=True,
)
"""A group: until its first step, s; computed since the last checkpoint, s; share of the present checkpoint that is
written; host-seconds to the next failure. Its size, called ``joined`` since records have a size of their own,
and the one it grows to (``int64``, 0 for no hosts); failures drawn."""

LIFE = np.dtype(
    [
        (name, np.float64)
        for name in (
            "paid", "useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted",
            "open", "running", "writing", "written", "failures", "unforeseen", "foreseen", "losses", "resizes",
        )
    ]
)  # fmt: skip
"""What became of a group: host-seconds ``paid`` and what they went into, up to ``uncommitted``, and what of the last a
checkpoint would have made useful, ``open``; the time that it ran, and that it was ``writing`` checkpoints, s;
checkpoints ``written``, those not finished in part; failures, returns that were not foreseen and that were; how often
it went back to a checkpoint; starts and resizes."""
