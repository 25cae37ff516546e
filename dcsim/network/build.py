"""From the entry of a fabric to its topology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.network.fat_tree import fat_tree
from dcsim.network.graph import graph
from dcsim.network.leaf_spine import leaf_spine
from dcsim.network.pods import pods
from dcsim.network.sled_racks import sled_racks
from dcsim.spec.fabric import FatTree, GraphFabric, LeafSpine, PodFabric, SledRacks

if TYPE_CHECKING:
    from dcsim.network.topology import Topology
    from dcsim.spec.fabric import FabricSpec
    from dcsim.spec.hardware import Nic, Rack, Sled, Switch

__all__ = ["build_topology", "size_of"]


def size_of(fabric: FabricSpec) -> int | None:
    """Return how many hosts a fabric has, or None where it grows with its hosts."""
    if isinstance(fabric, LeafSpine):
        return fabric.leaves * fabric.hosts_per_leaf
    if isinstance(fabric, FatTree):
        return fabric.ports**3 // 4
    return len(fabric.hosts) if isinstance(fabric, GraphFabric) else None


def build_topology(
    fabric: FabricSpec,
    hosts: int | None = None,
    *,
    rack: Rack | None = None,
    sled: Sled | None = None,
    nic: Nic | None = None,
    switch: Switch | None = None,
    hosts_per_sled: int | None = None,
) -> Topology:
    """Return the links of a fabric and the routes on it.

    Host i stands on sled i // hosts_per_sled, and sleds fill rack after rack. Only pods are told what stands in their
    racks; all other fabrics say it themselves.

    Parameters
    ----------
    fabric : FabricSpec
        Its entry.
    hosts : int, optional
        Hosts that are needed; by default all that a fabric of given size has. Such a fabric is built in full.
    rack, sled, nic : Rack, Sled, Nic
        What stands in the racks of pods, and the adapter of the sled.
    switch : Switch, optional
        Top-of-rack switch of pods; its packet memory is left out where not given.
    hosts_per_sled : int, optional
        Hosts of pods that share one adapter, instead of what the sled says.

    Raises
    ------
    ValueError
        For more hosts than fit, for none where the fabric grows with its hosts, and for pods without rack, sled or
        adapter.
    """
    hosts = _fitting(fabric, hosts)
    if isinstance(fabric, LeafSpine):
        return leaf_spine(fabric)
    if isinstance(fabric, FatTree):
        return fat_tree(fabric)
    if isinstance(fabric, GraphFabric):
        return graph(fabric)
    if isinstance(fabric, SledRacks):
        return sled_racks(fabric, hosts)
    if not isinstance(fabric, PodFabric):
        raise TypeError(f"no topology of a {type(fabric).__name__}")
    if rack is None or sled is None or nic is None:
        raise ValueError("a fabric of type 'pods' needs to know what stands in its racks: rack, sled and nic")
    own, on_sled, sharing = max(1, sled.nics // sled.hosts), sled.hosts, -(-sled.hosts // sled.nics)
    if hosts_per_sled is not None:
        own, on_sled, sharing = own if hosts_per_sled == 1 else 1, hosts_per_sled, hosts_per_sled
    return pods(
        fabric,
        hosts,
        nic=nic,
        adapters=own,
        hosts_per_sled=on_sled,
        hosts_per_nic=sharing,
        sleds_per_rack=rack.sleds,
        switch=switch,
    )


def _fitting(fabric: FabricSpec, hosts: int | None) -> int:
    """Return how many hosts are needed, all that there are where not said, or refuse the number."""
    size = size_of(fabric)
    wanted = size if hosts is None else hosts
    if wanted is None:
        raise ValueError(f"a fabric of type '{fabric.type}' grows with its hosts; say how many")
    if wanted < 1:
        raise ValueError(f"needs at least one host, not {wanted}")
    if size is not None and wanted > size:
        raise ValueError(f"the fabric has {size} hosts; {wanted} do not fit")
    return wanted
