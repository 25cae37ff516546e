"""Whatever stands around a run, its bytes are the same: the process, its environment, and what ran in it before."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dcsim.resolve import resolve
from tests.architecture.source import SCENARIOS
from tests.scenarios.command import dcsim, environment
from tests.scenarios.finished import digests, simulated, tiny, write

ODD = {
    "hash_seed": {"PYTHONHASHSEED": "4242"},
    "one_thread": {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "three_threads": {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "OMP_DYNAMIC": "true"},
    "far_east": {"TZ": "Pacific/Kiritimati"},
    "no_zone": {"TZ": "NOWHERE+13:37"},
    "turkish": {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
    "no_language": {"LANG": None, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "no_home": {"HOME": "/nonexistent", "USER": None, "LOGNAME": None, "XDG_CACHE_HOME": None},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "narrow": {"COLUMNS": "20", "TERM": "dumb"},
}  # fmt: skip
"""Environments by what is odd about each."""
SHORT = ("minimal", "replay_day", "shared_gpus")


def _bytes(folder):
    """Return the digest of every table, and the scenario that was simulated."""
    return {**digests(folder), "scenario": (folder / "scenario.resolved.yaml").read_bytes()}


def _elsewhere(scenario, place, *, umask=0o022, **changes):
    """Run a scenario in a process of its own, called by a relative name from its folder."""
    done = dcsim("run", scenario.name, "--out", place, "--json", env=environment(**changes), cwd=scenario.parent,
                 preexec_fn=lambda: os.umask(umask))  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return _bytes(place)


def _all_at_once():
    merged = {}
    for name in ("hash_seed", "three_threads", "far_east", "turkish", "narrow"):
        merged.update(ODD[name])
    return merged


def test_an_odd_process_writes_the_same_bytes(tmp_path):
    scenario = write(tmp_path / "tiny.yaml", tiny())
    plain = _bytes(simulated(tmp_path / "plain", scenario).path)
    assert _elsewhere(scenario, tmp_path / "odd" / "run", umask=0o077, **_all_at_once()) == plain


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_environment_changes_nothing(odd, tmp_path):
    scenario = write(tmp_path / "tiny.yaml", tiny())
    plain = _bytes(simulated(tmp_path / "plain", scenario).path)
    assert _elsewhere(scenario, tmp_path / "odd", **ODD[odd]) == plain


def _run(folder, name, *sets):
    return _bytes(simulated(folder, name, ["duration=3 h", *sets]).path)


def test_what_ran_before_leaves_nothing_behind(tmp_path):
    """Other scenarios, other hardware of the same names, and draws from the global generators come in between."""
    first = {name: _run(tmp_path / f"first_{name}", name) for name in SHORT}
    other = {name: _run(tmp_path / f"other_{name}", name, "seed=99") for name in SHORT}
    _run(tmp_path / "changed", "minimal", "fleet.nic.bandwidth=25 Gbit/s", "catalog.servers.leopard.idle_power=1 W")
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  # the generator that nothing may use
    again = {name: _run(tmp_path / f"again_{name}", name) for name in reversed(SHORT)}
    assert again == first
    for name in SHORT:
        assert other[name] != first[name], "another seed must show, or nothing is compared"


def test_the_global_generators_are_left_alone(tmp_path):
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    before = (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    _run(tmp_path / "run", "minimal")
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_runs_beside_one_another_in_threads(tmp_path):
    alone = [_run(tmp_path / f"alone{seed}", "minimal", f"seed={seed}") for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        beside = list(pool.map(lambda seed: _run(tmp_path / f"beside{seed}", "minimal", f"seed={seed}"), range(3)))
    assert beside == alone


def test_where_one_stands_changes_nothing(tmp_path, monkeypatch):
    """A scenario with files beside it is the same from any folder, by relative, absolute and roundabout names."""
    here = resolve(SCENARIOS / "replay_day.yaml")
    monkeypatch.chdir(SCENARIOS / "replay_day")
    for name in ("../replay_day.yaml", "../../scenarios/./replay_day.yaml", "replay_day"):
        there = resolve(name)
        assert there.digest == here.digest
        assert there.scenario.seed == here.scenario.seed
