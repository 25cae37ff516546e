"""What a comparison of collectives asks for, and what each of its rows tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.world.buffers import FUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.spec.network import Fidelity
    from dcsim.world.placement import Placement

__all__ = ["ALL", "CollectiveRow", "Comparison"]

ALL = "all"
"""Stands for every algorithm that suits the ranks."""


@dataclass(frozen=True)
class Comparison:
    """What is to be compared.

    Parameters
    ----------
    algorithms : sequence of str
        Names of collectives, or just ``all``.
    ranks : sequence of int
        Numbers of ranks, each at least 2.
    nbytes : sequence of float
        Sizes as nccl-tests count them (bytes); by default the gradient of the model that ``buffers`` names, or 100 MB.
    fabric : str, optional
        Name or file of the fabric: ``f4_100g`` unless told otherwise, but beside ``server`` one on which only adapters
        bind, as for ``dcsim step``.
    sled : str, optional
        What stands in the racks of a fabric of pods, one rank to a host: ``big_basin_p100_sled`` unless told otherwise.
    server : str, optional
        Box whose GPUs are the ranks, instead of the hosts of sleds.
    hosts_per_nic : int, optional
        Hosts of each adapter that hold a rank; by default all.
    placement : {"contiguous", "strided"}
        How ranks follow one another over the adapters.
    fidelities : sequence of {"closed_form", "flow", "packet"}
        How closely the network is looked at.
    buffers : str
        Into what the data are cut, one collective after another: ``fused``, ``per-tensor:MODEL``, ``SIZE`` or
        ``SIZE:MODEL``.
    servers : int
        The last ranks only hold parameters (``parameter_server``).
    transport : str
        How hosts answer to losses, at ports whose packet memory is known.
    overhead_s : float, optional
        Software cost of a message that leaves its box (s); by default that of the adapter of the sled, 0 without one.
    """

    algorithms: Sequence[str] = ("ring", "halving_doubling")
    ranks: Sequence[int] = (8, 32)
    nbytes: Sequence[float] = ()
    fabric: str | None = None
    sled: str | None = None
    server: str | None = None
    hosts_per_nic: int | None = None
    placement: Placement = "contiguous"
    fidelities: Sequence[Fidelity] = ("flow",)
    buffers: str = FUSED.text
    servers: int = 0
    transport: str = "linux_reno"
    overhead_s: float | None = None


@dataclass(frozen=True)
class CollectiveRow:
    """One collective at one fidelity.

    Parameters
    ----------
    algorithm : str
        Name of the collective.
    ranks : int
        How many.
    bytes : float
        Size as nccl-tests count it.
    buffers : str
        Into what the data are cut.
    messages : int
        Buffers, one collective each.
    fidelity : str
        How closely the network is looked at.
    time_s : float
        All buffers together.
    algbw_bytes_per_s, busbw_bytes_per_s : float
        Size over time, and that times what each rank must move at least (nccl-tests).
    closed_form_s : float
        The time by the alpha-beta formula.
    gap_ratio : float
        Time over closed form, less one.
    waiting_s : float
        Part of the time in which the deciding message of a round waits for software and latency.
    loss_ratio : float
        Bytes dropped and sent again over bytes sent.
    timeouts : float
        Retransmission time-outs.
    bottleneck : str
        Link that decides for the longest time when rounds end.
    """

    algorithm: str
    ranks: int
    bytes: float
    buffers: str
    messages: int
    fidelity: str
    time_s: float
    algbw_bytes_per_s: float
    busbw_bytes_per_s: float
    closed_form_s: float
    gap_ratio: float
    waiting_s: float
    loss_ratio: float
    timeouts: float
    bottleneck: str
