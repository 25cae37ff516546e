"""The declarations of the tables hold together."""

from __future__ import annotations

import pytest

from dcsim.trace.tables import TABLES

ENDINGS = {
    "s": "_s", "bytes": "_bytes", "W": "_w", "USD": "_usd", "USD/J": "_usd_per_j", "kg/J": "_kg_per_j",
    "host-seconds": "_host_s",
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_columns_end_in_their_unit(table):
    for column in table.columns:
        if column.unit in ENDINGS:
            assert column.name.endswith(ENDINGS[column.unit]), f"{table.name}.{column.name} is in {column.unit}"


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_columns_are_named_once_and_explained(table):
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert all(column.doc for column in table.columns)


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.shape == "steps"], ids=lambda t: t.name)
def test_steps_begin_with_their_interval(table):
    assert [column.name for column in table.columns[:2]] == ["time_s", "held_s"]
