"""Off-peak training studied beside a run: elastic groups on the hosts that serving left free."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.elastic_groups import study
from dcsim.kernels.elastic_plan import foreseen_needs, stays
from dcsim.kernels.elastic_records import TERMS
from dcsim.kernels.fleet_records import new_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from dcsim.kernels.fleet_outputs import PoolOutputs
    from dcsim.kernels.fleet_records import Records
    from dcsim.spec.harvest import Elastic
    from dcsim.trace.recorder import Recorder
    from dcsim.world.fleet import HostPool
    from dcsim.world.off_peak_pools import ElasticPool

__all__ = ["PARTS", "OffPeak", "OffPeakPlan"]

PARTS = ("useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")
"""What paid host-seconds go into."""
_COUNTS = ("written", "failures", "unforeseen", "foreseen", "losses", "resizes")
_FAILURES = 4096
"""Failures that are drawn; a group that lives to see more meets the same again."""


@dataclass(frozen=True)
class OffPeakPlan:
    """What is studied.

    Parameters
    ----------
    spec : Elastic
        Sizes, intervals, offers and what is drawn.
    pools : sequence of ElasticPool
        Where.
    notice, reserve : float
        Time between asking for a host and having it back (s); share of the need that is kept beyond it.
    local_hour : ndarray of float64, shape (steps, regions)
        Hour of the local day in the middle of each load step.
    draw : callable
        ``name -> random generator``.
    """

    spec: Elastic
    pools: Sequence[ElasticPool]
    notice: float
    reserve: float
    local_hour: NDArray[np.float64]
    draw: Callable[[str], np.random.Generator]


class OffPeak:
    """Hears what serving needs, and afterwards follows the groups through it.

    Parameters
    ----------
    plan : OffPeakPlan
        What is studied.
    hosts : sequence of HostPool
        Serving pools.
    vocabulary : mapping of str to sequence of str
        Names behind the codes of the tables; regions begin in their order.
    dt : float
        Length of a load step (s).
    recorder : Recorder
        Takes the tables.
    """

    def __init__(
        self,
        plan: OffPeakPlan,
        hosts: Sequence[HostPool],
        vocabulary: Mapping[str, Sequence[str]],
        dt: float,
        recorder: Recorder,
    ) -> None:
        self._plan, self._hosts, self._dt = plan, hosts, dt
        self._season = round(plan.spec.season / dt)
        self._names, self._regions = vocabulary, vocabulary["region"]
        self._recorder = recorder
        self._needed: list[NDArray[np.float64]] = []
        self._up: list[NDArray[np.float64]] = []
        self.paid_s = self.accounted_s = 0.0

    def hear(self, out: PoolOutputs) -> None:
        """Take what the pools did in the next load steps."""
        needed = out.serving + out.training
        self._needed.append(needed)
        self._up.append(needed + out.lent + out.idle)

    def close(self) -> None:
        """Follow the groups of every pool and record what became of them."""
        needed, up = np.concatenate(self._needed), np.concatenate(self._up)
        for pool in self._plan.pools:
            need, hosts = np.ascontiguousarray(needed[:, pool.index]), np.ascontiguousarray(up[:, pool.index])
            self._record_free(pool, need, hosts)
            self._record_groups(pool)
            self._record_lives(pool, self._follow(pool, need, hosts))

    def _follow(self, pool: ElasticPool, need: NDArray[np.float64], up: NDArray[np.float64]) -> Records:
        """Return what becomes of one group of a pool at each setting."""
        plan, spec = self._plan, self._plan.spec
        where = self._hosts[pool.index]
        name = f"harvest/elastic/{self._regions[where.region]}/{where.rack}"
        shape = (spec.replicas, len(need))
        terms = new_records((1,), TERMS)
        terms[0] = (plan.notice, spec.grace, pool.restart_s, pool.saves)
        between = math.inf if spec.host_failure_every is None else spec.host_failure_every
        return study(
            need, up,
            error=spec.forecast_error * plan.draw(f"{name}/error").standard_normal(shape),
            strike=plan.draw(f"{name}/strike").random(shape),
            rank=(plan.draw(f"{name}/rank").random(spec.replicas) * pool.groups).astype(np.int64),
            failures=between * plan.draw(f"{name}/failures").standard_exponential((spec.replicas, _FAILURES)),
            sizes=np.array(spec.groups, np.int64),
            rates=pool.rates,
            groups=pool.groups,
            offered=np.array(spec.offered),
            every=np.array(spec.checkpoint_every),
            reserve=plan.reserve,
            season=self._season,
            stay=max(1, math.ceil(spec.stay / self._dt)),
            dt=self._dt,
            terms=terms,
        )  # fmt: skip

    def _where(self, pool: ElasticPool) -> dict[str, int]:
        where = self._hosts[pool.index]
        return {"region": where.region, "server": self._names["server"].index(where.server)}

    def _record_free(self, pool: ElasticPool, need: NDArray[np.float64], up: NDArray[np.float64]) -> None:
        plan, where = self._plan, self._hosts[pool.index]
        kept = 1.0 + plan.reserve
        steps = stays(need, plan.reserve, self._season)
        stay = np.where(steps < 0, np.nan, steps * self._dt)
        self._recorder.block(
            "free_hosts",
            {
                **self._where(pool),
                "rack": self._names["free_hosts.rack"].index(where.rack),
                "time_s": np.arange(len(need), dtype=np.float64) * self._dt,
                "held_s": self._dt,
                "local_hour": plan.local_hour[: len(need), where.region],
                "needed_hosts": need,
                "free_hosts": np.maximum(0.0, up - need * kept),
                "foreseen_hosts": np.maximum(0.0, up - foreseen_needs(need, self._season) * kept),
                "foreseen_stay_s": stay[:, 0],
                "stay_s": stay[:, 1],
            },
        )

    def _record_groups(self, pool: ElasticPool) -> None:
        spec = self._plan.spec
        where = self._hosts[pool.index]
        names = (self._regions[where.region], where.server, pool.recipe)
        for o, offered in enumerate(spec.offered):
            for k, hosts in enumerate(spec.groups):
                rate = pool.rates[o, k + 1]
                self._recorder.span(
                    "elastic_groups", *names, offered, hosts, int(pool.hosts_per_nic[o, k]),
                    float(pool.step_s[o, k]), float(1.0 - rate.synchronisation / hosts), float(rate.useful),
                    float(rate.checkpoint_time),
                )  # fmt: skip

    def _record_lives(self, pool: ElasticPool, lives: Records) -> None:
        spec = self._plan.spec
        axes = np.meshgrid(
            spec.offered, spec.groups, spec.checkpoint_every, np.arange(spec.replicas), indexing="ij"
        )
        flat = [axis.reshape(-1) for axis in axes]
        scaled = {name: np.asarray(lives[name]).reshape(-1) * pool.groups for name in lives.dtype.names}
        self._recorder.block(
            "elastic",
            {
                **self._where(pool),
                "recipe": self._names["elastic.recipe"].index(pool.recipe),
                **dict(zip(("offered_ratio", "group_hosts", "checkpoint_every_s", "replica"), flat, strict=True)),
                "groups": pool.groups,
                **{f"{name}_host_s": scaled[name] for name in ("paid", *PARTS, "open")},
                "worth_ratio": spec.worth,
                "running_s": scaled["running"],
                "writing_s": scaled["writing"],
                **{name: scaled[name] for name in _COUNTS},
            },
        )
        self.paid_s += float(scaled["paid"].sum())
        self.accounted_s += float(sum(scaled[name].sum() for name in PARTS))
