"""Learning workloads: what they refuse, and which models they name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcsim.spec.catalog import Catalog, named_in
from dcsim.spec.hardware import STEP_SPREAD, Nic
from dcsim.spec.learning import Learning
from dcsim.spec.yaml import load_yaml

FIELDS = {
    "title": "Something", "assumption": "made up", "target": "all right", "examples_min": 1e6, "critical_batch": 1000.0,
    "epoch": 1000, "start": "1 s", "momentum": 0.9,
}  # fmt: skip
EDGE = {"error": 20.0, "slope": 1.0, "batch": 1000.0, "sharpness": 2.0}
NIC = {
    "title": "Adapter", "assumption": "made up", "bandwidth": "50 Gbit/s", "max_hosts": 1, "protocol_efficiency": 0.9,
    "message_overhead": "1 us",
}  # fmt: skip


def test_what_need_not_be_said():
    found = Learning.model_validate(FIELDS)
    assert (found.models, found.evaluation, found.replica_exponent, found.replica_age) == ((), 0, 0.5, 9.5)
    assert found.budget is found.edge is None


def test_recipes_that_reach_nothing_are_refused():
    with pytest.raises(ValidationError, match="budget is below examples_min"):
        Learning.model_validate({**FIELDS, "budget": 999_999.0})
    with pytest.raises(ValidationError, match="give budget"):
        Learning.model_validate({**FIELDS, "edge": EDGE})
    assert Learning.model_validate({**FIELDS, "budget": 1e6, "edge": EDGE}).edge.batch == 1000.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("examples_min", 0.0), ("critical_batch", -1.0), ("momentum", 1.0), ("replica_exponent", 1.5),
        ("replica_age", -1.0), ("epoch", 0),
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(field, value):
    with pytest.raises(ValidationError, match=field):
        Learning.model_validate({**FIELDS, field: value})


def test_every_model_in_the_list_is_looked_up(tmp_path):
    folder = tmp_path / "learning"
    folder.mkdir()
    lines = ["title: Mine", "assumption: made up", "models: [resnet50, resnet51]", "target: all right",
             "examples_min: 1000000", "critical_batch: 1000", "epoch: 1000", "start: 1 s", "momentum: 0.9"]  # fmt: skip
    (folder / "mine.yaml").write_text("\n".join(lines), encoding="utf-8")
    catalog = Catalog([tmp_path])
    document = catalog.raw("learning", "mine")
    assert [name for _, _, name in named_in(document.root, "learning")] == ["resnet50", "resnet51"]
    (problem,) = catalog.check("learning", document)
    assert "unknown model 'resnet51'; did you mean 'resnet50'?" in str(problem)
    assert (problem.line, problem.path) == (3, "models[1]")


def test_a_name_where_a_list_belongs_is_looked_up_too(tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text("models: resnet50\n", encoding="utf-8")
    assert list(named_in(load_yaml(file, name="one.yaml", layer="profile").root, "learning")) == [
        (("models",), "models", "resnet50")
    ]


def test_every_shipped_workload_names_its_models():
    for name in Catalog().names("learning"):
        assert Catalog().load("learning", name).models


def test_the_spread_of_steps_follows_from_the_transport():
    assert Nic.model_validate(NIC).step_spread == STEP_SPREAD["tcp"]
    assert Nic.model_validate({**NIC, "transport": "rdma"}).step_spread == STEP_SPREAD["rdma"]
    assert Nic.model_validate({**NIC, "transport": "rdma", "step_spread": 0.2}).step_spread == 0.2
    for wrong in (-0.1, 1.0):
        with pytest.raises(ValidationError, match="step_spread"):
            Nic.model_validate({**NIC, "step_spread": wrong})
    with pytest.raises(ValidationError) as refused:
        Nic.model_validate({**NIC, "transport": "pigeon"})
    assert [error["loc"] for error in refused.value.errors()] == [("transport",)]
