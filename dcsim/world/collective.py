"""The runner of collectives: a plan acted out on the links of a topology, round by round.

Rounds are barriers: one begins when all messages of the one before have ended. Equal rounds are acted out once.

In the closed form, messages meet one another on the links that are their ranks' own only: host, adapter, and those
that a GPU has inside its box. At flow level they share all links max-min fairly; and where they collide at a port with
finite packet memory, its capacity shrinks to the goodput that the packet level finds for such senders. At packet level
the messages through such a port end when its packets have got through, if that is later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.world.rounds import Course, distinct_rounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.collectives.plan import Plan
    from dcsim.network.topology import Topology
    from dcsim.spec.network import Fidelity
    from dcsim.spec.transport import Transport

__all__ = ["PlanTime", "plan_time"]


@dataclass(frozen=True, eq=False)
class PlanTime:
    """How long a collective takes, and why.

    Parameters
    ----------
    time_s : float
        From the first message to the end of the last.
    closed_form_s : float
        The same by the alpha-beta formula: the farthest latency of a round, and each message its even share of the
        links that are its ranks' own; nothing else holds it up.
    waiting_s : float
        Part of the time in which the message that ends its round last does not move yet: software overhead and the
        latency of its route.
    loss_ratio : float
        Bytes dropped and sent again over bytes sent.
    timeouts : float
        Retransmission time-outs, all ranks together.
    bottleneck : str
        The link that decides for the longest time when rounds end; empty if none does.
    moved : ndarray of float64, shape (links,)
        Bytes that each link carries.
    """

    time_s: float
    closed_form_s: float
    waiting_s: float
    loss_ratio: float
    timeouts: float
    bottleneck: str
    moved: NDArray[np.float64]


def plan_time(
    plan: Plan,
    topology: Topology,
    hosts: NDArray[np.int64],
    *,
    fidelity: Fidelity = "flow",
    overhead_s: float = 0.0,
    transport: Transport | None = None,
) -> PlanTime:
    """Return how long a collective takes that is alone on a network.

    Parameters
    ----------
    plan : Plan
        What is sent.
    topology : Topology
        Links and routes.
    hosts : ndarray of int64, shape (ranks,)
        Where each rank is.
    fidelity : {"closed_form", "flow", "packet"}
        How closely the network is looked at; see the module.
    overhead_s : float
        Software cost of a message that leaves its box (s).
    transport : Transport, optional
        How hosts answer to losses; without it there are none.

    Raises
    ------
    ValueError
        Where the hosts are not one for each rank, or no way leads from one to another.

    Examples
    --------
    >>> from dcsim.collectives.plan import Plan, phase
    >>> from dcsim.network.build import build_topology
    >>> from dcsim.spec.catalog import Catalog
    >>> racks = build_topology(Catalog().load("fabrics", "rack16_50g_full"), 2)
    >>> round(plan_time(Plan(2, (phase([0, 1], [1, 0], 6.25e6, repeat=3),)), racks, np.arange(2)).time_s, 9)
    0.003003
    """
    hosts = np.asarray(hosts, np.int64)
    if len(hosts) != plan.ranks:
        raise ValueError(f"{plan.ranks} ranks cannot be on {len(hosts)} hosts; give one host for each")
    moved, deciding = np.zeros(topology.links), np.zeros(topology.links + 1)
    time_s = expected_s = waiting_s = sent = lost = timeouts = 0.0
    course = Course(topology, hosts, fidelity, overhead_s, transport)
    for step, times in distinct_rounds(plan):
        done = course.act(step)
        time_s += times * done.time_s
        expected_s += times * done.closed_form_s
        waiting_s += times * done.waiting_s
        moved += times * done.moved
        deciding[done.decider] += times * (done.time_s - done.waiting_s)
        sent += times * step.nbytes * step.src.size
        lost += times * done.lost_bytes
        timeouts += times * done.timeouts
    longest = int(deciding[:-1].argmax())
    bottleneck = topology.name(longest) if deciding[longest] > 0.0 else ""
    return PlanTime(time_s, expected_s, waiting_s, lost / (sent + lost) if lost else 0.0, timeouts, bottleneck, moved)

