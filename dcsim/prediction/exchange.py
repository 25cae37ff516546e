"""How long the devices of a machine exchange buffers, by operation, scope and size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dcsim.collectives import plan_of
from dcsim.collectives.plan import closed_form
from dcsim.compute.device import box_bandwidth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.prediction.machine import Machine
    from dcsim.spec.network import Fidelity

__all__ = ["HostExchange", "Scope"]

Scope = Literal["box", "hosts", "all"]
"""Devices of one host, one device of each host, or all devices of all hosts."""


class HostExchange:
    """The network of a machine as a plan of a step asks for it.

    Parameters
    ----------
    machine : Machine
        Hosts, devices and what joins them.
    collective : str
        Registered name of the all-reduce among hosts.
    fidelity : {"closed_form", "flow", "packet"}
        How closely the network is looked at.
    """

    def __init__(self, machine: Machine, collective: str = "ring", fidelity: Fidelity = "flow") -> None:
        self.machine = machine
        self.collective = collective
        self.fidelity = fidelity
        self.devices = machine.devices
        self.hosts = machine.hosts
        nic = machine.ground.nic
        sled = machine.ground.sled
        assert nic is not None and sled is not None
        self._rate = nic.bandwidth * nic.protocol_efficiency * max(1, sled.nics // sled.hosts) / machine.hosts_per_nic
        self._wait = machine.ground.overhead_s + 2.6e-6
        self._inside = box_bandwidth(machine.gpu) if machine.gpu is not None else self._rate

    def all_reduce(self, sizes: NDArray[np.float64], scope: Scope) -> NDArray[np.float64]:
        """Return the seconds of each buffer alone, shape (buffers,)."""
        sizes = np.asarray(sizes, np.float64)
        g = self.devices
        inside = 2.0 * (g - 1) / g * sizes / self._inside
        outside = np.array(
            [closed_form(plan_of(self.collective, self.hosts, size), self._rate, self._wait) for size in sizes]
        )
        if scope == "box":
            return inside
        return outside if scope == "hosts" else np.maximum(inside, outside)

    def send(self, nbytes: float, scope: Scope) -> float:
        """Return the seconds of one message between two neighbours."""
        return nbytes / self._inside if scope == "box" else self._wait + nbytes / self._rate

    def all_to_all(self, nbytes: float, scope: Scope) -> float:
        """Return the seconds in which every device sends each other one its part of a buffer."""
        p = self.devices if scope == "box" else self.hosts * self.devices
        return (p - 1) / p * nbytes / (self._inside if scope == "box" else self._rate)

    def push_pull(self, nbytes: float, servers: int) -> float:
        """Return the seconds in which every host pushes a buffer to sharded servers and pulls it back."""
        workers = max(1.0, self.hosts / servers) if servers else 1.0
        return 2.0 * (self._wait + workers * nbytes / self._rate)
