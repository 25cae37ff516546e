"""How long the devices of a machine exchange buffers, by operation, scope and size."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from dcsim.collectives import plan_of
from dcsim.collectives.plan import LazyPhases, Phase, Plan, phase
from dcsim.network.box import box_topology
from dcsim.prediction.curve import Curve
from dcsim.world.arena import among_gpus, among_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dcsim.prediction.machine import Machine
    from dcsim.spec.network import Fidelity
    from dcsim.world.arena import Arena, Ground

__all__ = ["FASTEST", "HostExchange", "Scope"]

Scope = Literal["box", "hosts", "all"]
"""Devices of one host, one device of each host, or all devices of all hosts."""
FASTEST = "fastest"
"""Stands for what a library would choose among the hosts; see ``HostExchange``."""
CHOICES = ("ring", "double_binary_tree", "halving_doubling")
"""All-reduces among hosts from which the fastest is chosen."""
CLOSELY = 1024
"""Hosts whose exchange takes seconds to work out where links that messages share are looked at, or where everyone sends
to everyone, one after the other."""
CROWDED = 65536
"""Messages at the same time, to ports that drop what is too much, for the same."""
FAR = f"for more than {CLOSELY} hosts the network is taken in closed form: only the links of each host hold messages up"
CHUNKED = ("double_binary_tree",)
"""All-reduces that send more messages, instead of larger ones, as the buffer grows: no straight line."""
PIPELINED = 4 * 2.0**20
"""Part of a buffer that has to be through one stage before the next begins: NCCL's buffer of a channel (4 MiB)."""
STEADY = 2.0**22
"""Size from which each further byte takes as long as the one before where many send to one, among hosts."""
PROBE = 2.0**30
"""Size at which latencies do not count."""


class HostExchange:
    """The network of a machine as a plan of a step asks for it.

    Inside a box, an all-reduce runs around all rings that the links allow (``dcsim.network.rings``), by the fastest
    protocol. Among boxes, GPUs that adapters with RDMA join run the ring through all boxes, as NVIDIA's NCCL does; all
    other all-reduces have three stages, as in Goyal et al. 2017 (section 4): reduce in the box, the named collective
    among hosts, and broadcast. The stages are pipelined, so that the slowest decides for large buffers.

    Parameters
    ----------
    machine : Machine
        Hosts, devices and what joins them.
    collective : str
        Registered name of an all-reduce, or ``fastest``: for each size the fastest of a ring, a double binary tree
        (NCCL has both) and halving and doubling (Gloo's).
    fidelity : {"closed_form", "flow", "packet"}
        How closely the network is looked at; for more than ``CLOSELY`` hosts always the closed form.
    notes : dict of str to None, optional
        Takes up what the user should know, in order.

    Examples
    --------
    >>> from dcsim.prediction.machine import find_machine
    >>> from dcsim.spec.catalog import Catalog
    >>> exchange = HostExchange(find_machine("big_basin_p100", Catalog(), gpus=256), "halving_doubling")
    >>> took = exchange.all_reduce(np.array([1e6, 1e8]), "all")
    >>> [round(1e3 * seconds, 1) for seconds in took.tolist()]
    [0.8, 43.5]
    """

    def __init__(
        self,
        machine: Machine,
        collective: str = "ring",
        fidelity: Fidelity = "flow",
        notes: dict[str, None] | None = None,
    ) -> None:
        self.machine = machine
        self.collective = collective
        self.notes = {} if notes is None else notes
        self.fidelity = fidelity
        if machine.hosts > CLOSELY and fidelity != "closed_form":
            self.fidelity = "closed_form"
            self.notes[FAR] = None
        self._curves: dict[tuple[str, bool], Curve] = {}
        self._lines: dict[str, Curve] = {}
        self._parts: dict[tuple[int, int], HostExchange] = {}

    @property
    def devices(self) -> int:
        """Devices of each host."""
        return self.machine.devices

    @property
    def hosts(self) -> int:
        """Hosts."""
        return self.machine.hosts

    def part(self, devices: int, hosts: int) -> HostExchange:
        """Return the same machine where only so many devices of each host, and so many hosts, take part."""
        if (devices, hosts) == (self.devices, self.hosts):
            return self
        if (devices, hosts) not in self._parts:
            machine = self.machine.of(hosts=hosts, devices=devices)
            self._parts[devices, hosts] = HostExchange(machine, self.collective, self.fidelity, self.notes)
        return self._parts[devices, hosts]

    def all_reduce(self, sizes: NDArray[np.float64], scope: Scope) -> NDArray[np.float64]:
        """Return the seconds of each buffer alone, shape ``(buffers,)``."""
        sizes = np.asarray(sizes, np.float64)
        near = self.devices > 1 and scope != "hosts"
        far = self.hosts > 1 and scope != "box"
        if near and far:
            return self._everywhere(sizes)
        if near:
            return self._curve("sum", self._inside, near=True)(sizes)
        return self._curve("sum", self._across)(sizes) if far else np.zeros(sizes.shape)

    def send(self, nbytes: float, scope: Scope) -> float:
        """Return the seconds of one message between two neighbours: of a box, or of two hosts."""
        near = scope == "box" and self.devices > 1
        where = self._neighbours if near else self._two_hosts

        def seconds(size: float) -> float:
            return self._act(Plan(2, (phase(np.array([0]), np.array([1]), size),)), where)

        return self._at(nbytes, self._curve("send", seconds, near=near))

    def all_to_all(self, nbytes: float, scope: Scope) -> float:
        """Return the seconds until every device has sent each its part of a buffer of ``nbytes``.

        What stays in a box and what leaves it use different links, and so go at the same time.

        Raises
        ------
        ValueError
            For more than ``CLOSELY`` hosts.
        """
        boxes = 1 if scope == "box" else self.hosts
        each = 1 if scope == "hosts" else self.devices
        if boxes > CLOSELY:
            raise ValueError(f"every host sends to every other, which is looked at for at most {CLOSELY}, not {boxes}")
        near = nbytes / boxes if each > 1 else 0.0
        far = nbytes * each if boxes > 1 else 0.0
        swap = self._curve("swap", lambda size: self._act(_swap(self.devices, size), self._box), near=True)
        away = self._curve("swap", lambda size: self._act(_swap(self.hosts, size), self._among))
        return max(self._at(near, swap), self._at(far, away))

    def push_pull(self, nbytes: float, servers: int) -> float:
        """Return the seconds until every host has pushed a buffer to sharded servers and pulled one back.

        ``servers`` hosts serve nothing else; 0: every host serves a shard beside its work.

        Raises
        ------
        ValueError
            For more than ``CROWDED`` messages, or ``CLOSELY`` squared in the closed form.
        """
        ranks = self.hosts + servers
        if ranks < 2:
            return 0.0
        self._refuse_crowd(self.hosts, servers or self.hosts)

        def seconds(size: float) -> float:
            plan = plan_of("parameter_server", ranks, size, servers=servers)
            return self._act(plan, self._hosts_arena(ranks))

        return self._at(nbytes, self._curve(f"push and pull, {servers}", seconds))

    def _curve(self, name: str, seconds: Callable[[float], float], *, near: bool = False) -> Curve:
        """Return the times of an operation by size, which are kept: in the box, or among hosts.

        In the box protocols take turns, and a time is soon worked out; among hosts many senders to one need long.
        """
        key = (name, near)
        if key not in self._curves:
            crowded = name.startswith("push") or self.collective == "parameter_server"
            self._curves[key] = (
                Curve(seconds)
                if near
                else Curve(seconds, octaves=2, top=STEADY if crowded else 16 * STEADY, exact=self.fidelity == "packet")
            )
        return self._curves[key]

    def _refuse_crowd(self, senders: int, receivers: int) -> None:
        """Refuse more messages at the same time than are looked at."""
        most = CROWDED if self.fidelity != "closed_form" else CLOSELY**2
        if senders * receivers > most:
            closed = f", {CLOSELY**2} in the closed form of the network" if most == CROWDED else ""
            raise ValueError(
                f"{senders} hosts that each send to {receivers} are too many: at most {most} messages at a time are "
                f"looked at{closed}"
            )

    @staticmethod
    def _at(nbytes: float, curve: Curve) -> float:
        return float(curve(np.array([nbytes]))[0])

    def _act(self, plan: Plan, arena: Arena) -> float:
        """Return the time of a plan; among hosts, of as many equal jobs at once as share each adapter."""
        jobs = len(arena.hosts) // plan.ranks
        if jobs > 1:
            plan = _side_by_side(plan, jobs)
        return arena.act(plan, fidelity=self.fidelity, transport=self.machine.transport).time_s

    def _inside(self, size: float) -> float:
        """Return the time of an all-reduce in a box: around its rings, or added up in its switches."""
        devices, way = self.devices, self.machine.box.in_switch
        around = self._act(plan_of("ring", devices, size, rings=self._box.rings), self._box)
        if way is None:
            return around
        rate = way.bandwidth_share * box_topology(self.machine.box).direct_rate(0)
        return min(around, float(way.start) + size * (1.0 + 1.0 / devices) / rate)

    def _across(self, size: float) -> float:
        """Return the time of the named all-reduce among hosts."""
        names = CHOICES if self.collective == FASTEST else (self.collective,)
        return min(self._at(size, self._named(name)) for name in names)

    def _named(self, name: str) -> Curve:
        """Return the times of an all-reduce among hosts by size: straight in the closed form, else each by itself."""
        if name not in self._lines:
            if name == "parameter_server":
                self._refuse_crowd(self.hosts, self.hosts)

            def seconds(size: float) -> float:
                return self._act(plan_of(name, self.hosts, size), self._among)

            straight = self.fidelity == "closed_form" and name not in CHUNKED
            self._lines[name] = Curve(seconds, octaves=36, exact=not straight)
        return self._lines[name]

    def _everywhere(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time of all-reduces of all devices of all hosts."""
        threads = self.machine.direct and self.collective in ("ring", FASTEST)
        around = self._threaded(sizes) if threads else None
        if around is not None and self.collective == "ring":
            return around
        stages = self._curve("sum", self._inside, near=True), self._curve("sum", self._across)
        near, far = (stage(sizes) for stage in stages)
        begun = np.minimum(*(stage(np.minimum(sizes, PIPELINED)) for stage in stages))
        staged = np.maximum(near, far) + np.minimum(begun, np.minimum(near, far))
        return staged if around is None else np.minimum(staged, around)

    @cached_property
    def _threaded(self) -> Curve:
        """Times of the ring through all boxes: straight, since one protocol does it and nothing is dropped."""
        machine = self.machine
        where = among_gpus(self._ground, machine.box, machine.ranks, each=self.devices)
        return Curve(
            lambda size: self._act(plan_of("ring", machine.ranks, size, rings=where.rings), where), octaves=36
        )

    @cached_property
    def _box(self) -> Arena:
        return among_gpus(self._ground, self.machine.box, self.devices)

    @cached_property
    def _neighbours(self) -> Arena:
        return among_gpus(self._ground, self.machine.box, 2)

    @cached_property
    def _two_hosts(self) -> Arena:
        if self.machine.wiring is None:
            return self._hosts_arena(2)
        return among_gpus(self._ground, self.machine.box, 2, each=1)

    @cached_property
    def _among(self) -> Arena:
        return self._hosts_arena(self.hosts)

    def _hosts_arena(self, hosts: int) -> Arena:
        sharing = self.machine.hosts_per_nic
        return among_hosts(self._ground, hosts * sharing, sharing, "contiguous")

    @cached_property
    def _ground(self) -> Ground:
        """The fabric, with adapters no faster than what the GPUs of a box, or sockets, send through them together."""
        machine = self.machine
        if machine.wiring is None or machine.hosts < 2:
            return machine.ground
        box, each = machine.box, self.devices
        pair = among_gpus(machine.ground, box, 2 * each, each=each)
        leaving = phase(np.arange(each), each + np.arange(each), PROBE)
        took = pair.act(Plan(2 * each, (leaving,)))
        return machine.with_adapters_of(min(each * PROBE / (took.time_s - took.waiting_s), machine.staged_bandwidth))


def _swap(ranks: int, nbytes: float) -> Plan:
    """Return an all-to-all in which all messages are under way at once, where these are not too many."""
    if ranks > 64:
        return plan_of("all_to_all", ranks, nbytes)
    src, dst = np.divmod(np.arange(ranks * ranks), ranks)
    return Plan(ranks, (phase(src[src != dst], dst[src != dst], nbytes / ranks),))


def _side_by_side(plan: Plan, jobs: int) -> Plan:
    """Return a plan as so many jobs carry it out at once, of which rank i of job j is rank ``i * jobs + j``."""
    job = np.arange(jobs)

    def all_of_them(step: Phase) -> Phase:
        src, dst = ((ends[:, None] * jobs + job).ravel() for ends in (step.src, step.dst))
        return Phase(src, dst, step.nbytes, step.repeat, step.chained)

    ranks = plan.ranks * jobs
    if isinstance(plan.phases, LazyPhases):
        return Plan(ranks, LazyPhases(ranks, len(plan.phases), lambda turn: all_of_them(plan.phases[turn])))
    return Plan(ranks, tuple(all_of_them(step) for step in plan.phases))
