"""What elastic groups are worth on the pools that lend: their steps by size, and what is left of them once learned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.elastic_records import RATE
from dcsim.kernels.fleet_records import new_records
from dcsim.learning.batch import examples_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Records
    from dcsim.spec.harvest import Harvest
    from dcsim.spec.training import TrainingRecipe
    from dcsim.world.fleet import HostPool
    from dcsim.world.steps import RecipeCost

    SizedCost = Callable[[HostPool, int, int], RecipeCost]

__all__ = ["ElasticPool", "elastic_pools", "ranks_per_nic", "samples_ratio"]

SLACK = 1e-6
"""Share of a host that is rounding."""


@dataclass(frozen=True)
class ElasticPool:
    """A pool whose free hosts elastic groups train on.

    Parameters
    ----------
    index : int
        Of the pool among those that serve.
    recipe : str
        What they train.
    groups : int
        How many of them.
    restart_s : float
        From getting hosts to the first step (s).
    saves : bool
        Whether a group that is asked for hosts writes a checkpoint.
    rates : RATE[O, K + 1]
        By offer and size; the first size stands for no hosts.
    hosts_per_nic : ndarray of int64, shape (O, K)
        Hosts of one NIC that train at once.
    step_s : ndarray of float64, shape (O, K)
        One step (s).
    """

    index: int
    recipe: str
    groups: int
    restart_s: float
    saves: bool
    rates: Records
    hosts_per_nic: NDArray[np.int64]
    step_s: NDArray[np.float64]


def samples_ratio(hosts: int, batch: float, every: int, critical_batch: float) -> float:
    """Return the samples to a target with so many hosts over those with one.

    Hosts that take the mean of their weights after ``every`` steps need ``min(n E(b), E(n b every))`` samples, with
    ``E(B)`` as ``1 + B / B_crit``; see :func:`dcsim.learning.asynchrony.averaged_examples`.

    Parameters
    ----------
    hosts : int
        Hosts of the group.
    batch : float
        Samples of one step of a host.
    every : int
        Steps from one synchronisation to the next.
    critical_batch : float
        Samples of a step with which training takes twice the fewest samples; may be infinite.

    Examples
    --------
    >>> samples_ratio(8, 100.0, 1, math.inf), samples_ratio(8, 100.0, 1, 800.0)
    (1.0, 1.7777777777777777)
    >>> samples_ratio(4, 1.0, 1000, 1.0)
    4.0
    """
    alone = examples_ratio(batch, critical_batch)
    return min(hosts * alone, examples_ratio(hosts * batch * every, critical_batch)) / alone


def ranks_per_nic(pool: HostPool, groups: int, hosts: int, offered: float, *, spread: bool) -> int:
    """Return how many hosts of a NIC train at once when every group has so many.

    Groups that are packed fill a sled before they take the next; spread ones put one rank on each NIC of the pool
    before any has two.

    Parameters
    ----------
    pool : HostPool
        Where.
    groups, hosts : int
        Groups, and hosts of each.
    offered : float
        Hosts on offer over those that are free; more than all come with their NICs.
    spread : bool
        Whether the groups are spread.
    """
    if not spread:
        return min(hosts, pool.hosts_per_nic)
    nics = pool.hosts * max(1.0, offered) / pool.hosts_per_nic
    return max(1, min(pool.hosts_per_nic, math.ceil(groups * hosts / nics - SLACK)))


def elastic_pools(
    pools: Sequence[HostPool], harvest: Harvest, recipes: Mapping[str, TrainingRecipe], cost: SizedCost
) -> list[ElasticPool]:
    """Return the pools of a study.

    Parameters
    ----------
    pools : sequence of HostPool
        Serving pools.
    harvest : Harvest
        With its ``elastic``.
    recipes : mapping of str to TrainingRecipe
        Recipes by server kind, as named in the harvest.
    cost : callable
        ``(pool, hosts of a NIC that train, hosts of the group) -> RecipeCost``.
    """
    spec = harvest.elastic
    if spec is None:
        return []
    found = []
    for index, pool in enumerate(pools):
        recipe = recipes.get(pool.kind)
        if recipe is None:
            continue
        groups = max(1, pool.hosts // spec.hosts_per_job)
        shape = (len(spec.offered), len(spec.groups))
        rates, steps = new_records((shape[0], shape[1] + 1), RATE), np.empty(shape)
        sharing = np.empty(shape, np.int64)
        alone = cost(pool, 1, 1).step_s
        batch = float(recipe.batch_per_device * max(1, pool.gpus_per_host))
        critical = dict(spec.critical_batch).get(recipe.server_kind, math.inf)
        for o, offered in enumerate(spec.offered):
            for k, hosts in enumerate(spec.groups):
                sharing[o, k] = ranks_per_nic(pool, groups, hosts, offered, spread=harvest.placement == "spread")
                each = cost(pool, int(sharing[o, k]), hosts)
                steps[o, k] = each.step_s
                computed = hosts * min(1.0, alone / each.step_s)
                useful = computed / samples_ratio(hosts, batch, recipe.sync_every, critical)
                rates[o, k + 1] = (hosts, useful, hosts - computed, computed - useful, each.checkpoint_s)
        found.append(
            ElasticPool(
                index, harvest.recipes[recipe.server_kind], groups, recipe.restart_time,
                recipe.on_notice == "checkpoint", rates, sharing, steps,
            )
        )  # fmt: skip
    return found
