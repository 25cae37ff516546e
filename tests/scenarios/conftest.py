"""Runs shared by many tests, each simulated once."""

from __future__ import annotations

from functools import cache

import pytest

from tests.scenarios.finished import simulated, tiny, write


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """Return a function that runs a shipped scenario, shortened by settings, once."""

    @cache
    def run(name, variant=None, *sets):
        return simulated(tmp_path_factory.mktemp("shipped") / "run", name, sets, variant)

    return run


@pytest.fixture
def small(tmp_path):
    """Return a function that runs the tiny scenario with changes."""
    count = iter(range(1000))

    def run(*sets, **changes):
        number = next(count)
        scenario = write(tmp_path / f"tiny{number}.yaml", tiny(**changes))
        return simulated(tmp_path / f"run{number}", scenario, sets)

    return run


@pytest.fixture(scope="session")
def day(shipped):
    return shipped("hpca18_day")


@pytest.fixture(scope="session")
def lost(shipped):
    return shipped("hpca18_region_loss")


@pytest.fixture(scope="session")
def warned(shipped):
    return shipped("hpca18_region_loss", "with_notice")
