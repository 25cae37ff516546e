"""A synchronous data-parallel group of unlike servers: who takes how much of a batch, and what an even split loses.

Every device is predicted by itself, as ``dcsim step`` does it. Its rate depends on its share, so shares and rates are
worked out in turn until they agree. What hosts exchange is predicted for as many hosts of the server with the slowest
adapter: a ring is as fast as its slowest link, and the others wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcsim.compute.stragglers import balance, slowest, slowest_of
from dcsim.errors import InputError, Problem
from dcsim.prediction.machine import find_machine
from dcsim.prediction.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.prediction.machine import Machine
    from dcsim.prediction.question import Question
    from dcsim.spec.catalog import Catalog

    Ints = NDArray[np.int64]

__all__ = ["BalancedStep", "Member", "balance_group"]

_ROUNDS = 32
"""Times that shares and rates are worked out; they agree within a few, or go round among near equals."""


@dataclass(frozen=True)
class Member:
    """Servers of one kind in the group.

    Parameters
    ----------
    server : str
        Entry of the catalogue.
    hosts, devices : int
        Servers, and devices of all of them.
    samples, even_samples : int
        Of a step, on all of them together: balanced, and with equal shares for every device of the group.
    batch_per_device, even_batch_per_device : int
        The most that one of them takes.
    largest_batch : int
        The most that fits one of them.
    device_s, even_device_s : float or None
        What that one computes (s); None where it does not fit.
    """

    server: str
    hosts: int
    devices: int
    samples: int
    even_samples: int
    batch_per_device: int
    even_batch_per_device: int
    largest_batch: int
    device_s: float
    even_device_s: float | None


@dataclass(frozen=True)
class BalancedStep:
    """One step of the group.

    Parameters
    ----------
    model : str
        Entry of the catalogue.
    hosts, devices, samples : int
        Of all members together.
    step_s : float
        The sum of what the slowest device computes, overhead, stragglers and exposed communication.
    compute_s, overhead_s, exposed_communication_s, straggler_s : float
        Those parts (s), as ``dcsim step`` tells them; compute includes the update of the weights.
    throughput_per_s : float
        Samples per second.
    even_step_s, loss : float or None
        The step with equal shares, and what it is longer, as a share of the balanced one; None where equal shares do
        not fit every device.
    members : tuple of Member
        Kinds of servers, as given.
    notes : tuple of str
        What the user should know.
    """

    model: str
    hosts: int
    devices: int
    samples: int
    step_s: float
    compute_s: float
    overhead_s: float
    exposed_communication_s: float
    straggler_s: float
    throughput_per_s: float
    even_step_s: float | None
    loss: float | None
    members: tuple[Member, ...]
    notes: tuple[str, ...]


def balance_group(plain: Question, group: Sequence[tuple[str, int]], batch: int, catalog: Catalog) -> BalancedStep:
    """Return one step of a group whose devices get as much of the batch as they can do in the same time.

    Parameters
    ----------
    plain : Question
        Model, precision and whatever else is the same for all; its server, its numbers of devices and its batch do
        not count.
    group : sequence of (str, int)
        Servers, and how many of each.
    batch : int
        Samples of one step, of all devices together.
    catalog : Catalog
        Entries.

    Raises
    ------
    InputError
        With every problem, called by the options of ``dcsim balance``.
    """
    devices = _Devices(plain, group, catalog)
    if batch < devices.kinds.size:
        message = f"{batch} samples are not one for each of {devices.kinds.size} devices"
        raise InputError([Problem.of_option("batch", message)])
    even = balance(np.ones(devices.kinds.size), batch).shares
    shares = _balanced(devices, even, batch)
    parts, notes = _step(devices, shares)
    fits = math.isfinite(max(devices.times(even)))
    even_s = sum(_step(devices, even)[0].values()) if fits else None
    step_s = sum(parts.values())
    if not fits:
        notes += ("equal shares do not fit the memory of every device",)
    return BalancedStep(
        model=plain.model,
        hosts=sum(devices.hosts),
        devices=devices.kinds.size,
        samples=batch,
        step_s=step_s,
        **parts,
        throughput_per_s=batch / step_s,
        even_step_s=even_s,
        loss=None if even_s is None else even_s / step_s - 1.0,
        members=tuple(_member(devices, kind, shares, even) for kind in range(len(group))),
        notes=notes,
    )


class _Devices:
    """The devices of a group, each by its place: all of the first kind of servers, then all of the second.

    Parameters
    ----------
    plain, group, catalog
        As for ``balance_group``.

    Attributes
    ----------
    names, hosts, machines : list
        Server, number of hosts and machine of each kind.
    kinds : ndarray of int64, shape (devices,)
        Kind of each device.
    largest : list of int
        Samples that fit a device of each kind.
    """

    def __init__(self, plain: Question, group: Sequence[tuple[str, int]], catalog: Catalog) -> None:
        self._predictor, self._plain = Predictor(catalog), plain
        self.names, self.hosts = [name for name, _ in group], [hosts for _, hosts in group]
        self.machines: list[Machine] = []
        self.largest: list[int] = []
        problems = [
            Problem.of_option("group", f"'{name}' is named twice; add its hosts up")
            for name in dict.fromkeys(self.names)
            if self.names.count(name) > 1
        ]
        for name, hosts in group:
            try:
                asked = replace(plain, server=name, gpus=None, hosts=hosts, batch_per_device=1)
                self.largest.append(self._predictor.predict(asked).largest_batch)
                self.machines.append(find_machine(name, catalog, hosts=hosts))
            except InputError as error:
                problems += [_renamed(each) for each in error.problems]
        if problems:
            raise InputError(list(dict.fromkeys(problems)))
        self.kinds: Ints = np.repeat(np.arange(len(group)), [machine.ranks for machine in self.machines])

    def _one(self, machine: Machine, samples: int) -> Question:
        """Ask for one device of a machine."""
        gpus = None if machine.gpu is None else 1
        return replace(
            self._plain, fabric=None, server=machine.name, gpus=gpus, hosts=1, batch_per_device=samples
        )

    def time(self, kind: int, samples: int) -> float:
        """Return what one device takes (s), infinite where the samples do not fit it."""
        if not samples:
            return 0.0
        if samples > self.largest[kind]:
            return math.inf
        return self._predictor.predict(self._one(self.machines[kind], samples)).step_s

    def most(self, shares: Ints) -> list[int]:
        """Return the largest share of each kind."""
        return [int(shares[self.kinds == kind].max()) for kind in range(len(self.names))]

    def times(self, shares: Ints) -> list[float]:
        """Return what a device of each kind takes at most (s)."""
        return [self.time(kind, samples) for kind, samples in enumerate(self.most(shares))]

    def exchange(self, shares: Ints) -> tuple[float, float, tuple[str, ...]]:
        """Return overhead and exposed communication (s) as among equal hosts with the slowest adapter, and notes."""
        slow = min(range(len(self.names)), key=lambda kind: self.machines[kind].host_bandwidth)
        asked = replace(self._plain, server=self.names[slow], gpus=None, hosts=sum(self.hosts))
        try:
            answer = self._predictor.predict(replace(asked, batch_per_device=max(1, self.most(shares)[slow])))
        except InputError as error:
            raise InputError([_renamed(each) for each in error.problems]) from None
        notes = answer.notes
        if len(self.names) > 1:
            notes += (f"hosts exchange as {asked.hosts} of {self.names[slow]}, which have the slowest adapter, would",)
        return answer.overhead_s, answer.exposed_communication_s, notes


def _balanced(devices: _Devices, even: Ints, batch: int) -> Ints:
    """Return the share of each device with which the slowest of them is done soonest."""
    shares, best, least_s = even, even, math.inf
    for _ in range(_ROUNDS):
        before = shares
        fitting = zip(devices.most(before), devices.largest, strict=True)
        rated = [max(1, min(most, largest)) for most, largest in fitting]
        rates = np.array([samples / devices.time(kind, samples) for kind, samples in enumerate(rated)])
        shares = balance(rates[devices.kinds], batch).shares
        slowest_s = max(devices.times(shares))
        if slowest_s < least_s:
            best, least_s = shares, slowest_s
        if (shares == before).all():
            break
    if math.isinf(least_s):
        wanted = zip(devices.names, devices.most(shares), devices.largest, strict=True)
        short = [(name, most, largest) for name, most, largest in wanted if most > largest]
        raise InputError([
            Problem.of_option("batch", f"a device of {name} holds {largest} samples; {most} would be its share")
            for name, most, largest in short
        ])
    return best


def _step(devices: _Devices, shares: Ints) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the parts of a step with these shares (s), by the names of ``BalancedStep``, and notes."""
    overhead_s, exposed_s, notes = devices.exchange(shares)
    times = [seconds + overhead_s for seconds in devices.times(shares)]
    spread = max(machine.nic.step_spread for machine in devices.machines)
    hosts_s = [seconds * _inside(machine) for seconds, machine in zip(times, devices.machines, strict=True)]
    each_s = np.repeat(hosts_s, devices.hosts)[np.repeat(devices.most(shares), devices.hosts) > 0]
    parts = {
        "compute_s": max(times) - overhead_s,
        "overhead_s": overhead_s,
        "exposed_communication_s": exposed_s,
        "straggler_s": slowest_of(each_s, spread) - max(times),
    }
    return parts, notes


def _inside(machine: Machine) -> float:
    """Return the time of the slowest device of a host over their mean."""
    return 1.0 if machine.gpu is None else slowest(machine.gpu.step_spread, machine.devices)


def _member(devices: _Devices, kind: int, shares: Ints, even: Ints) -> Member:
    even_s = devices.times(even)[kind]
    return Member(
        server=devices.names[kind],
        hosts=devices.hosts[kind],
        devices=int((devices.kinds == kind).sum()),
        samples=int(shares[devices.kinds == kind].sum()),
        even_samples=int(even[devices.kinds == kind].sum()),
        batch_per_device=devices.most(shares)[kind],
        even_batch_per_device=devices.most(even)[kind],
        largest_batch=devices.largest[kind],
        device_s=devices.times(shares)[kind],
        even_device_s=even_s if math.isfinite(even_s) else None,
    )


def _renamed(each: Problem) -> Problem:
    """Call a problem of a server, or of a model that it cannot hold, by the option that names it here."""
    return replace(each, file="--group") if each.file in {"--server", "--hosts", "--batch-per-device"} else each
