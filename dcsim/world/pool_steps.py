"""Training and storage pools by load step, from the gangs that ran and the outages that struck."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.trace.recorder import Recorder
    from dcsim.world.fleet import Fleet, HostPool
    from dcsim.world.levels import Levels

__all__ = ["record_queues", "record_resting_pools"]

Floats = NDArray[np.float64]


def record_resting_pools(
    recorder: Recorder, fleet: Fleet, levels: Levels, edges: Floats, up: Floats, servers: Sequence[str]
) -> tuple[float, float]:
    """Record the pools that do not serve; return their host-seconds and energy (J).

    A host of a gang draws its peak power, any other host that is up its idle power. Storage hosts count as idle: the
    traffic of readers is not modelled.

    Parameters
    ----------
    recorder : Recorder
        Takes the rows.
    fleet : Fleet
        Regions and pools.
    levels : Levels
        Busy hosts by pool.
    edges : ndarray, shape (n + 1,)
        Edges of the load steps (s).
    up : ndarray, shape (n, R)
        Share of each step during which each region has power.
    servers : sequence of str
        Vocabulary of the servers.
    """
    pools = [(index, pool) for index, pool in enumerate(fleet.pools) if pool.role != "serving"]
    if not pools:
        return 0.0, 0.0
    held = np.diff(edges)
    columns = [_pool_columns(pool, levels.means("busy", index, edges), up[:, pool.region]) for index, pool in pools]
    training, idle, down, busy, power = (np.stack(column, axis=1) for column in zip(*columns, strict=True))
    recorder.block(
        "pools",
        {
            "time_s": edges[:-1, None],
            "held_s": held[:, None],
            "region": np.array([pool.region for _, pool in pools]),
            "server": np.array([list(servers).index(pool.server) for _, pool in pools]),
            "role": np.array([pool.role for _, pool in pools]),
            "serving_hosts": 0.0,
            "training_hosts": training,
            "lent_hosts": 0.0,
            "idle_hosts": idle,
            "down_hosts": down,
            "busy_ratio": busy,
            "power_w": power,
        },
    )
    return float(((training + idle + down) * held[:, None]).sum()), float((power * held[:, None]).sum())


def _pool_columns(pool: HostPool, training: Floats, up: Floats) -> tuple[Floats, ...]:
    """Return training, idle, down, busy share and power of one pool, each of shape (n,)."""
    hosts_up = pool.hosts * up
    idle = np.maximum(hosts_up - training, 0.0)
    busy = np.divide(training, hosts_up, out=np.zeros_like(up), where=hosts_up > 0)
    power = training * pool.peak_power + idle * pool.idle_power
    return training, idle, pool.hosts - training - idle, busy, power


def record_queues(recorder: Recorder, fleet: Fleet, levels: Levels, edges: Floats) -> None:
    """Record how many gangs of each server kind waited and ran."""
    training = fleet.with_role("training")
    for kind in sorted({fleet.pools[index].kind for index in training}):
        pools = [index for index in training if fleet.pools[index].kind == kind]
        recorder.block(
            "queues",
            {
                "time_s": edges[:-1],
                "held_s": np.diff(edges),
                "kind": kind,
                "queued_jobs": levels.means("waiting", kind, edges),
                "running_jobs": sum(levels.means("busy", index, edges, counted=True) for index in pools),
            },
        )
