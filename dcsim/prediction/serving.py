"""Hosts that serve parameters and nothing else: what they draw and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcsim.compute.money import step_power, write_off
from dcsim.parallelism import parallelism

if TYPE_CHECKING:
    from dcsim.parallelism.plan import StepPlan
    from dcsim.prediction.prepared import Prepared
    from dcsim.spec.catalog import Catalog

__all__ = ["SERVER", "Serving", "serving"]

SERVER = "leopard"
"""Entry of a dedicated parameter server, an assumption: published are servers without GPUs, and not which (Bordes, HPC
for AI at Facebook, 2016)."""


@dataclass(frozen=True)
class Serving:
    """All dedicated parameter servers of a step together.

    Parameters
    ----------
    power_w : float
        At their input (W).
    write_off_usd_per_s : float
        What they lose of their price.
    notes : tuple of str
        What the user should know.
    """

    power_w: float = 0.0
    write_off_usd_per_s: float = 0.0
    notes: tuple[str, ...] = ()


def serving(prepared: Prepared, plan: StepPlan, step_s: float, catalog: Catalog) -> Serving:
    """Return what the parameter servers add to the hosts that train; nothing where these serve beside their work.

    Each is a ``SERVER`` with an adapter like the workers', and as busy as that is with what the workers push.

    Parameters
    ----------
    prepared, plan : Prepared, StepPlan
        What is asked, and its step.
    step_s : float
        One step, all waiting included (s).
    catalog : Catalog
        Entries by name.
    """
    asked, machine = prepared.question, prepared.machine
    number = asked.servers if "servers" in parallelism.get(asked.parallelism).facts["options"] else 0
    if not number or not asked.training:
        return Serving()
    server: Any = catalog.load("servers", SERVER)
    pushed = machine.hosts * plan.host_sent_bytes / number
    busy = min(1.0, pushed / machine.host_bandwidth / step_s)
    note = f"parameter servers are assumed to be {number} x {SERVER}, and are part of power and cost"
    return Serving(number * step_power(server, busy), number * write_off(server), (note,))
