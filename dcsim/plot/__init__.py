"""Pictures of a run and of a sweep: the only part of dcsim that knows matplotlib.

Every function takes what is drawn, a ``Run`` or a ``Sweep``, and, to draw into a figure of one's own, ``ax``: one of
its axes, whose place is divided where several panels are needed, or as many as there are panels. It returns the figure.
"""

from __future__ import annotations

from dcsim.plot.best_checkpoint import best_checkpoint
from dcsim.plot.free_hosts import free_hosts
from dcsim.plot.harvest import harvest
from dcsim.plot.harvest_curve import harvest_curve
from dcsim.plot.links import links
from dcsim.plot.load_and_capacity import load_and_capacity
from dcsim.plot.queue import queue
from dcsim.plot.staleness import staleness
from dcsim.plot.sweep import sweep

__all__ = [
    "best_checkpoint", "free_hosts", "harvest", "harvest_curve", "links", "load_and_capacity", "queue", "staleness",
    "sweep",
]  # fmt: skip
