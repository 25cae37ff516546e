"""Assumptions and changed inputs, against the resolved scenario and the catalogue."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dcsim.report.sections.assumptions import assumptions, entries, plain_value
from dcsim.report.sections.changed_inputs import changed_inputs
from dcsim.report.sections.provenance import balances
from dcsim.resolve import resolve
from dcsim.spec.yaml import load_yaml


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    def written(**named):
        path = tmp_path_factory.mktemp("resolved") / "resolved.yaml"
        path.write_text(resolve("minimal", **named).to_yaml())
        return load_yaml(path).data

    return written


def table(section, name):
    return next(block for block in section.blocks if block.id == name)


def test_every_word_on_where_a_value_is_from_is_told(scenario):
    found = assumptions(SimpleNamespace(scenario=scenario()))
    data = scenario()
    said = {"assumed": set(), "sources": set(), "conflicts": set()}
    for _, _, entry in entries(data):
        for name, form in (("assumed", "assumption"), ("sources", "source")):
            said[name] |= {text for text in (*(entry.get(f"{form}s") or {}).values(), entry.get(form)) if text}
        said["conflicts"] |= set(entry.get("conflicts") or ())
    for name, texts in said.items():
        assert texts
        assert {row[-1] for row in table(found, f"assumptions-{name}").rows} == texts
    rows = table(found, "assumptions-assumed").rows
    both = "Leopard dual-socket server and Tioga Pass dual-socket server"
    assert ("server", both, "price", "5,500 USD and 7,000 USD") in {row[:4] for row in rows}
    settings = dict(table(found, "assumptions-settings").rows)
    assert settings["duration"] == "24 h"
    assert settings["warm_start"] == "no"


def test_what_departs_from_the_catalogue(scenario):
    data = scenario(sets=["catalog.servers.leopard.price=6000 USD"])
    found = changed_inputs(SimpleNamespace(scenario=data))
    rows = table(found, "changed-table").rows
    assert ("server", "Leopard", "price", "5,500 USD", "6,000 USD") in rows
    plain = table(changed_inputs(SimpleNamespace(scenario=scenario())), "changed-table").rows
    assert set(rows) - set(plain) == {("server", "Leopard", "price", "5,500 USD", "6,000 USD")}
    assert ("service", "Sigma", "training.every.models", "100", "1") in plain
    assert "diurnal profile Simple Day" in found.lead


def test_adapters_of_the_whole_fleet(scenario):
    data = scenario(sets=["fleet.nic.bandwidth=30 Gbit/s"])
    rows = table(changed_inputs(SimpleNamespace(scenario=data)), "changed-table").rows
    told = {row[1:] for row in rows if row[0] == "nic"}
    names = data["catalog"]["nics"]
    assert told == {(row[0], "fleet.nic.bandwidth", row[2], "30 Gbit/s") for row in told}
    assert len(told) == len(names) > 0


def test_values_as_one_reads_them():
    assert [plain_value(value) for value in (None, 0.85, "1e-08 USD/J", [1, 2], "gang", 3)] == [
        "", "0.85", "0.036 USD/kWh", "1 and 2", "gang", "3",
    ]  # fmt: skip


def test_what_is_missing_is_told():
    lent = {"given": 10.0, "used": 9.0, "error_ratio": 0.1}
    lost = balances({"jobs": {"in": 5, "done": 2, "running": 1}, "lent": lent})
    assert [row[3].text if hasattr(row[3], "text") else row[3] for row in lost.rows] == ["2", "10.0 %"]
    assert lost.rows[0][2] == "2 done, 1 running"
