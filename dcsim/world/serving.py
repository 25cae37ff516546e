"""The serving side as a process: advance the whole fleet day by day and record what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import FleetConstants, FleetInputs, look_ahead, new_state
from dcsim.kernels.fleet_outputs import HARVEST_COLUMNS, FleetOutputs, PoolOutputs, ServingOutputs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    import simpy
    from numpy.typing import NDArray

    from dcsim.trace.recorder import Recorder
    from dcsim.world.fleet import HostPool

__all__ = ["ServingSide"]

_DAY_S = 86400.0


class ServingSide:
    """Load, lending and user models of the whole fleet.

    Nothing on the training side changes what serving does, and every drill is known beforehand, so the kernel runs
    through a whole day between two events.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    constants, inputs
        See ``dcsim.kernels.fleet_arrays``; the inputs reach ``look_ahead`` steps past the last one.
    pools : sequence of HostPool
        Serving pools in the kernel's order.
    user_services : sequence of str
        Services with user models, in the order of the arrays.
    recipes : sequence of str
        Recipe of each pool; empty where it lends nothing.
    vocabulary : mapping of str to sequence of str
        Names behind the codes of the tables; services and regions begin in the order of the arrays.
    backlog : float
        Jobs on offer per lending pool.
    recorder : Recorder
        Takes the step tables.
    heard : callable, optional
        Told what was served in the load steps ahead, a day at a time.
    pools_heard : callable, optional
        Told what the pools did in them.
    """

    def __init__(
        self,
        env: simpy.Environment,
        constants: FleetConstants,
        inputs: FleetInputs,
        pools: Sequence[HostPool],
        user_services: Sequence[str],
        recipes: Sequence[str],
        vocabulary: Mapping[str, Sequence[str]],
        backlog: float,
        recorder: Recorder,
        heard: Callable[[ServingOutputs], None] | None = None,
        pools_heard: Callable[[PoolOutputs], None] | None = None,
    ) -> None:
        self._env = env
        self._constants = constants
        self._inputs = inputs

        def codes(column: str, names: Iterable[str]) -> NDArray[np.int64]:
            known = list(vocabulary[column])
            return np.array([known.index(name) for name in names], np.int64)

        self._lends = np.flatnonzero(constants.lending.group > 0)
        self._user_services = codes("service", user_services)
        self._recipes = codes("recipe", [recipes[int(index)] for index in self._lends])
        self._servers = codes("server", [pool.server for pool in pools])
        self._recorder = recorder
        self._heard, self._pools_heard = heard, pools_heard
        self._state = new_state(constants, jobs=backlog)
        self.host_s = 0.0
        self.energy_j = 0.0
        self.lent_s = self.lent_uses_s = 0.0

    def run(self) -> Generator[simpy.Event, Any, None]:
        """Advance the fleet to the end of the inputs, one event a day."""
        dt = self._constants.dt
        ahead = look_ahead(self._constants)
        total = len(self._inputs.demand) - ahead
        chunk = max(1, round(_DAY_S / dt))
        for first in range(0, total, chunk):
            steps = min(chunk, total - first)
            window = FleetInputs._make(array[first : first + steps + ahead] for array in self._inputs)
            outputs = advance_fleet(self._constants, window, self._state, steps)
            self._record(first, steps, outputs)
            if self._heard is not None:
                self._heard(outputs.serving)
            if self._pools_heard is not None:
                self._pools_heard(outputs.pools)
            yield self._env.timeout(steps * dt)

    def _record(self, first: int, steps: int, out: FleetOutputs) -> None:
        dt = self._constants.dt
        time = np.arange(first, first + steps, dtype=np.float64) * dt
        demand = self._inputs.demand[first : first + steps]
        names = ("served_hosts", "good_hosts", "spilled_hosts", "assigned_hosts", "active_hosts")
        serving = dict(zip(names, out.serving, strict=True))
        self._recorder.block(
            "serving",
            {
                "time_s": time[:, None, None],
                "held_s": dt,
                "service": np.arange(demand.shape[1])[None, :, None],
                "region": np.arange(demand.shape[2])[None, None, :],
                "demand_hosts": demand,
                **serving,
            },
        )
        self._record_pools(time, out)
        if len(self._user_services):
            names = ("triggered_models", "trained_models", "backlog_models", "busy_hosts", "delay_s")
            self._recorder.block(
                "user_models",
                {
                    "time_s": time[:, None, None],
                    "held_s": dt,
                    "service": self._user_services[None, :, None],
                    "region": np.arange(demand.shape[2])[None, None, :],
                    **dict(zip(names, out.user_models, strict=True)),
                },
            )

    def _record_pools(self, time: NDArray[np.float64], out: FleetOutputs) -> None:
        dt = self._constants.dt
        where: dict[str, Any] = {
            "time_s": time[:, None],
            "held_s": dt,
            "region": self._constants.pools.region,
            "server": self._servers,
        }
        names = (
            "serving_hosts", "training_hosts", "lent_hosts", "idle_hosts", "down_hosts", "busy_ratio", "power_w",
        )  # fmt: skip
        self._recorder.block("pools", {**where, "role": "serving", **dict(zip(names, out.pools, strict=True))})
        self.host_s += float(sum(array.sum() for array in out.pools[:5])) * dt
        self.energy_j += float(out.pools.power.sum()) * dt
        lends = self._lends
        if len(lends):
            amounts = {
                name: array[:, lends] for name, array in zip(HARVEST_COLUMNS, out.harvest, strict=True)
            }
            self._recorder.block(
                "harvest",
                {
                    **{key: value if np.ndim(value) != 1 else value[lends] for key, value in where.items()},
                    "recipe": self._recipes,
                    **amounts,
                },
            )
            self.lent_s += float(out.harvest.lent.sum())
            self.lent_uses_s += float(sum(array.sum() for array in out.harvest[1:7]))
