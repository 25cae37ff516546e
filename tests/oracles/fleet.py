"""The serving side of the fleet the slow way: each gang on its own, second by second, load in plain Python.

Times of gangs must be whole seconds, gangs packed, and jobs endless.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from dcsim.kernels.queueing import wait_tail

OVERHEADS = ("checkpoint", "restart", "notice")


@dataclass
class Gang:
    """One gang on one job."""

    committed: float
    restart: int
    compute: int = 0
    written: int = 0
    uncommitted: float = 0.0
    told: int | None = None
    notice: int | None = None

    def lose(self, tally):
        tally["lost"] += self.compute
        self.compute, self.uncommitted, self.written = 0, 0.0, 0

    def commit(self, tally):
        tally["useful"] += self.compute
        tally["steps"] += self.uncommitted
        self.committed += self.uncommitted
        self.compute, self.uncommitted, self.written = 0, 0.0, 0


class Pool:
    """The lending of one pool."""

    def __init__(self, constants, p):
        terms = {name: values[p] for name, values in constants.lending._asdict().items()}
        self.group, self.reserve = int(terms["group"]), terms["reserve"]
        self.notice, self.restart, self.every = (int(terms[n]) for n in ("notice", "restart", "checkpoint_every"))
        self.job_steps, self.saves = terms["job_steps"], terms["saves_on_notice"]
        self.nbytes = terms["checkpoint_bytes"]
        sharing = max(1, min(self.group, int(terms["hosts_per_nic"])))
        self.step_time = terms["step_time"][sharing - 1]
        self.writing = int(terms["checkpoint_time"][sharing - 1])
        self.hosts, self.dt = constants.pools.hosts[p], int(constants.dt)
        self.gangs: list[Gang] = []
        self.suspended: list[float] = []

    def decide(self, need, foreseen, opened, up, tally):
        for gang in self.gangs:
            gang.told = None
        staying = [gang for gang in self.gangs if gang.notice is None]
        if up < 1.0:
            return
        if opened < 1.0:
            self._tell_last(staying, len(staying), round(opened * self.dt))
            return
        spare = self.hosts - need
        while staying and len(staying) * self.group > spare + 1e-6 * self.group:
            self._tell_last(staying, 1, 0)
        wanted = self._fits(self.hosts - foreseen * (1.0 + self.reserve))
        if len(staying) > wanted:
            steps = math.ceil(self.notice / self.dt)
            self._tell_last(staying, len(staying) - wanted, steps * self.dt - self.notice)
            return
        leaving = sum(self.group for gang in self.gangs if gang not in staying)
        wanted = min(wanted, self._fits(self.hosts - need * (1.0 + self.reserve) - leaving))
        while len(staying) < wanted:
            gang = Gang(self.suspended.pop(0) if self.suspended else 0.0, self.restart)
            staying.append(gang)
            self.gangs.append(gang)
            tally["started"] += 1

    def _fits(self, hosts):
        return math.floor(max(0.0, hosts) / self.group + 1e-6)

    def _tell_last(self, staying, number, second):
        for _ in range(number):
            staying.pop().told = second

    def lent_at(self, second):
        """Return the hosts that are lent in a second of the present step."""
        lent = 0
        for gang in self.gangs:
            back = math.inf
            if gang.notice is not None:
                back = gang.notice
            elif gang.told is not None:
                back = gang.told + self.notice
            lent += self.group * (second < back)
        return lent

    def live(self, up, tally):
        for gang in self.gangs:
            before = gang.compute
            gone = self._live_one(gang, round(up * self.dt), tally)
            if not gone and up < 1.0:
                tally["evicted"] += gang.notice is None
                gang.lose(tally)
                gone = True
            tally["uncommitted"] += gang.compute - before
            if gone:
                self.suspended.append(gang.committed)
                gang.told = -1
        self.gangs = [gang for gang in self.gangs if gang.told != -1]

    def _live_one(self, gang, seconds, tally):
        """Return whether the hosts went back."""
        for second in range(seconds + 1):
            if gang.told == second and gang.notice is None and second < self.dt:
                gang.notice = self.notice
                tally["evicted"] += 1
                if not self.saves or self.writing - gang.written > self.notice:
                    gang.lose(tally)
                elif self.writing == 0:
                    tally["written"] += gang.compute > 0
                    gang.commit(tally)
            if gang.notice == 0:
                gang.lose(tally)
                return True
            if second < seconds:
                self._second(gang, tally)
        return False

    def _second(self, gang, tally):
        tally["lent"] += 1
        if gang.notice is not None:
            gang.notice -= 1
            if gang.compute == 0:
                tally["notice"] += 1
            else:
                self._write(gang, tally)
        elif gang.restart > 0:
            gang.restart -= 1
            tally["restart"] += 1
        elif gang.compute == self.every:
            self._write(gang, tally)
        else:
            gang.compute += 1
            gang.uncommitted += 1.0 / self.step_time
            if gang.committed + gang.uncommitted > self.job_steps - 1e-6:
                gang.commit(tally)
                tally["finished"] += 1
                gang.committed, gang.restart = 0.0, self.restart
            elif gang.compute == self.every and self.writing == 0:
                tally["written"] += 1
                gang.commit(tally)

    def _write(self, gang, tally):
        gang.written += 1
        tally["checkpoint"] += 1
        tally["written"] += 1.0 / self.writing
        if gang.written == self.writing:
            gang.commit(tally)


def place(constants, wanted, work):
    """Return flow[s, r, q] and the sites filled beyond the target, for capacities work[q, k]."""
    services, order = constants.services, constants.regions.order
    flow = defaultdict(float)
    beyond = set()
    regions = range(len(order))
    for k in range(constants.kinds):
        mine = [s for s in range(len(services.kind)) if services.kind[s] == k]
        left = {(s, r): wanted[s, r] for s in mine for r in regions}

        def put(r, q, level, left=left, mine=mine, k=k):
            taken = sum(flow[s, o, q] / level[s] for s in mine for o in regions)
            room = work[q, k] - taken
            asked = sum(left[s, r] / level[s] for s in mine)
            if room <= 1e-9 * work[q, k] or asked <= 1e-9 * work[q, k]:
                return False
            share = min(1.0, room / asked)
            for s in mine:
                flow[s, r, q] += share * left[s, r]
                left[s, r] *= 1.0 - share
            return True

        for r in regions:
            put(r, r, services.target)
        for r in regions:
            for q in order[r]:
                put(r, q, services.target)
        over = [q for r in regions for q in [r] if put(r, q, services.limit)]
        over += [q for r in regions for q in order[r] if put(r, q, services.limit)]
        beyond |= {(q, k) for q in over}
    array = np.zeros((len(services.kind), len(order), len(order)))
    for index, amount in flow.items():
        array[index] = amount
    return array, beyond


class Fleet:
    """All of it; ``step`` returns one row of each output as plain arrays."""

    def __init__(self, constants):
        self.constants = constants
        self.pools = [Pool(constants, p) for p in range(len(constants.pools.hosts))]
        shape = (len(constants.user_models.kind), len(constants.regions.rtt))
        self.backlog, self.held, self.age = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.backlog_age = np.zeros(shape)

    def sites(self, hosts):
        pools = self.constants.pools
        work = np.zeros((len(self.constants.regions.rtt), self.constants.kinds))
        np.add.at(work, (pools.region, pools.kind), np.asarray(hosts) * pools.speed)
        return work

    def wish(self, inputs, i):
        services, classes = self.constants.services, self.constants.user_models
        wish = np.zeros((len(self.constants.regions.rtt), self.constants.kinds))
        for s, k in enumerate(services.kind):
            wish[:, k] += inputs.demand[i, s] / services.target[s]
        for f, k in enumerate(classes.kind):
            wish[:, k] += inputs.trigger[i, f] * classes.work[f]
        return wish

    def used(self, flow, beyond, work):
        services = self.constants.services
        used = np.zeros(work.shape)
        for s, k in enumerate(services.kind):
            used[:, k] += flow[s].sum(axis=0) / services.target[s]
        for site in beyond:
            used[site] = work[site]
        return used

    def route(self, inputs, i, base):
        classes, order, dt = self.constants.user_models, self.constants.regions.order, self.constants.dt
        arrivals, target = np.zeros(self.backlog.shape), np.full(self.backlog.shape, -1)
        for f, k in enumerate(classes.kind):
            for r in range(len(order)):
                if inputs.open[i, r] == 0.0:
                    self.held[f, r] += self.backlog[f, r]
                    self.backlog[f, r] = 0.0
                able = [q for q in order[r] if base[q, k] > 0.0 and inputs.open[i, q] > 0.0]
                reached = 1.0 - inputs.unserved[i, r] if able else 0.0
                triggered = inputs.trigger[i, f, r] * dt
                self.held[f, r] += triggered * (1.0 - reached)
                if able:
                    target[f, r] = able[0]
                    arrivals[f, able[0]] += triggered * reached
                if reached == 1.0:
                    arrivals[f, able[0]] += self.held[f, r]
                    self.held[f, r] = 0.0
                self.age[f, r] = self.age[f, r] + dt if self.held[f, r] > 0.0 else 0.0
        return arrivals, target

    def step(self, inputs, i):
        constants, pools, dt = self.constants, self.constants.pools, self.constants.dt
        classes = constants.user_models
        opened, up = inputs.open[i][pools.region], inputs.up[i][pools.region]
        base, full = self.sites(pools.hosts), self.sites(pools.hosts * opened)
        wanted = inputs.demand[i] * (1.0 - inputs.unserved[i])
        arrivals, target = self.route(inputs, i, base)
        need = self.used(*place(constants, wanted, full), full)
        for f, k in enumerate(classes.kind):
            wish = (self.backlog[f] + arrivals[f]) * classes.work[f] / dt
            taken = np.clip(wish, 0.0, np.maximum(0.0, full[:, k] - need[:, k]))
            need[:, k] += taken
            excess = (wish - taken) * dt / classes.work[f]
            for q, others in enumerate(constants.regions.order[:, 1:]):
                for other in others:
                    moved = min(excess[q], max(0.0, full[other, k] - need[other, k]) * dt / classes.work[f])
                    excess[q] -= moved
                    need[other, k] += moved * classes.work[f] / dt
                    arrivals[f, other] += moved
                    late = min(moved, self.backlog[f, q])
                    self.backlog[f, q] -= late
                    arrivals[f, q] -= moved - late
        tallies = [defaultdict(float) for _ in self.pools]
        free = np.array(pools.hosts * opened)
        for p, pool in enumerate(self.pools):
            if pool.group:
                site = (pools.region[p], pools.kind[p])
                share = pool.hosts / base[site]
                ahead = math.ceil(pool.notice / dt)
                most = max(self.wish(inputs, j)[site] for j in range(i, i + ahead + 1))
                foreseen = most + max(0.0, need[site] - self.wish(inputs, i)[site])
                pool.decide(need[site] * share, foreseen * share, opened[p], up[p], tallies[p])
                seconds = range(round(opened[p] * dt))
                free[p] = sum(pool.hosts - pool.lent_at(second) for second in seconds) / dt
        row = self._serve(i, inputs, wanted, free, arrivals, target)
        for p, pool in enumerate(self.pools):
            pool.live(up[p], tallies[p])
            row["harvest"].append(self._harvest_row(pool, tallies[p]))
        self._pools(row, free, up, tallies)
        return row

    def _harvest_row(self, pool, tally):
        seconds = ("lent", "useful", "lost", *OVERHEADS, "uncommitted")
        others = ("steps", "started", "evicted", "finished")
        row = {name: tally[name] * pool.group for name in seconds} | {name: tally[name] for name in others}
        return row | {"checkpoint_bytes": tally["written"] * pool.nbytes}

    def _serve(self, i, inputs, wanted, free, arrivals, target):
        constants, pools, services = self.constants, self.constants.pools, self.constants.services
        work = self.sites(free)
        flow, beyond = place(constants, wanted, work)
        hosts, cores = self.sites(free / pools.speed), self.sites(free * pools.cores / pools.speed)
        shape = wanted.shape
        row = {name: np.zeros(shape) for name in ("good", "switched", "utilisation", "active")}
        row |= {"work": work, "beyond": beyond, "harvest": []}
        row["served"], row["assigned"] = flow.sum(axis=2), flow.sum(axis=1)
        row["spilled"] = row["served"] - np.einsum("srr->sr", flow)
        for s, k in enumerate(services.kind):
            mine = services.kind == k
            for q in range(shape[1]):
                if row["assigned"][s, q] <= 0.0:
                    continue
                busy = row["assigned"][s, q]
                if (q, k) in beyond:
                    at_limit = (row["assigned"][mine, q] / services.limit[mine]).sum()
                    switched = work[q, k] * busy / services.limit[s] / at_limit
                else:
                    switched = busy / services.target[s]
                row["switched"][s, q], row["utilisation"][s, q] = switched, busy / switched
                row["active"][s, q] = switched * hosts[q, k] / work[q, k]
                for r in range(shape[1]):
                    slack = services.budget[s] - constants.regions.rtt[r, q]
                    servers = switched * cores[q, k] / work[q, k]
                    late = wait_tail(servers, busy / switched, services.service_time[s], slack)
                    row["good"][s, r] += flow[s, r, q] * (1.0 - late)
        self._train(row, i, inputs, arrivals, target, self.used(flow, beyond, work), hosts)
        return row

    def _train(self, row, i, inputs, arrivals, target, used, hosts):
        classes, dt, work = self.constants.user_models, self.constants.dt, row["work"]
        shape = self.backlog.shape
        row |= {name: np.zeros(shape) for name in ("trained", "waiting", "busy", "delay")}
        row["triggered"] = inputs.trigger[i] * dt
        row["training"] = np.zeros(work.shape)
        for f, k in enumerate(classes.kind):
            for q in range(shape[1]):
                there = self.backlog[f, q] + arrivals[f, q]
                free = max(0.0, work[q, k] - used[q, k] - row["training"][q, k])
                trained = min(there, free * dt / classes.work[f])
                self.backlog[f, q] = there - trained if there - trained > 1e-9 else 0.0
                self.backlog_age[f, q] = self.backlog_age[f, q] + dt if self.backlog[f, q] else 0.0
                busy = trained * classes.work[f] / dt
                row["training"][q, k] += busy
                row["trained"][f, q] = trained
                row["waiting"][f, q] = self.backlog[f, q] + self.held[f, q]
                row["busy"][f, q] = busy * hosts[q, k] / work[q, k] if busy else 0.0
            for r in range(shape[1]):
                row["delay"][f, r] = self.age[f, r] + classes.work[f]
                q = target[f, r]
                if q >= 0 and self.backlog[f, q] > 0.0:
                    needs = self.backlog[f, q] * classes.work[f] / max(1.0, work[q, k] - used[q, k])
                    row["delay"][f, r] += min(needs, self.backlog_age[f, q])

    def _pools(self, row, free, up, tallies):
        pools, services = self.constants.pools, self.constants.services
        row["pools"] = []
        for p, pool in enumerate(self.pools):
            site = q, k = pools.region[p], pools.kind[p]
            share = free[p] / row["work"][site] if row["work"][site] > 0.0 else 0.0
            groups = [(row["switched"][s, q] * share, row["utilisation"][s, q])
                      for s in range(len(services.kind)) if services.kind[s] == k]  # fmt: skip
            overhead = sum(tallies[p][name] for name in OVERHEADS) * pool.group / self.constants.dt
            lent = tallies[p]["lent"] * pool.group / self.constants.dt
            training = row["training"][site] * share
            groups += [(training, 1.0), (lent - overhead, 1.0)]
            idle, peak, curve = pools.idle_power[p], pools.peak_power[p], pools.exponent[p]
            on = pools.hosts[p] * up[p]
            working = sum(hosts for hosts, _ in groups)
            row["pools"].append({
                "serving": working - training - lent + overhead, "training": training, "lent": lent,
                "idle": on - working - overhead, "down": pools.hosts[p] - on,
                "busy": sum(hosts * u for hosts, u in groups) / on if on > 0.0 else 0.0,
                "power": (on - working) * idle
                + sum(hosts * (idle + (peak - idle) * (2.0 * u - u**curve)) for hosts, u in groups),
            })  # fmt: skip
