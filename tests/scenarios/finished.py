"""Finished runs as tests look at them: tables by pyarrow, the report of ``run.json``, and small scenarios."""

from __future__ import annotations

import copy
import hashlib
import json
from functools import cache, cached_property
from pathlib import Path

import pyarrow.parquet as pq
import yaml

from dcsim.resolve import resolve
from dcsim.results.run import load, tidy_rows
from dcsim.simulate import simulate

USES = ("useful", "lost", "checkpoint", "restart", "notice", "uncommitted")
STATES = ("serving_hosts", "training_hosts", "lent_hosts", "idle_hosts", "down_hosts")

TINY = yaml.safe_load("""
name: tiny
start: '2017-09-19T00:00:00Z'
duration: 24 h
resolution: 1 h
seed: 3
fleet:
  fabric: f4_100g
  capacity_unit: 2.0
  failover_time: 17 min
  regions:
    lulea: {serving: {web_1s: 1, leopard: 2}, training: {leopard: 1}, storage: {bryce_canyon: 1}}
    altoona: {serving: {web_1s: 1, leopard: 3}, training: {leopard: 1, big_basin_p100: 1}, storage: {bryce_canyon: 1}}
services:
  ads: {training: {every: {models: 2}}}
  facer: {user_models: {peak_rate: 2 /s}, training: {every: {models: 1}}}
training:
  - {name: trials, recipe: sigma_classifiers, generator: poisson, rate: 1 /h}
harvest:
  recipes: {single_socket: harvest_single_socket, dual_socket: harvest_dual_socket}
  notice: 2 min
  reserve: 5 %
drills:
  - {kind: region_loss, region: altoona, at: 6 h, lasts: 5 h}
catalog:
  training: {ads_ranking: {hosts: 8}, facer_general: {hosts: 2}}
""")
"""Two regions, about 450 hosts, one day by the hour, one region lost for five hours."""


class Finished:
    """One finished run: tables as frames straight from the files."""

    def __init__(self, path, resolved=None, warnings=()):
        self.path = path
        self.resolved = resolved
        self.warnings = [str(warning) for warning in warnings]
        self.table = cache(self._read)

    def _read(self, name):
        return pq.read_table(self.path / f"{name}.parquet").to_pandas()

    @cached_property
    def report(self):
        return json.loads((self.path / "run.json").read_text(encoding="utf-8"))["run"]

    @property
    def conservation(self):
        return self.report["conservation"]

    @property
    def duration(self):
        return self.report["simulated_s"]

    @cached_property
    def rows(self):
        return tidy_rows(load(self.path).metrics())

    def values(self, metric, *keys):
        """Return the values of one metric by the dimensions named, None where one does not apply."""
        return {tuple(row.get(key) for key in keys): row["value"] for row in self.rows if row["metric"] == metric}

    def with_hosts(self):
        """Return the pools with the hosts of each from the fleet table."""
        keys = ["region", "server", "role"]
        left, right = (self.table(name).astype(dict.fromkeys(keys, str)) for name in ("pools", "fleet"))
        return left.merge(right[[*keys, "kind", "hosts"]], on=keys, validate="many_to_one")


def simulated(path, scenario, sets=(), variant=None):
    """Resolve and simulate a scenario in this process; return the finished run."""
    warnings = []
    resolved = resolve(scenario, sets=list(sets), variant=variant)
    simulate(resolved, path, warn=warnings.append)
    return Finished(path, resolved, [*resolved.warnings, *warnings])


def write(path, scenario):
    """Write a scenario given as plain data and return its path."""
    path.write_text(yaml.safe_dump(scenario, sort_keys=False), encoding="utf-8")
    return path


def tiny(**changes):
    """Return the tiny scenario with some top keys replaced, or dropped where the new value is None."""
    changed = {**copy.deepcopy(TINY), **changes}
    return {key: value for key, value in changed.items() if value is not None}


def digests(path: Path):
    """Return the SHA-256 of every table of a run."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(path.glob("*.parquet"))}
