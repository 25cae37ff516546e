"""Inside a server: the links between its GPUs, and servers of many GPUs on a fabric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dcsim.network.graph import FAR, Wiring, distances, walk
from dcsim.network.topology import Block, Routes, Topology, lay, packed, unpacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.gpu_topology import GpuTopology

__all__ = ["BoxTopology", "BoxedTopology", "box_topology", "boxed"]


@dataclass(frozen=True, eq=False)
class BoxTopology(Topology):
    """Links between the GPUs of one server, which are its hosts; from a to b, then back, in the order of its entry.

    GPUs that NVLink joins, directly or over other GPUs, use nothing else, on a path of the fewest links. All others go
    through the PCIe tree, in which GPUs pass nothing on.

    Parameters
    ----------
    nodes : tuple of str
        Names of the parts; the GPUs first.
    wiring : Wiring
        Ends of the links.
    direct : ndarray of bool, shape (links,)
        Which are NVLinks.
    nics : tuple of int
        Parts that the adapters hang on.
    """

    nodes: tuple[str, ...]
    wiring: Wiring
    direct: NDArray[np.bool_]
    nics: tuple[int, ...]

    def name(self, link: int) -> str:
        """Return what a link is called."""
        return f"{self.nodes[self.wiring.a[link]]} > {self.nodes[self.wiring.b[link]]}"

    def direct_rate(self, gpu: int) -> float:
        """Return what the direct links of a GPU carry together, bytes/s."""
        return float(self.capacity[self.direct & (self.wiring.a == gpu)].sum())

    def _part(self, *, direct: bool) -> tuple[Wiring, NDArray[np.int64]]:
        """Return the NVLinks or the PCIe tree, and the numbers of its links."""
        links = np.flatnonzero(self.direct == direct)
        forwards = np.arange(len(self.nodes)) >= (0 if direct else self.hosts)
        return Wiring(self.wiring.a[links], self.wiring.b[links], forwards), links

    def _steps(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None, *, direct: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the links between parts by one of the two ways, shape (flows, steps), and where there are any."""
        part, links = self._part(direct=direct)
        steps, reachable = walk(part, "hash", src, dst, None if failed is None else failed[links])
        table = np.stack(steps, axis=1)
        numbers = np.append(links, -1)
        return np.asarray(numbers[table]), reachable

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        near, joined = self._steps(src, dst, failed, direct=True)
        around, reachable = self._steps(src, dst, failed, direct=False)
        near[~joined] = -1
        around[joined] = -1
        return packed([*near.T, *around.T], self.latency, joined | reachable)

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """The part whose adapters each GPU sends through, shape (gpus,): the nearest, the first of several."""
        part, _ = self._part(direct=False)
        far = distances(part, np.array(self.nics))[: self.hosts]
        if (far.min(axis=1) >= FAR).any():
            raise ValueError("no PCIe links lead from each GPU to an adapter")
        return np.asarray(np.array(self.nics)[far.argmin(axis=1)])

    @cached_property
    def ways(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Links from GPU to GPU (row ``a * gpus + b``), from each GPU to its adapter, and back; -1 for none."""
        gpus = np.arange(self.hosts)
        pairs = self.routes(np.repeat(gpus, self.hosts), np.tile(gpus, self.hosts))
        out, _ = self._steps(gpus, self.places, None, direct=False)
        back, _ = self._steps(self.places, gpus, None, direct=False)
        return unpacked(pairs), out, back


def box_topology(spec: GpuTopology) -> BoxTopology:
    """Return the links of a server's GPUs.

    Raises
    ------
    ValueError
        Where a GPU has no way to an adapter over PCIe.
    """
    number = {f"gpu{index}": index for index in range(spec.gpus)}
    a: list[int] = []
    b: list[int] = []
    blocks = []
    for link in spec.links:
        wire = spec.wires[link.wire]
        ends = number.setdefault(link.a, len(number)), number.setdefault(link.b, len(number))
        a += ends
        b += ends[::-1]
        blocks.append(Block(link.wire, 2, link.count * wire.bandwidth, wire.latency))
    links = lay(blocks)
    wiring = Wiring(np.array(a, np.int64), np.array(b, np.int64), np.ones(len(number), np.bool_))
    direct = np.array([links.levels[level] == "nvlink" for level in links.level.tolist()])
    box = BoxTopology(spec.gpus, *links, tuple(number), wiring, direct, tuple(number[name] for name in spec.nics))
    _ = box.places
    return box


@dataclass(frozen=True, eq=False)
class BoxedTopology(Topology):
    """Servers of several GPUs on a fabric; GPU g of host h is number ``h * gpus + g``.

    The links of the fabric come first, then those of each host's box. A flow between GPUs of one host keeps to its box;
    between hosts it goes over PCIe to the adapter, through the fabric, and over PCIe again. The adapters of a host are
    one link of the fabric. Flows avoid links of the fabric that have failed, not those of a box.

    Parameters
    ----------
    fabric : Topology
        Between the hosts.
    box : BoxTopology
        Of every host.
    """

    fabric: Topology
    box: BoxTopology

    def name(self, link: int) -> str:
        """Return what a link is called."""
        if link < self.fabric.links:
            return self.fabric.name(link)
        host, inside = divmod(link - self.fabric.links, self.box.links)
        return f"host {host}: {self.box.name(inside)}"

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        gpus, width = self.box.hosts, self.box.links
        (here, a), (there, b) = np.divmod(src, gpus), np.divmod(dst, gpus)
        pairs, out, back = self.box.ways
        leaves = (here != there)[:, None]

        def inside(links: NDArray[np.int64], host: NDArray[np.int64]) -> NDArray[np.int64]:
            return np.where(links >= 0, self.fabric.links + host[:, None] * width + links, -1)

        across = self.fabric.routes(here, there, None if failed is None else failed[: self.fabric.links])
        steps = (
            np.where(leaves, -1, inside(pairs[a * gpus + b], here)),
            np.where(leaves, inside(out[a], here), -1),
            unpacked(across),
            np.where(leaves, inside(back[b], there), -1),
        )
        table = np.concatenate(steps, axis=1)
        table[~across.reachable] = -1
        return packed([*table.T], self.latency, across.reachable)


def boxed(fabric: Topology, box: BoxTopology) -> BoxedTopology:
    """Return the GPUs of equal servers on a fabric as one topology.

    Parameters
    ----------
    fabric : Topology
        Between the hosts.
    box : BoxTopology
        Of every host.
    """
    levels = tuple(dict.fromkeys((*fabric.levels, *box.levels)))
    own = np.array([levels.index(name) for name in box.levels], np.int8)

    def joined(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([one, np.tile(other, fabric.hosts)])

    return BoxedTopology(
        fabric.hosts * box.hosts,
        joined(fabric.capacity, box.capacity),
        joined(fabric.latency, box.latency),
        joined(fabric.buffer, box.buffer),
        levels,
        np.concatenate([fabric.level, np.tile(own[box.level], fabric.hosts)]),
        fabric,
        box,
    )
