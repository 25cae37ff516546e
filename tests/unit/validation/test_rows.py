"""Tolerances, forms and the files that hold them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcsim.errors import InputError
from dcsim.spec.shelf import shipped_root
from dcsim.validation.forms import CollectiveForm, DeviceForm, Form, LearningForm
from dcsim.validation.reading import read_rows, shipped_files
from dcsim.validation.rows import Row, Tolerance
from dcsim.validation.units import FACTORS

GIVEN = {
    "id": "a", "what": "b", "published": 2.0, "unit": "x", "tolerance": "6 %", "source": "c", "tag": "M",
    "use": "validate", "predict": {"number": 2.0},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("6 %", Tolerance("relative", 0.06)),
        ("0.2%", Tolerance("relative", 0.002)),
        ("3 points", Tolerance("points", 3.0)),
        ("1 point", Tolerance("points", 1.0)),
        ("exact", Tolerance("exact")),
        ("at most", Tolerance("at most")),
    ],
)
def test_tolerances_are_read(text, tolerance):
    assert Row(**GIVEN | {"tolerance": text}).tolerance == tolerance


@pytest.mark.parametrize("text", ["6", "6 percent", "about", "", 6, None, "-3 %"])
def test_other_tolerances_are_refused(text):
    with pytest.raises(ValidationError):
        Row(**GIVEN | {"tolerance": text})


@pytest.mark.parametrize(
    ("tolerance", "predicted", "published", "scale", "holds"),
    [
        (Tolerance("relative", 0.1), 110.0, 100.0, 1.0, True),
        (Tolerance("relative", 0.1), 89.0, 100.0, 1.0, False),
        (Tolerance("relative", 0.1), -95.0, -100.0, 1.0, True),
        (Tolerance("points", 3.0), 0.93, 0.90, 100.0, True),
        (Tolerance("points", 3.0), 0.931, 0.90, 100.0, False),
        (Tolerance("points", 3.0), 2.0, -1.0, 1.0, True),
        (Tolerance("exact"), 25557032.0, 25557032.0, 1.0, True),
        (Tolerance("exact"), 0.0, 0.0, 1.0, True),
        (Tolerance("exact"), 1e-9, 0.0, 1.0, False),
        (Tolerance("exact"), 1.002, 1.0, 1.0, False),
        (Tolerance("at least"), 3.0, 1.0, 1.0, True),
        (Tolerance("at least"), 0.9, 1.0, 1.0, False),
        (Tolerance("at most"), 0.1, 0.2, 1.0, True),
        (Tolerance("at most"), 0.3, 0.2, 1.0, False),
    ],
)
def test_what_a_tolerance_allows(tolerance, predicted, published, scale, holds):
    assert tolerance.holds(predicted, published, scale) is holds


def test_tolerances_are_written_as_they_are_read():
    for text in ("6 %", "0.2 %", "3 points", "exact", "at least"):
        assert str(Row(**GIVEN | {"tolerance": text}).tolerance) == text


def test_only_models_are_measured():
    count = {"count": {"model": "resnet50", "quantity": "parameters"}}
    step = {"step": {"model": "resnet50", "server": "dgx1_p100", "quantity": "step_s"}}
    plan = {"collective": {"algorithm": "ring", "ranks": 8, "bytes": "1 MB", "quantity": "steps"}}
    timed = {"collective": plan["collective"] | {"quantity": "time_s"}}
    modelled = {
        True: [step, timed, {"ratio": {"of": count, "over": step}}, {"times": [{"number": 2.0}, step]}],
        False: [count, plan, {"number": 1.0}, {"ratio": {"of": count, "over": plan}}, {"times": [count, count]}],
    }
    for said, forms in modelled.items():
        assert [Form(**form).modelled for form in forms] == [said] * len(forms)


def test_devices_are_one_of_two():
    asked = {"model": "resnet50", "batch": 1, "quantity": "time_s"}
    for wrong in ({}, {"gpu": "m40", "cpu": "gold_6138"}, {"gpu": "m40", "sockets": 2}):
        with pytest.raises(ValidationError):
            DeviceForm(**asked, **wrong)
    assert DeviceForm(**asked, cpu="gold_6138", cores=4).cores == 4


def test_learning_needs_what_its_quantity_is_of():
    for quantity, needed in (("error", "batch"), ("steps", "critical"), ("largest_batch", "rise")):
        with pytest.raises(ValidationError, match=f"{quantity} needs {needed}"):
            LearningForm(workload="imagenet_resnet50", quantity=quantity)
    with pytest.raises(ValidationError, match="recipe_s needs epochs and step"):
        LearningForm(workload="imagenet_resnet50", quantity="recipe_s")


def test_units_lead_to_si():
    assert [FACTORS[unit] for unit in ("ms", "GB/s", "Gbit/s", "GMAC", "%", "images/s", "h")] == [
        1e-3, 1e9, 1.25e8, 2e9, 0.01, 1.0, 3600.0,
    ]  # fmt: skip


def test_shipped_files_are_found_where_the_data_lie():
    files = shipped_files()
    assert "not_answered.yaml" in [path.name for path in files]
    assert all(path.is_relative_to(shipped_root()) for path in files)


def test_fields_of_a_set_up_give_way_to_own_ones(tmp_path):
    text = (
        "title: t\nsetups:\n"
        "  base: {what: w, published: 1, unit: x, tolerance: exact, source: s, tag: D, use: validate}\n"
        "  inner: {algorithm: ring, ranks: 4, bytes: 1 MB}\nrows:\n"
        "  - like: base\n    id: one\n    published: 3\n    predict:\n      ratio:\n"
        "        of: {collective: {like: inner, ranks: 8, quantity: steps}}\n        over: {number: 2}\n"
    )
    path = tmp_path / "rows.yaml"
    path.write_text(text, encoding="utf-8")
    (placed,) = read_rows([path]).rows
    assert (placed.row.published, placed.row.unit, placed.topic) == (3.0, "x", "t")
    form = placed.row.predict.ratio.of.given
    assert isinstance(form, CollectiveForm)
    assert (form.ranks, form.bytes, form.quantity) == (8, 1e6, "steps")


def test_folders_without_rows_and_missing_files_are_told(tmp_path):
    with pytest.raises(InputError) as told:
        read_rows([tmp_path, tmp_path / "none.yaml"])
    messages = [problem.message for problem in told.value.problems]
    assert messages == ["holds no files that end in '.yaml'", "no such file"]
