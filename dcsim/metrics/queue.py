"""Queue: how long gangs waited for their hosts, and how many wait at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, grouped

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["queue"]


@metric(
    "queue",
    unit="s",
    reads={
        "jobs": ("service", "arrived_s", "queued_s", "started_s", "outcome"),
        "queues": ("held_s", "kind", "queued_jobs"),
    },
)
def queue(tables: Tables) -> pd.DataFrame:
    """Return the waiting time of gangs by service and for the fleet.

    ``queue_wait_mean``, ``queue_wait_p95`` and ``queue_wait_max`` are over the jobs that arrived within the
    run and got their gang (from first asking to first getting it); ``queued_gangs`` counts those that wait
    when the run ends, whose waits are not in the averages. ``queue_length_mean`` is the time-mean of the
    queue of a server kind.
    """
    jobs = tables["jobs"]
    waits = (jobs["started_s"] - jobs["queued_s"])[jobs["arrived_s"] >= 0].dropna()
    queued = jobs["outcome"] == "queued"
    tidy = Tidy()
    for service in jobs["service"].cat.categories:
        mine = jobs["service"] == service
        _add(tidy, waits[mine[waits.index]], queued[mine], service=service)
    _add(tidy, waits, queued)
    steps = tables["queues"]
    held = steps["held_s"].to_numpy()
    kinds = grouped(steps, ("kind",), {"queued": steps["queued_jobs"].to_numpy() * held, "held": held})
    tidy.add_each("queue_length_mean", "gangs", kinds["queued"] / kinds["held"], kinds)
    return tidy.frame()


def _add(tidy: Tidy, waits: pd.Series[float], queued: pd.Series[bool], **dimensions: str) -> None:
    if len(waits):
        tidy.add("queue_wait_mean", "s", float(waits.mean()), **dimensions)
        tidy.add("queue_wait_p95", "s", float(waits.quantile(0.95)), **dimensions)
        tidy.add("queue_wait_max", "s", float(waits.max()), **dimensions)
    if len(queued):
        tidy.add("queued_gangs", "gangs", float(queued.sum()), **dimensions)
