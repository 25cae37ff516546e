"""Elastic groups, one thing at a time: whatever happens next is looked for anew, and nothing is skipped."""

from __future__ import annotations

import math

PARTS = ("useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")


class Group:
    """One group; ``rates`` maps hosts to (useful, synchronisation, learning) host-equivalents and checkpoint time."""

    def __init__(self, rates, every, notice, grace, restart, saves, failures):
        self.rates, self.every, self.restart = rates, every, restart
        self.notice, self.grace, self.saves = notice, grace, saves
        self.failures = iter(failures)
        self.failing_in = next(self.failures)
        self.hosts = self.wanted = 0
        self.now = self.restarting = self.computed = 0.0
        self.writing = None
        counts = "failures", "foreseen", "unforeseen", "losses", "resizes"
        self.account = dict.fromkeys((*PARTS, "paid", "open", *counts), 0.0)

    def resize(self, hosts):
        self.hosts = self.wanted = hosts
        self.restarting, self.computed, self.writing = self.restart, 0.0, None
        self.account["resizes"] += hosts > 0

    def keep(self):
        for name, rate in zip(PARTS[:3], self.rates[self.hosts][:3], strict=True):
            self.account[name] += rate * self.computed
        self.computed, self.writing = 0.0, None

    def lose(self):
        self.account["lost"] += self.hosts * self.computed
        self.account["losses"] += 1
        self.computed, self.writing = 0.0, None

    def doing(self):
        """Return what the group does, and for how long if nothing comes between."""
        if self.restarting > 0.0:
            return "restart", self.restarting
        if self.writing is not None:
            return "checkpoint", self.writing
        return "compute", self.every - self.computed

    def until(self, end):
        while self.hosts and self.now < end:
            if self.wanted > self.hosts and self.computed == 0.0:
                self.resize(self.wanted)
            what, lasts = self.doing()
            failure = self.failing_in / self.hosts
            spent = min(lasts, failure, end - self.now)
            self.account["paid"] += spent * self.hosts
            self.failing_in -= spent * self.hosts
            self.now += spent
            if what == "compute":
                self.computed += spent
                if spent == lasts:
                    self.computed, self.writing = self.every, self.rates[self.hosts][3]
            else:
                self.account[what] += spent * self.hosts
                if what == "restart":
                    self.restarting -= spent
                elif spent == lasts:
                    self.keep()
                else:
                    self.writing -= spent
            if spent == failure:
                self.account["failures"] += 1
                self.lose()
                self.restarting = self.restart
                self.failing_in = next(self.failures)
        self.now = max(self.now, end)

    def give_back(self, hosts, window):
        left = window
        if self.computed > 0.0:
            needed = self.rates[self.hosts][3] if self.writing is None else self.writing
            if self.saves and needed <= window + 1e-6:  # what is left of a time, less another, is rounded
                needed = min(needed, window)
                self.account["checkpoint"] += needed * self.hosts
                self.account["paid"] += needed * self.hosts
                self.keep()
                left -= needed
            else:
                self.lose()
        leaving = self.hosts - hosts
        self.account["notice"] += leaving * left
        self.account["paid"] += leaving * left
        self.resize(hosts)
        self.now += window - left
        self.until(self.now + left)

    def live(self, changes, end):
        """Live through ``(time, hosts, kind)`` with kind foreseen, unforeseen or growth; return the account."""
        for at, hosts, kind in changes:
            told = max(self.now, at - self.notice if kind == "foreseen" else at)
            self.until(told)
            if not self.hosts:
                self.resize(hosts)
            elif hosts >= self.hosts or kind == "growth":
                self.wanted = hosts
            else:
                self.account[kind] += 1
                self.give_back(hosts, max(0.0, at - told) if kind == "foreseen" else min(self.grace, end - told))
        self.until(end)
        self.account["uncommitted"] += self.hosts * self.computed
        self.account["open"] += self.rates[self.hosts][0] * self.computed
        return self.account


def share(free, sizes, most, groups, rank):
    """Return the hosts of a group out of those that are free."""
    free = math.floor(free + 1e-6) if free > 0 else 0
    if free < groups * min(sizes):
        return min(sizes) if free >= (rank + 1) * min(sizes) else 0
    return max(size for size in sizes if (size <= most and size * groups <= free) or size == min(sizes))


def changes(need, up, error, strike, sizes, most, groups, rank, offered, reserve, season, stay, dt, grace):
    """Return the planned changes ``(time, hosts, kind)`` of one group."""
    steps = range(len(need))

    def foreseen(i, ahead):
        if i >= season and need[i - season] > 0:
            return need[i + ahead - season] * need[i] / need[i - season]
        return need[i]

    def plan(i, ahead):
        wanted = foreseen(i, ahead) * ((1.0 + error[i]) * (1.0 + reserve))
        return share(offered * (up[i] - wanted), sizes, most, groups, rank)

    allowed = [share(offered * (up[i] - need[i]), sizes, most, groups, rank) for i in steps]
    hosts = min(allowed[0], share(offered * (up[0] - need[0] * (1.0 + reserve)), sizes, most, groups, rank))
    found = [(0.0, hosts, "growth")] if hosts else []
    for i in steps[:-1]:
        if min(hosts, plan(i, 1)) > allowed[i + 1]:
            at, came = i * dt + strike[i] * max(0.0, dt - grace), None
            if found and found[-1][2] == "growth" and found[-1][0] >= at:
                came, _, _ = found.pop()
                hosts = found[-1][1] if found else 0
            if allowed[i + 1] < hosts:
                found.append((at, allowed[i + 1], "unforeseen"))
            elif allowed[i + 1] > hosts:
                found.append((came, allowed[i + 1], "growth"))
            hosts = allowed[i + 1]
        elif plan(i, 1) < hosts:
            hosts = plan(i, 1)
            found.append(((i + 1) * dt, hosts, "foreseen"))
        else:
            stays = min(plan(i, ahead) for ahead in range(1, max(1, min(stay, season)) + 1))
            if min(stays, allowed[i + 1]) > hosts:
                hosts = min(stays, allowed[i + 1])
                found.append(((i + 1) * dt + strike[i + 1] * dt, hosts, "growth"))
    return found
