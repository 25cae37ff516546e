"""The machine that a step runs on: servers, their devices, and what joins them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem
from dcsim.network.build import size_of
from dcsim.network.fabric_file import load_fabric
from dcsim.spec.fabric import PodFabric
from dcsim.world.arena import full_bandwidth, on_ground
from dcsim.world.standing import faults_of, standing_of, told_of_wiring, wiring_of

if TYPE_CHECKING:
    from dcsim.spec.catalog import Catalog
    from dcsim.spec.device import Cpu, Gpu
    from dcsim.spec.fabric import FabricSpec
    from dcsim.spec.gpu_topology import GpuTopology
    from dcsim.spec.hardware import Nic, Server
    from dcsim.spec.transport import Transport
    from dcsim.world.arena import Ground
    from dcsim.world.standing import Standing

__all__ = ["Machine", "find_machine"]

MOST_HOSTS = 16384
"""Hosts of a machine: what the exchange of more takes is not worked out in seconds."""

@dataclass(frozen=True)
class Machine:
    """Equal servers and what joins them.

    Parameters
    ----------
    name : str
        Entry of the server.
    server : Server
        Every host.
    head : Server, optional
        Entry of the server that hosts the GPUs, where that is another.
    gpu : Gpu, optional
        Every device; None where the hosts compute on their processors.
    cpu, sockets : Cpu, int
        Processors of every host, those of the head node where it has one.
    devices : int
        Of each host that take part: GPUs, or 1 for its processors together.
    hosts : int
        How many.
    standing : Standing
        What each host stands on: sled, adapter and rack.
    ground : Ground
        The fabric, and what stands in its racks.
    wiring : GpuTopology, optional
        How the GPUs of a host are joined.
    hosts_per_nic : int
        Hosts of each adapter that communicate at the same time, each for a job of its own.
    transport : Transport, optional
        How hosts answer to losses; nothing is lost where not given.
    notes : tuple of str
        What the user should know.
    """

    name: str
    server: Server
    head: Server | None
    gpu: Gpu | None
    cpu: Cpu
    sockets: int
    devices: int
    hosts: int
    standing: Standing
    ground: Ground
    wiring: GpuTopology | None
    hosts_per_nic: int = 1
    transport: Transport | None = None
    notes: tuple[str, ...] = ()

    @property
    def ranks(self) -> int:
        """Devices of all hosts."""
        return self.hosts * self.devices

    @property
    def nic(self) -> Nic:
        """The adapter of every host."""
        return self.standing.nic

    @property
    def host_bandwidth(self) -> float:
        """Goodput that each host has through its adapters (bytes/s)."""
        nic, sled = self.standing.nic, self.standing.sled
        return float(nic.bandwidth * nic.protocol_efficiency * max(1, sled.nics // sled.hosts) / self.hosts_per_nic)

    @property
    def staged_bandwidth(self) -> float:
        """Bytes/s that the GPUs of a host get through its memory and sockets; infinite where they do not use them."""
        return math.inf if self.gpu is None or self.nic.transport != "tcp" else self.nic.staged

    @property
    def direct(self) -> bool:
        """Whether GPUs send to those of other hosts themselves: over adapters with RDMA that are not shared."""
        return self.wiring is not None and self.nic.transport == "rdma" and self.hosts_per_nic == 1

    @property
    def box(self) -> GpuTopology:
        """How the GPUs of a host are joined.

        Raises
        ------
        ValueError
            For hosts without GPUs.
        """
        if self.wiring is None:
            raise ValueError(f"'{self.name}' has no GPUs")
        return self.wiring

    def with_adapters_of(self, bandwidth: float) -> Ground:
        """Return the fabric with slower adapters, so that a host sends at most so many bytes/s; none is made faster."""
        own, nic = self.host_bandwidth * self.hosts_per_nic, self.nic
        if bandwidth >= own * (1 - 1e-9) or not isinstance(self.ground.fabric, PodFabric):
            return self.ground
        return replace(self.ground, nic=nic.model_copy(update={"bandwidth": nic.bandwidth * bandwidth / own}))

    def of(self, *, hosts: int, devices: int) -> Machine:
        """Return the same machine with another number of hosts and of devices on each, such as one device."""
        return replace(self, hosts=hosts, devices=devices)


def find_machine(
    server: str,
    catalog: Catalog,
    *,
    gpus: int | None = None,
    hosts: int | None = None,
    fabric: str | None = None,
    hosts_per_nic: int | None = None,
    transport: str | None = None,
) -> Machine:
    """Return the machine of a question.

    Parameters
    ----------
    server : str
        Entry; one that no sled or rack of the catalogue holds stands on a sled and in a rack of its own.
    catalog : Catalog
        Entries by name.
    gpus : int, optional
        GPUs in all; by default those of the hosts, or of one server. Fewer than a server holds are its first ones.
    hosts : int, optional
        Servers; by default as few as hold the GPUs.
    fabric : str, optional
        Name or file of what joins the hosts; by default one on which only their adapters bind.
    hosts_per_nic : int, optional
        Hosts of each adapter that communicate at the same time, each for a job of its own; by default one.
    transport : str, optional
        How hosts answer to losses; by default that of the fabric.

    Raises
    ------
    InputError
        With every problem, called by the options of ``dcsim step``.

    Examples
    --------
    >>> from dcsim.spec.catalog import Catalog
    >>> machine = find_machine("big_basin_p100", Catalog(), gpus=256)
    >>> machine.hosts, machine.devices, machine.gpu.title
    (32, 8, 'Tesla P100 SXM2')
    """
    problems: list[Problem] = []
    found = catalog.asked("--server", "servers", server, problems)
    joins = _fabric(fabric, catalog, problems)
    if found is None:
        raise InputError([*problems, *_counts(None, gpus, hosts)])
    standing, parts = _parts(server, found, catalog, problems, _counts(found, gpus, hosts))
    ground = on_ground(joins or full_bandwidth(standing, catalog), standing)
    sharing = 1 if hosts_per_nic is None else hosts_per_nic
    problems += [*_counts(found, gpus, hosts), *_unshared(ground, sharing)]
    answers = _losses(transport, ground, standing.nic, catalog, problems)
    number, devices = (1, 1) if problems else _split(found, gpus, hosts)
    problems += _crowded(ground, number * sharing, "--hosts" if gpus is None else "--gpus")
    if problems:
        raise InputError(problems)
    return Machine(
        name=server, server=found, **parts, devices=devices, hosts=number, standing=standing, ground=ground,
        hosts_per_nic=sharing, transport=answers,
        notes=_notes(found, standing, catalog, (number, devices)),
    )  # fmt: skip


def _hosts(number: int) -> str:
    return f"{number} host" if number == 1 else f"{number} hosts"


def _fabric(name: str | None, catalog: Catalog, problems: list[Problem]) -> FabricSpec | None:
    """Return the fabric that an option names, if it names any."""
    try:
        return None if name is None else load_fabric(name, catalog)
    except InputError as error:
        own = "--fabric"
        problems += [Problem.of_option(own, p.message) if p.file == name and not p.line else p for p in error.problems]
        return None


def _losses(
    name: str | None, ground: Ground, nic: Nic, catalog: Catalog, problems: list[Problem]
) -> Transport | None:
    """Return how hosts answer to losses: as asked for, or as the fabric says where adapters lose anything."""
    name = name or (ground.fabric.transport if nic.transport == "tcp" else None)
    found: Transport | None = None if name is None else catalog.asked("--transport", "transports", name, problems)
    return found


def _unshared(ground: Ground, sharing: int) -> list[Problem]:
    """Return a problem where an adapter has not so many hosts."""
    widest = ground.hosts_per_nic
    if 1 <= sharing <= widest:
        return []
    return [Problem.of_option("--hosts-per-nic", f"an adapter here has {_hosts(widest)}, not {sharing}")]


def _notes(server: Server, standing: Standing, catalog: Catalog, taking_part: tuple[int, int]) -> tuple[str, ...]:
    """Return what the user should know of a machine of which so many hosts, and devices of each, take part."""
    hosts, devices = taking_part
    assumed = (standing.assumed,) if standing.assumed and hosts > 1 else ()
    return assumed + (told_of_wiring(server, catalog) if devices > 1 or hosts > 1 else ())


def _crowded(ground: Ground, hosts: int, option: str) -> list[Problem]:
    """Return a problem where so many hosts are not looked at, or a fabric has no room for them."""
    if hosts > MOST_HOSTS:
        return [Problem.of_option(option, f"takes {hosts} hosts; at most {MOST_HOSTS} are looked at")]
    ends = size_of(ground.fabric)
    if ends is None or hosts <= ends:
        return []
    return [Problem.of_option("--fabric", f"has {_hosts(ends)}; {hosts} do not fit")]


def _parts(
    name: str, server: Server, catalog: Catalog, problems: list[Problem], others: list[Problem]
) -> tuple[Standing, dict[str, Any]]:
    """Return where a server stands, and its head node, GPU, processor and wiring; told with others what is wrong."""
    try:
        head: Any = None if server.head_node is None else catalog.load("servers", server.head_node)
        host = server if server.cpu is not None or head is None else head
        return standing_of(name, server, catalog), {
            "head": head,
            "gpu": None if server.gpu is None else catalog.load("gpus", server.gpu),
            "cpu": catalog.load("cpus", str(host.cpu)),
            "sockets": host.sockets,
            "wiring": None if server.gpu is None else wiring_of(server, catalog),
        }
    except InputError as error:
        raise InputError([*problems, *faults_of(name, catalog, error), *others]) from None


def _counts(server: Server | None, gpus: int | None, hosts: int | None) -> list[Problem]:
    """Return what is wrong with the numbers of GPUs and hosts."""
    wrong = [
        Problem.of_option(option, f"needs at least 1, not {number}")
        for option, number in (("--gpus", gpus), ("--hosts", hosts))
        if number is not None and number < 1
    ]
    if wrong or server is None or gpus is None:
        return wrong
    message = _unfit(server.gpus, gpus, hosts)
    return [Problem.of_option("--gpus", message)] if message else []


def _unfit(box: int, gpus: int, hosts: int | None) -> str:
    """Say why so many GPUs do not fit servers of a box each; nothing where they do."""
    if not box:
        return "the server has none, so its hosts are the devices; give --hosts instead"
    if hosts is None:
        below = gpus - gpus % box
        fits = gpus < box or gpus == below
        return "" if fits else f"{gpus} GPUs do not fill servers of {box}; give {below} or {below + box}"
    if gpus % hosts:
        below = gpus - gpus % hosts
        near = f"{below} or {below + hosts}" if below else str(hosts)
        return f"{gpus} GPUs cannot be spread evenly over {hosts} servers; give {near}"
    return "" if gpus <= hosts * box else f"{hosts} servers of {box} GPUs hold {hosts * box}, not {gpus}"


def _split(server: Server, gpus: int | None, hosts: int | None) -> tuple[int, int]:
    """Return the number of hosts, and of devices on each."""
    box = server.gpus or 1
    if gpus is None:
        return hosts or 1, box
    number = hosts or max(1, gpus // box)
    return number, gpus // number
