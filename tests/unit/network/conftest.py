"""Small fabrics, built."""

from __future__ import annotations

import pytest

from dcsim.network.build import build_topology
from dcsim.spec.catalog import Catalog
from tests.unit.network.fabrics import SMALL


@pytest.fixture(scope="session")
def catalog():
    return Catalog()


@pytest.fixture(scope="session")
def built(catalog):
    """Return a function that builds a small fabric by its type, as changed."""

    def build(kind, **changes):
        spec = SMALL[kind].model_copy(update=changes)
        if kind == "sled_racks":
            return build_topology(spec, 20)
        if kind != "pods":
            return build_topology(spec)
        rack = catalog.load("racks", "web_1s").model_copy(update={"sleds": 2})
        return build_topology(
            spec, 80, rack=rack, sled=catalog.load("sleds", rack.sled), nic=catalog.load("nics", "nic_50g"),
            switch=catalog.load("switches", rack.switch),
        )  # fmt: skip

    return build
