from __future__ import annotations

import subprocess
import sys

import pytest

import dcsim


def test_public_names_are_there():
    assert dir(dcsim) == sorted(dcsim.__all__)
    for name in dcsim.__all__:
        assert callable(getattr(dcsim, name))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'simulate_everything'"):
        _ = dcsim.simulate_everything


def test_importing_the_package_imports_nothing_heavy():
    script = "import sys, dcsim; print(sorted({'numpy', 'pydantic', 'pandas', 'numba', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_run_simulates_and_loads(tmp_path):
    run = dcsim.run("minimal", out=tmp_path / "run", seed=3, sets=["duration=23 h"])
    assert run.path == tmp_path / "run"
    assert run.provenance["run"]["seed"] == 3
    assert run.provenance["run"]["simulated_s"] == 82800.0
    assert set(run.metric("jobs")["metric"]) >= {"jobs"}
