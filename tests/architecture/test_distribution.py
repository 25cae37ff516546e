"""What is shipped: code, data, types and licence, and nothing else.

Building takes some seconds and an index of packages, so it is a slow test; that all is set up for it is always checked.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.architecture.source import DATA, PACKAGE, ROOT, SCENARIOS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SHIPPED = {**DATA, "scenarios": SCENARIOS}
LARGEST = 4_000_000
"""Bytes of a wheel; the project is code and text."""


def _files(folder):
    """Return the files below a folder that belong to the project, as paths from it."""
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def expected():
    """Return the files of a wheel, apart from its metadata."""
    data = {f"dcsim/_data/{name}/{file}" for name, folder in SHIPPED.items() for file in _files(folder)}
    rows = {f"dcsim/_data/validation/{path.name}" for path in (ROOT / "tests" / "validation").glob("*.yaml")}
    return {f"dcsim/{file}" for file in _files(PACKAGE)} | data | rows


def test_every_file_of_measurements_is_shipped():
    forced = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    rows = {f"tests/validation/{path.name}" for path in (ROOT / "tests" / "validation").glob("*.yaml")}
    assert {name for name in forced if name.startswith("tests/")} == rows
    assert {name for name in forced if not name.startswith("tests/")} == set(SHIPPED)
    assert all(target == f"dcsim/_data/{name.removeprefix('tests/')}" for name, target in forced.items())


def test_the_package_is_typed_and_licensed():
    assert (PACKAGE / "py.typed").is_file()
    assert PROJECT["project"]["license"] == "Apache-2.0"
    (name,) = PROJECT["project"]["license-files"]
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_extras_of_users_are_part_of_the_tests():
    extras = PROJECT["project"]["optional-dependencies"]
    for name in ("cluster", "onnx", "report"):
        assert set(extras[name]) <= set(extras["test"]), name


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a source distribution and the wheel that is built from it."""
    program = shutil.which("uv", path=sysconfig.get_path("scripts")) or shutil.which("uv")
    if program is None:
        pytest.skip("needs uv to build")
    place = tmp_path_factory.mktemp("dist")
    words = [program, "build", "-q", "--out-dir", place]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and "Failed to fetch" in done.stderr:
        pytest.skip("needs an index of packages to build")
    assert done.returncode == 0, done.stderr
    (source,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    return source, wheel


@pytest.mark.slow
def test_the_wheel_holds_the_package_its_data_and_nothing_else(built):
    _, wheel = built
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        folder = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        metadata = Parser().parsestr(archive.read(f"{folder}/METADATA").decode())
        entry_points = archive.read(f"{folder}/entry_points.txt").decode()
    assert {name for name in names if not name.startswith(folder)} == expected()
    assert f"{folder}/licenses/docs/LICENSE.txt" in names
    assert metadata["License-Expression"] == "Apache-2.0"
    assert set(metadata.get_all("Provides-Extra")) == set(PROJECT["project"]["optional-dependencies"])
    assert metadata["Requires-Python"] == PROJECT["project"]["requires-python"]
    assert "dcsim = dcsim.cli.main:main" in entry_points
    assert wheel.name.endswith("py3-none-any.whl")
    assert wheel.stat().st_size < LARGEST


@pytest.mark.slow
def test_the_source_distribution_builds_tests_and_documents_itself(built):
    source, _ = built
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("pyproject.toml", "README.md", "docs/LICENSE.txt", "docs/conf.py", "tests/conftest.py", ".ci/run"):
        assert name in names
    inside = {f"{folder}/{file}" for folder, path in SHIPPED.items() for file in _files(path)}
    assert inside | {f"dcsim/{file}" for file in _files(PACKAGE)} <= names
    assert {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} <= names
    assert not [name for name in names if Path(name).parts[:1] in {("runs",), ("sweeps",), (".venv",)}]
