"""What a notebook shows of a run and of a sweep."""

from __future__ import annotations

import math
import shutil

import pandas as pd
import pytest

from dcsim.confidence.paired import Paired
from dcsim.results.compare import Comparison, Difference
from dcsim.results.html import run_html, sweep_html
from dcsim.results.input_changes import Change
from dcsim.results.run import load
from dcsim.results.sweep import Sweep
from dcsim.sweeps.driver import sweep
from tests.unit.conftest import write_sample
from tests.unit.spec.test_html import Tags


def test_a_run_shows_the_answer_and_its_tables(sample_run):
    found = Tags(sample_run._repr_html_())
    told = ("Fleet", "Services", "ads", "facer (user)", "run.pools", "Pools of equal hosts.", str(sample_run.path))
    assert [word for word in told if word not in found.text] == []
    assert "run.elastic" not in found.text, "tables without rows are left out"
    assert found.tags.count("details") == found.tags.count("summary") > 2


def test_a_run_that_has_gone_is_told_as_such(tmp_path):
    write_sample(tmp_path / "seed=3")
    run = load(tmp_path / "seed=3")
    shutil.rmtree(run.path)
    assert "cannot be read" in Tags(run._repr_html_()).text


def test_of_a_large_run_the_answer_is_left_out(sample_run, monkeypatch):
    monkeypatch.setattr("dcsim.results.html._LARGE", 10.0)
    monkeypatch.setattr(type(sample_run), "metrics", lambda run: pytest.fail("takes long"))
    assert "ask run.metrics()" in Tags(run_html(sample_run)).text


class Swept:
    """A sweep over a number and a name, with replicas and a failure."""

    def __init__(self, path, settings=3, replicas=2, problem="<b>no</b>"):
        self.path, self.spec, self.dimensions = path, {"scenario": "/a/<i>nic.yaml"}, ("service",)
        self.parameters = {"fleet.nic.bandwidth": "B/s", "scheduler": None}
        written = [(f"{25 * (number + 1)} Gbit/s", "gang") for number in range(settings)]
        self.settings = pd.DataFrame(written, columns=list(self.parameters))
        self.points = pd.DataFrame({"setting": range(settings * replicas)})
        self.frame = self.points
        self.failures = pd.DataFrame([[0, *written[0], 1, 7, problem]],
                                     columns=["setting", *self.parameters, "replica", "seed", "problem"])  # fmt: skip

    def headlines(self):
        return ["cost", "staleness_mean"]

    def mean(self, metric):
        rows = [{"setting": number, "unit": "USD" if metric == "cost" else "s", "mean": 7200.0 + number,
                 "half_width": 60.0 if number else math.nan} for number in self.settings.index]  # fmt: skip
        frame = pd.DataFrame(rows)
        return frame if metric == "cost" else frame.assign(service="ads")


def test_a_sweep_shows_parameters_means_with_intervals_and_failures(tmp_path):
    found = Tags(sweep_html(Swept(tmp_path)))
    for word in ("<i>nic", "25 Gbit/s, 50 Gbit/s, 75 Gbit/s", "B/s", "cost (USD)", "7,201 ± 60", "2.0 h ± 60 s",
                 "staleness_mean ads", "<b>no</b>", "Failures"):  # fmt: skip
        assert word in found.words
    assert "7,200" in found.words, "a single replica has no interval"
    assert not {"i", "b"} & set(found.tags)


def test_a_sweep_that_was_carried_out(tmp_path):
    study = sweep("minimal", sets={"harvest.reserve": "0 %,10 %", "duration": "6 h"}, replicas=2,
                  metrics=["utilisation"], engine="in_process", out=tmp_path / "study")  # fmt: skip
    found = Tags(study._repr_html_())
    for word in ("minimal", "harvest.reserve", "0 %, 10 %", "utilisation", " 2", " 4", f" {tmp_path / 'study'}"):
        assert word in found.words
    assert sum(" ± " in word for word in found.words) == 3, "two means, and what they are"
    again = Sweep(study.path)
    shutil.rmtree(study.path)
    assert "cannot be read" in Tags(again._repr_html_()).text


def test_of_a_large_sweep_the_first_settings_are_shown(tmp_path):
    text = Tags(sweep_html(Swept(tmp_path, settings=30))).text
    assert "20 of 30 settings, all in sweep.mean(metric)" in text
    assert "... (30 in all)" in text


def test_a_sweep_in_which_everything_failed(tmp_path):
    sweep = Swept(tmp_path)
    sweep.frame = sweep.frame.head(0)
    assert "Means" not in Tags(sweep_html(sweep)).text


def test_a_comparison_shows_changes_and_what_is_real():
    def row(number, verdict="real", mean=60.0, name="cost"):
        found = Paired(mean, 6.0, 0.001, 5)
        return Difference((name, (("region", f"r{number}"),)), "s", 600.0, 600.0 + mean, found, verdict, number == 29)

    rows = tuple(row(number) for number in range(30))
    noise, lower = row(99, "noise", name="noise"), row(98, mean=-30.0, name="lower")
    comparison = Comparison(
        "<a>", "<b>", (Change("fleet.nic.bandwidth", "changed", "25 Gbit/s", "6250000000.0 B/s"),
                       Change("description", "changed", "x", "y", is_note=True)),
        (lower, *rows, noise), (0, 1, 2, 3, 4), warnings=("few runs",),
    )  # fmt: skip
    found = Tags(comparison._repr_html_())
    for word in ("<b> against <a>", "fleet.nic.bandwidth", "50 Gbit/s", "+60 s ± 6 s", "+10.00%", "-30 s ± 6 s",
                 "Note: few runs", " 31", "Real differences, the first 20 of 31"):  # fmt: skip
        assert word in found.words
    assert found.words.index("cost region=r29") < found.words.index("lower region=r98"), "sums come first"
    assert not {"description", "noise region=r99"} & set(found.words)
