"""Paper and simulator agree on the scenario ``minimal``, number by number."""

from __future__ import annotations

import re

import pytest

import dcsim
from dcsim.resolve import resolve
from dcsim.simulate import simulate
from tests.architecture.source import ROOT
from tests.scenarios_hand.paper import H, work_out

PAGE = ROOT / "docs" / "explanation" / "hand_check.md"
NUMBER = re.compile(r"(-?[\d,]+(?:\.\d+)?)\**<!-- (\w+) -->")
LULEA = {"region": "lulea"}
LENT = {"server": "tioga_pass"}
METRICS = [
    ("slo_attainment", {}, 1.0),
    ("slo_attainment", {"service": "news_feed"}, 1.0),
    ("slo_attainment", {"service": "sigma"}, 1.0),
    ("utilisation", {}, "utilisation"),
    ("utilisation", LENT, "tioga_pass_utilisation"),
    ("utilisation", {"server": "leopard"}, "leopard_utilisation"),
    ("harvested_server_hours", LENT, "lent_h"),
    ("useful_server_hours", LENT, "useful_h"),
    ("preemption_lost_server_hours", LENT, "lost_h"),
    ("checkpoint_server_hours", LENT, "checkpoint_h"),
    ("restart_server_hours", LENT, "restart_h"),
    ("notice_server_hours", LENT, "notice_h"),
    ("uncommitted_server_hours", LENT, "open_h"),
    ("harvest_communication_server_hours", LENT, "communication_h"),
    ("harvest_goodput", LENT, "goodput"),
    ("harvest_finished_jobs", LENT, "harvest_jobs"),
    ("harvest_steps", LENT, "kept_steps"),
    ("checkpoint_bytes", LENT, "checkpoint_bytes"),
    ("evictions", LENT, 2.0),
    ("jobs", {"outcome": "done"}, 5.0),
    ("queue_wait_mean", {"service": "news_feed"}, "n_waited_h"),
    ("queue_wait_mean", {"service": "sigma"}, "sigma_wait_s"),
    ("queue_wait_mean", {}, "wait_s"),
    ("training_host_hours", {}, "gang_h"),
    ("training_useful_host_hours", {}, "gang_useful_h"),
    ("training_communication_host_hours", {}, "gang_communication_h"),
    ("training_goodput", {}, "gang_goodput"),
    *(
        (metric, {"service": service}, f"{service}_{name}")
        for service in ("news_feed", "sigma")
        for metric, name in (
            ("staleness_mean", "staleness_mean_s"),
            ("staleness_max", "staleness_max_s"),
            ("staleness_end", "staleness_end_s"),
            ("staleness_above_target_hours", "above_h"),
            ("quality_loss_mean", "quality_loss"),
            ("quality_loss_max", "quality_loss_max"),
        )
    ),
    ("it_energy", {"role": "serving"}, "serving_kwh"),
    ("it_energy", {"role": "training"}, "training_kwh"),
    ("it_energy", {"role": "storage"}, "storage_kwh"),
    ("it_energy", {}, "it_kwh"),
    ("energy", LULEA, "kwh"),
    ("energy_cost", {}, "energy_usd"),
    ("capital_cost", {}, "capital_usd"),
    ("cost", {}, "usd"),
    ("carbon", {}, "carbon_kg"),
]


def close(value):
    """Equal to nine digits; zero is zero but for rounding."""
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.fixture(scope="module", params=[None, "save_on_notice"])
def both(request, tmp_path_factory):
    """A run and the same on paper."""
    out = tmp_path_factory.mktemp("run") / "minimal"
    simulate(resolve("minimal", variant=request.param), out)
    return dcsim.load(out), work_out(saves=request.param is not None)


def test_metrics(both):
    run, paper = both
    frame = run.metrics()
    dimensions = [name for name in frame.columns if name not in ("metric", "unit", "value")]
    found = {
        (row["metric"], tuple((name, row[name]) for name in dimensions if isinstance(row[name], str))): row["value"]
        for row in frame.to_dict("records")
    }
    for metric, where, name in METRICS:
        key = metric, tuple((dimension, where[dimension]) for dimension in dimensions if dimension in where)
        assert found[key] == close(paper[name] if isinstance(name, str) else name), key


def test_hosts_hour_by_hour(both):
    run, paper = both
    pools = run.pools[run.pools["role"] == "serving"].sort_values("time_s")
    lent = [32] * 4 + [16] * 4 + [0] * 8 + [16] * 4 + [32] * 4
    for hour, (serving, training) in enumerate(zip(pools["serving_hosts"], pools["lent_hosts"], strict=True)):
        assert serving == close(paper[f"hosts_{hour}"])
        assert training == close(lent[hour])


def test_gangs_leave_an_hour_before_paper_says_fewer(both):
    _, paper = both
    wanted = [paper[f"gangs_{hour}"] for hour in range(24)]
    assert wanted == [2, 2, 2, 1, 1, 1, 1] + [0] * 9 + [1] * 4 + [2] * 4


def test_recipes(both):
    run, paper = both
    names = {"harvest_dual_socket": "harvest", "news_feed_ranking": "news_feed", "sigma_classifiers": "sigma"}
    recipes = run.recipes
    assert set(recipes["recipe"]) == set(names)
    for row in recipes.to_dict("records"):
        name = names[row["recipe"]]
        assert row["step_s"] * 1e3 == close(paper[f"{name}_step_ms"])
        assert row["compute_s"] * 1e3 == close(paper[f"{name}_forward_ms"] + paper[f"{name}_backward_ms"])
        assert row["exposed_s"] * 1e3 == close(paper[f"{name}_exposed_ms"])
        assert row["steps"] == close(paper[f"{name}_steps"])
        assert row["checkpoint_bytes"] == close(paper[f"{name}_checkpoint_gb"] * 1e9)
        assert row["checkpoint_s"] == close(paper[f"{name}_checkpoint_s"])


def test_trainings(both):
    run, paper = both
    jobs = run.jobs.sort_values("arrived_s").to_dict("records")
    assert [job["service"] for job in jobs] == ["sigma", "news_feed", "sigma", "sigma", "sigma"]
    for name, job in zip(("s1", "n", "s2", "s3", "s4"), jobs, strict=True):
        for column, what in (("arrived_s", "arrived"), ("queued_s", "asked"), ("started_s", "started")):
            assert job[column] / H == close(paper[f"{name}_{what}_h"]), (name, column)
        assert job["finished_s"] / H == close(paper[f"{name}_done_h"])


def test_every_number_of_the_page():
    paper = work_out() | {f"saved_{name}": value for name, value in work_out(saves=True).items()}
    numbers = NUMBER.findall(PAGE.read_text(encoding="utf-8"))
    assert len(numbers) > 100
    for printed, name in numbers:
        digits = len(printed.partition(".")[2])
        assert printed == f"{paper[name]:,.{digits}f}", name


def test_a_wrong_number_on_the_page_is_found():
    assert NUMBER.findall("about **1,234.5**<!-- lent_h --> h and 2<!-- x -->") == [("1,234.5", "lent_h"), ("2", "x")]
