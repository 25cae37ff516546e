"""Synchronisation: what a training step costs, and what its gang's hosts lose while they exchange gradients at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["synchronisation"]

_KEYS = ["recipe", "server", "rack", "hosts_per_nic", "network"]


@metric(
    "synchronisation",
    unit="s",
    reads={"recipes": (*_KEYS, "step_s", "straggler_s", "exposed_s", "loss_ratio", "timeouts")},
)
def synchronisation(tables: Tables) -> pd.DataFrame:
    """Return one training step of each recipe on each server, by hosts of a NIC that synchronise at once.

    ``step_time`` is the whole step: compute, ``straggler_wait`` for the slowest of the hosts, and
    ``exposed_communication``, the part that waits for the network. ``packet_loss`` is the share of packets dropped
    during a synchronisation and ``retransmission_timeouts`` their time-outs, both 0 where the fidelity ``network``
    knows of no packets. One row each per fidelity that the run looked at.
    """
    recipes = tables["recipes"]
    keys = recipes[_KEYS]
    tidy = Tidy()
    for name, unit, column in (
        ("step_time", "s", "step_s"),
        ("straggler_wait", "s", "straggler_s"),
        ("exposed_communication", "s", "exposed_s"),
        ("packet_loss", "ratio", "loss_ratio"),
        ("retransmission_timeouts", "count", "timeouts"),
    ):
        tidy.add_each(name, unit, recipes[column], keys)
    return tidy.frame()
