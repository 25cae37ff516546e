"""A scenario small enough to fail quickly, and what a clean failure looks like."""

from __future__ import annotations

import pytest

from tests.scenarios.finished import tiny, write


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
