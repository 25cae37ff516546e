"""A synchronous data-parallel group of unlike servers: who takes how much of a batch, and what an even split loses.

Every device is predicted by itself, as ``dcsim step`` does it. Its rate depends on its share, so shares and rates are
worked out in turn until they agree. What hosts exchange is predicted for as many hosts of the server with the slowest
adapter: a ring is as fast as its slowest link, and the faster ones wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcsim.compute.stragglers import balance, slowest_of
from dcsim.errors import InputError, Problem
from dcsim.prediction.machine import find_machine
from dcsim.prediction.predictor import Predictor
from dcsim.prediction.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.prediction.machine import Machine
    from dcsim.spec.catalog import Catalog

    Ints = NDArray[np.int64]

__all__ = ["BalancedStep", "Member", "balance_group"]

_ROUNDS = 32
"""Times that shares and rates are worked out; they agree within a few, or go round in a circle of near equals."""


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
        Of a step, on all of them together: balanced, and with the same number on each device of the group.
    batch_per_device, even_batch_per_device : int
        The most that one device takes.
    largest_batch : int
        The most that fits one device.
    device_s, even_device_s : float
        What that device computes (s); the even one is NaN where it does not fit.
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
    even_device_s: float


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
        Compute of the slowest device, stragglers and exposed communication.
    exposed_communication_s, straggler_s : float
        Of it, what waits for the network, and for hosts that are slower than their mean (s).
    throughput_per_s : float
        Samples per second.
    even_step_s, loss : float or None
        The step where each device has the same number of samples, and by what share that is longer; None where that
        does not fit the memory of all devices.
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
    exposed_communication_s: float
    straggler_s: float
    throughput_per_s: float
    even_step_s: float | None
    loss: float | None
    members: tuple[Member, ...]
    notes: tuple[str, ...]


def balance_group(plain: Question, group: Sequence[tuple[str, int]], batch: int, catalog: Catalog) -> BalancedStep:
    """Return one step of the group with the batch balanced.

    Parameters
    ----------
    plain : Question
        Model, precision and whatever else is the same for all; its server, numbers of devices and batch do not count.
    group : sequence of (str, int)
        Servers and how many of each.
    batch : int
        Samples of one step, of all devices together.
    catalog : Catalog
        Entries.

    Raises
    ------
    InputError
        With every problem, called by the options of ``dcsim balance``.
    """
    return _Group(plain, group, batch, catalog).answer()


class _Group:
    """The group, with one predictor for all of its members."""

    def __init__(self, plain: Question, group: Sequence[tuple[str, int]], batch: int, catalog: Catalog) -> None:
        self.predictor = Predictor(catalog)
        self.plain, self.batch = replace(plain, gpus=None, hosts=None, batch_per_device=1), batch
        self.names, self.hosts = [name for name, _ in group], [hosts for _, hosts in group]
        self.machines = self._machines(catalog)
        self.kinds: Ints = np.repeat(np.arange(len(group)), [machine.ranks for machine in self.machines])
        if batch < self.kinds.size:
            raise InputError([_problem("batch", f"{batch} samples are not one for each of {self.kinds.size} devices")])
        self.largest = [self._alone(kind, 1)[1] for kind in range(len(group))]

    def _machines(self, catalog: Catalog) -> list[Machine]:
        """Return the servers of each kind; every problem with any of them is told."""
        problems = [
            _problem("group", f"'{name}' is named twice; add its hosts up")
            for name in dict.fromkeys(self.names)
            if self.names.count(name) > 1
        ]
        found: list[Machine] = []
        for name, hosts in zip(self.names, self.hosts, strict=True):
            try:
                found.append(find_machine(name, catalog, hosts=hosts, fabric=self.plain.fabric))
                self.predictor.predict(self._question(len(found) - 1, alone=True))
            except InputError as error:
                problems += [
                    replace(each, file="--group") if each.file in {"--server", "--hosts"} else each
                    for each in error.problems
                ]
        if problems:
            raise InputError(dict.fromkeys(problems))
        return found

    def _question(self, kind: int, samples: int = 1, *, alone: bool = False) -> Question:
        """Return what is asked of one device, or of the group as if all its hosts were of this kind."""
        name, hosts = self.names[kind], 1 if alone else sum(self.hosts)
        asked = replace(self.plain, server=name, hosts=hosts, batch_per_device=samples)
        has_gpus = alone and self.predictor.catalog.load("servers", name).gpu is not None
        return replace(asked, gpus=1, fabric=None) if has_gpus else asked

    def _alone(self, kind: int, samples: int) -> tuple[float, int]:
        """Return what one device takes for so many samples (s), and the most that fits it."""
        answer = self.predictor.predict(self._question(kind, samples, alone=True))
        return answer.step_s, answer.largest_batch

    def _times(self, shares: Ints) -> list[float]:
        """Return what a device of each kind with its largest share takes (s); NaN where it does not fit."""
        most = self._most(shares)
        fits = (samples <= largest for samples, largest in zip(most, self.largest, strict=True))
        return [self._alone(kind, most[kind])[0] if fit else float("nan") for kind, fit in enumerate(fits)]

    def _most(self, shares: Ints) -> list[int]:
        return [int(shares[self.kinds == kind].max()) for kind in range(len(self.names))]

    def _shares(self) -> Ints:
        """Return the samples of each device with which the slowest is done soonest."""
        even = balance(np.ones(self.kinds.size), self.batch).shares
        shares, best, seen = even, (float("inf"), even), set()
        for _ in range(_ROUNDS):
            seen.add(tuple(self._most(shares)))
            rated = [max(1, min(most, largest)) for most, largest in zip(self._most(shares), self.largest, strict=True)]
            rates = np.array([samples / self._alone(kind, samples)[0] for kind, samples in enumerate(rated)])
            shares = balance(rates[self.kinds], self.batch).shares
            times = self._times(shares)
            best = min(best, (max(times), shares), key=lambda found: found[0] if found[0] == found[0] else float("inf"))
            if tuple(self._most(shares)) in seen:
                break
        if best[0] == float("inf"):
            raise InputError([self._shortage(kind, most) for kind, most in enumerate(self._most(shares)) if most > self.largest[kind]])
        return best[1]

    def _shortage(self, kind: int, most: int) -> Problem:
        limit = f"a device of {self.names[kind]} takes {self.largest[kind]} samples, not its share of {most}"
        return _problem("batch", limit)
