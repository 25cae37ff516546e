"""A package that nobody may write to, for a user without a home: kernels are compiled afresh and nothing is said."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.architecture.source import DATA, PACKAGE, SCENARIOS
from tests.scenarios.command import dcsim, environment
from tests.scenarios.finished import digests


@pytest.fixture
def sealed(tmp_path):
    """Return a copy of the package in which a file lies wherever a cache would be made."""
    copy = tmp_path / "sealed"
    shutil.copytree(PACKAGE, copy / "dcsim", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (*DATA.values(), SCENARIOS):
        (copy / folder.name).symlink_to(folder)
    (copy / "dcsim" / "kernels" / "__pycache__").write_text("")
    (copy / "file").write_text("")
    return copy


@pytest.mark.slow
def test_a_read_only_install_without_a_home(sealed, scenario, place):
    nowhere = str(sealed / "file" / "cache")
    env = environment(
        PYTHONPATH=str(sealed), NUMBA_CACHE_DIR=nowhere, XDG_CACHE_HOME=nowhere, HOME=nowhere
    )
    done = dcsim("run", scenario, "--json", "--out", place / "sealed", env=env, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "arning" not in done.stderr
    plain = dcsim("run", scenario, "--json", "--out", place / "plain")
    assert digests(place / "sealed") == digests(place / "plain")
    assert plain.stdout.replace("plain", "sealed") == done.stdout


def test_where_a_sealed_package_keeps_its_code(sealed, place):
    script = "import dcsim.kernels.jit as jit; print(jit.__file__, jit.FOLDER)"
    nowhere = str(sealed / "file" / "cache")
    env = environment(PYTHONPATH=str(sealed), NUMBA_CACHE_DIR=nowhere, XDG_CACHE_HOME=nowhere, HOME=nowhere)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=env, cwd=place, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(sealed / "dcsim" / "kernels" / "jit.py"), "None"]
