"""A scenario small enough to fail quickly, and what a clean failure looks like."""

from __future__ import annotations

import pytest

from tests.scenarios.finished import simulated, tiny, write


@pytest.fixture(scope="session", autouse=True)
def _compiled(tmp_path_factory):
    """Compile the kernels before faults, which may leave no room or no time for it, are provoked."""
    folder = tmp_path_factory.mktemp("compiled")
    simulated(folder / "run", write(folder / "tiny.yaml", tiny()))


@pytest.fixture
def scenario(tmp_path):
    """Return the path of the tiny scenario, in a folder of its own."""
    folder = tmp_path / "input"
    folder.mkdir()
    return write(folder / "tiny.yaml", tiny())


@pytest.fixture
def place(tmp_path):
    """Return an empty folder to write runs to."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder
