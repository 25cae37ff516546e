"""What a server stands on and in: its sled, adapter, rack and switch, and how its GPUs are wired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem
from dcsim.spec.gpu_topology import GpuLink, GpuTopology
from dcsim.spec.hardware import Rack, Sled

if TYPE_CHECKING:
    from dcsim.spec.catalog import Catalog
    from dcsim.spec.device import Gpu
    from dcsim.spec.gpu_topology import Wire, WireKind
    from dcsim.spec.hardware import Nic, Server, Switch

__all__ = [
    "IMPLICIT_SLEDS", "Standing", "faults_of", "sled_standing", "standing_of", "told_of_wiring", "wiring_of",
]  # fmt: skip

IMPLICIT_SLEDS = 16
"""Sleds of the rack that is assumed for a server which no sled, or no rack, of the catalogue holds."""
PLAIN_BOX = "pcie_single_root"
"""Wiring whose PCIe links and protocols stand in where a server does not say how its GPUs are joined."""
CROSSBAR = "nvswitch_a100"
"""The same for direct links between GPUs."""
LINK_SHARE = 0.8
"""What software reaches of a direct link where the GPU's entry does not say: 20 of 25 GB/s, as on V100 and A100."""


@dataclass(frozen=True)
class Standing:
    """What stands in the racks of a fabric of pods.

    Parameters
    ----------
    sled, nic : Sled, Nic
        What a host stands on, and its adapter.
    rack : Rack
        How many sleds share a top-of-rack switch.
    switch : Switch, optional
        That switch; unknown for a rack that is assumed.
    assumed : str
        What the user should know of a sled or rack that the catalogue does not hold; empty where it holds them.
    """

    sled: Sled
    nic: Nic
    rack: Rack
    switch: Switch | None = None
    assumed: str = ""


def faults_of(name: str, catalog: Catalog, error: InputError) -> list[Problem]:
    """Return what is wrong with a server, with the entries that it names, and with what an error tells besides."""
    named = catalog.problems_of("servers", name)
    return named + [each for each in error.problems if each not in named and (each.file != "catalogue" or not named)]


def _holder(catalog: Catalog, kind: str, field: str, held: str) -> str | None:
    """Return the first entry of a kind that names another in a field."""
    for name in catalog.names(kind):
        node = catalog.raw(kind, name).root.child(field)
        if node is not None and node.value == held:
            return name
    return None


def standing_of(name: str, server: Server, catalog: Catalog) -> Standing:
    """Return where a server stands; on a sled and in a rack of its own where the catalogue names none.

    Parameters
    ----------
    name : str
        Entry of the server.
    server : Server
        The same, read.
    catalog : Catalog
        Entries by name.

    Raises
    ------
    InputError
        With every problem of an entry that is needed.
    """
    held = _holder(catalog, "sleds", "server", name)
    if held is not None:
        return sled_standing(held, catalog)
    sled = Sled(
        title="Implicit sled", assumption="one host with the adapters of the server's entry",
        server=name, hosts=1, nic=server.nic, nics=server.nics,
    )  # fmt: skip
    nic: Any = catalog.load("nics", server.nic)
    return Standing(sled, nic, _implicit_rack(name), assumed=_assumption("sled", name))


def sled_standing(name: str, catalog: Catalog) -> Standing:
    """Return where a sled stands; in a rack of its own where the catalogue names none.

    Raises
    ------
    InputError
        With every problem of an entry that is needed.
    """
    sled: Any = catalog.load("sleds", name)
    nic: Any = catalog.load("nics", sled.nic)
    racked = _holder(catalog, "racks", "sled", name)
    if racked is None:
        return Standing(sled, nic, _implicit_rack(name), assumed=_assumption("rack", name))
    rack: Any = catalog.load("racks", racked)
    switch: Any = catalog.load("switches", rack.switch)
    return Standing(sled, nic, rack, switch)


def _assumption(kind: str, held: str) -> str:
    return (
        f"no {kind} of the catalogue holds '{held}'; racks of {IMPLICIT_SLEDS} sleds are assumed, "
        "and switches that drop nothing"
    )


def _implicit_rack(sled: str) -> Rack:
    """Return a rack of such sleds, of which nothing else is known."""
    return Rack.model_validate({
        "title": "Implicit rack", "assumption": f"{IMPLICIT_SLEDS} sleds to a rack; nothing is known of its switch",
        "sled": sled, "sleds": IMPLICIT_SLEDS, "max_sleds": IMPLICIT_SLEDS, "sleds_per_chassis": 1,
        "switch": "unknown", "power_budget": "1 MW",
    })  # fmt: skip


def wiring_of(server: Server, catalog: Catalog) -> GpuTopology:
    """Return how the GPUs of a server are joined.

    Where its entry does not say, GPUs with direct links are taken to meet on a crossbar that never blocks, all others
    below one PCIe switch, and what leaves the server is held up by its adapters alone.

    Raises
    ------
    InputError
        With every problem of an entry that is needed.
    ValueError
        For a server without GPUs.
    """
    if server.gpu is None:
        raise ValueError("has no GPUs")
    plain: Any = catalog.load("gpu_topologies", PLAIN_BOX)
    crossbar: Any = catalog.load("gpu_topologies", CROSSBAR)
    if server.gpu_topology is None:
        gpu: Any = catalog.load("gpus", server.gpu)
        nic: Any = catalog.load("nics", server.nic)
        return _assumed(gpu, server.gpus, server.nics * nic.bandwidth, (plain, crossbar))
    loaded: Any = catalog.load("gpu_topologies", server.gpu_topology)
    found: GpuTopology = loaded
    if server.gpus > found.gpus:
        message = f"has {server.gpus} GPUs, of which its gpu_topology '{server.gpu_topology}' wires only {found.gpus}"
        raise InputError([Problem("--server", 0, 0, "", message)])
    if not found.protocols:
        like: GpuTopology = crossbar if "nvlink" in found.wires else plain
        found = found.model_copy(update={"protocols": like.protocols})
    return found


def told_of_wiring(server: Server, catalog: Catalog) -> tuple[str, ...]:
    """Return what the user should know of how the GPUs of a server are taken to be joined.

    Raises
    ------
    InputError
        With every problem of an entry that is needed.
    """
    if server.gpu is None:
        return ()
    if server.gpu_topology is not None:
        wired = wiring_of(server, catalog).gpus
        first = f"'{server.gpu_topology}' wires {wired} GPUs; those of the server are its first {server.gpus}"
        return (first,) if wired != server.gpus else ()
    gpu: Any = catalog.load("gpus", server.gpu)
    if server.gpus < 2 or gpu.links is not None or gpu.box_bandwidth is not None:
        return ()
    rate = wiring_of(server, catalog).wires["pcie"].bandwidth / 1e9
    told = "has neither links nor a box_bandwidth, and its server no gpu_topology"
    return (f"'{server.gpu}' {told}; its GPUs are taken to send {rate:.3g} GB/s each, over PCIe 3",)


def _assumed(
    gpu: Gpu, gpus: int, leaving: float, like: tuple[GpuTopology, GpuTopology]
) -> GpuTopology:
    """Return a wiring of which only the number of GPUs, their links and the rate of the adapters are known."""
    plain, crossbar = like
    names = [f"gpu{index}" for index in range(gpus)]
    pcie = plain.wires["pcie"]
    if gpu.links is None or gpu.link_bandwidth is None:
        pcie = pcie.model_copy(update={"bandwidth": gpu.box_bandwidth or pcie.bandwidth})
        root = pcie.model_copy(update={"bandwidth": max(pcie.bandwidth, leaving)})
        tree: dict[WireKind, Wire] = {"pcie": pcie, "root": root}
        links = [GpuLink(a=name, b="plx0", wire="pcie") for name in names] + [GpuLink(a="plx0", b="cpu0", wire="root")]
        return _wired(plain, gpus, tree, links, ["cpu0"])
    each = gpu.effective_link_bandwidth or LINK_SHARE * gpu.link_bandwidth
    pcie = pcie.model_copy(update={"bandwidth": max(pcie.bandwidth, leaving / gpus)})
    nvlink = crossbar.wires["nvlink"].model_copy(update={"bandwidth": each})
    links = [GpuLink(a=name, b="crossbar", wire="nvlink", count=gpu.links) for name in names]
    links += [GpuLink(a=name, b=f"slot {name}", wire="pcie") for name in names]
    links += [GpuLink(a=f"slot {name}", b="cpu0", wire="root") for name in names]
    wires: dict[WireKind, Wire] = {"nvlink": nvlink, "pcie": pcie, "root": pcie}
    return _wired(crossbar, gpus, wires, links, [f"slot {name}" for name in names])


def _wired(
    like: GpuTopology, gpus: int, wires: dict[WireKind, Wire], links: list[GpuLink], nics: list[str]
) -> GpuTopology:
    """Return a wiring whose protocols are those of another."""
    parts = {"gpus": gpus, "wires": wires, "links": tuple(links), "nics": tuple(nics), "in_switch": None}
    return like.model_copy(update={"title": "Implicit wiring", **parts})
