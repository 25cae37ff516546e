"""Every shipped scenario and variant balances: in full, or its first days where it is longer (in full by itself)."""

from __future__ import annotations

import pytest
import yaml

from dcsim.resolve import resolve
from tests.architecture.source import SCENARIOS
from tests.scenarios.balances import BALANCES

DAY_S = 86400.0
SHORT_S = 4 * DAY_S  # long enough for every drill to strike


def _cases():
    for path in sorted(SCENARIOS.glob("*.yaml")):
        variants = yaml.safe_load(path.read_text(encoding="utf-8")).get("variants", {})
        for variant in (None, *variants):
            full = resolve(path.stem, variant=variant).scenario.duration
            name = f"{path.stem}-{variant}" if variant else path.stem
            sets = (f"duration={SHORT_S / DAY_S:g} days",) if full > SHORT_S else ()
            yield pytest.param((path.stem, variant, *sets), id=name + ("-short" if sets else ""))
            if sets and variant is None:
                yield pytest.param((path.stem, variant), id=name, marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=_cases())
def run(request, shipped):
    return shipped(*request.param)


@pytest.mark.parametrize("balance", BALANCES, ids=lambda check: check.__name__)
def test_balances(run, balance):
    balance(run)
