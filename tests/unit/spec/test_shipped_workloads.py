"""The workloads that come with dcsim: what is printed, what they name, what they add up to."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dcsim.spec.diurnal import curve
from dcsim.spec.service import WORKLOAD_KINDS

ROOT = Path(__file__).parents[3]
FACTS = ROOT.parent / "shared" / "facts" / "validation.csv"

TABLE_II = {
    "news_feed": ("Dual-Socket CPUs", "Daily", "Many Hours"),
    "facer": ("GPUs + Single-Socket CPUs", "Every N Photos", "Few Seconds"),
    "lumos": ("GPUs", "Multi-Monthly", "Many Hours"),
    "search": ("Vertical Dependent", "Hourly", "Few Hours"),
    "language_translation": ("GPUs", "Weekly", "Days"),
    "sigma": ("Dual-Socket CPUs", "Sub-Daily", "Few Hours"),
    "speech_recognition": ("GPUs", "Weekly", "Many Hours"),
}
TABLE_III = {
    "news_feed": ("100x", "Dual-Socket CPU", "High"),
    "facer": ("10x", "Single-Socket CPU", "Low"),
    "lumos": ("10x", "Single-Socket CPU", "Low"),
    "search": ("10x", "Dual-Socket CPU", "High"),
    "language_translation": ("1x", "Dual-Socket CPU", "High"),
    "sigma": ("1x", "Dual-Socket CPU", "High"),
    "speech_recognition": ("1x", "Dual-Socket CPU", "High"),
}


@cache
def entries(kind: str) -> dict[str, Any]:
    folder = ROOT / "workloads" / kind
    return {
        path.stem: WORKLOAD_KINDS[kind].model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.yaml"))
    }


def stems(kind: str) -> set[str]:
    return {path.stem for path in (ROOT / "hardware_catalog" / kind).glob("*.yaml")}


def services() -> dict[str, Any]:
    return entries("services")


def test_nine_services() -> None:
    assert set(services()) == {*TABLE_II, "ads", "community_integrity"}


@pytest.mark.parametrize("name", sorted(TABLE_II))
def test_printed_as_in_the_tables(name: str) -> None:
    row = services()[name].printed
    assert (row.training_server, row.training_frequency, row.training_duration) == TABLE_II[name]
    assert (row.inference_capacity, row.inference_server, row.inference_memory) == TABLE_III[name]
    assert services()[name].serving.relative_capacity == float(row.inference_capacity.removesuffix("x"))


@pytest.mark.parametrize("name", ["ads", "community_integrity"])
def test_not_in_the_tables(name: str) -> None:
    assert set(services()[name].printed.model_dump().values()) == {None}
    assert services()[name].origin_of("serving.relative_capacity").startswith("assumption")


def test_printed_as_in_the_reference_data() -> None:
    if not FACTS.exists():
        pytest.skip("reference data are not beside the repository")
    with FACTS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["id"].startswith(("T2-", "T3-"))]
    by_title = {service.title: service.printed for service in services().values()}
    checked = 0
    for row in rows:
        printed = by_title.get(row["claim"].partition(": ")[2])
        if printed is None:
            continue
        checked += 1
        if row["id"].startswith("T2-"):
            assert row["value"] == f"{printed.training_frequency} / {printed.training_duration}"
            assert row["setup"] == printed.training_server
        else:
            assert f"{row['value']}x" == printed.inference_capacity
            assert printed.inference_server in row["setup"]
            assert row["setup"].endswith(printed.inference_memory)
    assert checked == 14


def test_every_class_of_model_is_present() -> None:
    families = {model.family for model in entries("models").values()}
    assert families == {"LR", "SVM", "GBDT", "MLP", "CNN", "RNN", "TRANSFORMER", "RECOMMENDER", "SEARCH"}


def test_names_exist() -> None:
    for recipe in entries("training").values():
        assert recipe.model in entries("models")
        assert recipe.dataset is None or recipe.dataset in entries("datasets")
        assert recipe.reference_server in stems("servers")
        assert recipe.reference_sled in stems("sleds")
    for service in services().values():
        assert service.training.recipe in entries("training")
        assert service.serving.load.profile in entries("diurnal")
        assert service.dataset in entries("datasets")
        assert service.user_models is None or service.user_models.model in entries("models")


def test_workflows_have_four_operators() -> None:
    for service in services().values():
        assert list(service.training.workflow) == ["data", "train", "evaluate", "publish"]


@pytest.mark.parametrize("kind", sorted(WORKLOAD_KINDS))
def test_every_entry_survives_being_written_out(kind: str) -> None:
    for entry in entries(kind).values():
        text = yaml.safe_dump(entry.model_dump(mode="json"))
        assert WORKLOAD_KINDS[kind].model_validate(yaml.safe_load(text)) == entry


def test_qualitative_words_are_labelled_assumptions() -> None:
    for service in services().values():
        assert service.origin_of("training.every.period").startswith("assumption")
        assert service.origin_of("staleness.quality_loss.loss").startswith("assumption")
        assert entries("training")[service.training.recipe].origin_of("duration").startswith("assumption")


@pytest.mark.parametrize("name", ["facebook_users", "photo_uploads"])
def test_trough_is_the_public_anchor(name: str) -> None:
    day = [curve(entries("diurnal")[name], minute / 60) for minute in range(1440)]
    assert min(day) == pytest.approx(0.39, abs=0.005)
    assert max(day) == pytest.approx(1.0, abs=1e-5)


def test_concurrent_hosts_by_kind() -> None:
    """Hosts that trainings hold on average: models x duration / period x hosts."""
    total: dict[str, float] = {}
    for service in services().values():
        recipe = entries("training")[service.training.recipe]
        every = service.training.every
        busy = every.models * recipe.duration / every.period * recipe.hosts
        total[recipe.server_kind] = total.get(recipe.server_kind, 0.0) + busy
    assert total.keys() == {"gpu", "dual_socket"}
    assert total["gpu"] == pytest.approx(680, rel=0.05)
    assert total["dual_socket"] == pytest.approx(3056, rel=0.01)


def test_staleness_target_is_met_by_an_undisturbed_cadence() -> None:
    for name, service in services().items():
        recipe = entries("training")[service.training.recipe]
        operators = sum(op.duration or recipe.duration for op in service.training.workflow.values())
        assert operators + service.training.every.period <= service.staleness.target, name
