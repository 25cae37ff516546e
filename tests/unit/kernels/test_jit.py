"""Where machine code is kept, and that nothing breaks where it cannot be kept."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import dcsim.kernels
from dcsim.kernels import jit

LAZY = """
import sys, dcsim.kernels
assert 'numba' not in sys.modules
dcsim.kernels.power
assert 'numba' in sys.modules
"""
USE = "from dcsim.kernels import jit, power; print(power.host_power(1.0, 50.0, 90.0, 1.4), jit.FOLDER)"

BITS = """
import hashlib
import numpy as np
from dcsim.kernels import arrivals, power, queueing, roofline, series, staleness
draw = np.random.default_rng(3).random
edges, data, published = np.arange(101.0), np.arange(100.0) - draw(100), np.arange(100.0)
layers = roofline.Layers(
    np.array([0, 12]), np.arange(12) % 6, 1.0 + 99.0 * draw((12, 13)), np.array([1e6]), np.array([1.5])
)
devices = roofline.Devices(1.0 + draw((1, 11)), 1.0 + draw((1, 6)))
start, weights, shares = np.array([0, 40, 100]), np.array([1.0, 0.3]), np.array([0.1, 0.5, 0.99])
found = [
    [queueing.wait_tail(c, rho, 0.02, 0.01 / c) for c in (0.4, 3.7, 64.0, 999.5) for rho in draw(20)],
    power.pool_power(draw(9), draw(9), draw(9), draw(9), 1.0 + draw(9), 1.0 + draw(9)),
    np.concatenate(roofline.layer_times(layers, devices, roofline.FORM, 0, 0, 64.0, 1.5)),
    series.resample(edges, draw(100), np.linspace(0.5, 99.5, 23)),
    series.weighted_percentile(draw(50), draw(50), shares),
    staleness.stalenesses(start, data, published, 7.3, 91.1, weights).ravel(),
    staleness.staleness_percentile(start, data, published, 7.3, 91.1, weights, shares),
    staleness.loss_integrals(start, data, published, 7.3, 91.1, np.array([0, 1]), 9.0 * weights, weights),
    arrivals.arrival_times(edges, draw(100), -np.log(draw(60)))[0],
]
print(hashlib.sha256(np.concatenate(found).tobytes()).hexdigest(), len(np.concatenate(found)))
"""


def python(code, **environment):
    env = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")} | environment
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.split()


def test_face_loads_lazily():
    python(LAZY)
    assert {"jit", "power", "queueing", "roofline", "series", "staleness"} <= set(dcsim.kernels.names())
    assert set(dcsim.kernels.names()) < set(dir(dcsim.kernels))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dcsim.kernels.nothing


def test_folder_is_writable_and_named_after_all_kernels(tmp_path, monkeypatch):
    monkeypatch.setattr(jit, "HERE", tmp_path)
    monkeypatch.setattr(jit.config, "CACHE_DIR", "")
    (tmp_path / "a.py").write_text("x = 1\n")
    first = jit.cache_folder()
    assert first == jit.cache_folder()
    assert first.parent == tmp_path / "__pycache__"
    (tmp_path / "a.py").write_text("x = 2\n")
    assert jit.cache_folder() != first
    assert first.is_dir()


def test_machine_code_of_old_kernels_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path))
    old, recent, other = tmp_path / "kernels-old", tmp_path / "kernels-recent", tmp_path / "numba"
    for folder in (old, recent, other):
        folder.mkdir()
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    folder = jit.cache_folder()
    assert set(tmp_path.iterdir()) == {folder, recent, other}


def test_users_folder_is_used_and_the_next_process_finds_it(tmp_path):
    watts, folder = python(USE, NUMBA_CACHE_DIR=str(tmp_path))
    assert float(watts) == 90.0
    assert folder.startswith(str(tmp_path))
    code = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("power.host_power*.nbc")}
    assert len(code) == 1
    python(USE, NUMBA_CACHE_DIR=str(tmp_path))
    assert code == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("power.host_power*.nbc")}


def test_next_folder_is_taken_when_one_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(jit, "HERE", tmp_path / "file" / "package")
    monkeypatch.setattr(jit.config, "CACHE_DIR", str(tmp_path / "file" / "numba"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert jit.cache_folder().parent == tmp_path / "home" / ".cache" / "dcsim"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert jit.cache_folder().parent == tmp_path / "xdg" / "dcsim"


def test_kernels_compile_without_any_folder(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(jit, "HERE", tmp_path / "file" / "package")
    monkeypatch.setattr(jit.config, "CACHE_DIR", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert jit.cache_folder() is None
    monkeypatch.setattr(jit, "FOLDER", None)
    assert jit.kernel(lambda x: x + 1.0)(1.0) == 2.0


def test_decorating_leaves_numba_as_it_was():
    before = jit.config.CACHE_DIR
    jit.kernel(lambda x: x)
    assert before == jit.config.CACHE_DIR


def test_compiled_and_uncompiled_agree_to_the_last_bit():
    assert python(BITS) == python(BITS, NUMBA_DISABLE_JIT="1")


def test_kernels_run_uncompiled(tmp_path):
    watts, folder = python(USE, NUMBA_DISABLE_JIT="1", NUMBA_CACHE_DIR=str(tmp_path))
    assert float(watts) == 90.0
    assert folder == "None"
    assert list(tmp_path.iterdir()) == []
