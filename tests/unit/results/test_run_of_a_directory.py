"""A finished run, opened again."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from dcsim.errors import InputError
from dcsim.metrics import metric
from dcsim.registry import UnknownPluginError
from dcsim.results.run import Run, load, tidy_rows
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RunDirectory
from dcsim.trace.tables import TABLES
from tests.unit.conftest import write_sample


def test_opens_the_run_or_the_directory_of_its_seeds(sample_path):
    assert load(sample_path).path == sample_path / "seed=3"
    assert load(str(sample_path / "seed=3")).path == sample_path / "seed=3"


def test_asks_which_of_several_seeds(tmp_path):
    write_sample(tmp_path / "a" / "seed=1")
    write_sample(tmp_path / "a" / "seed=0")
    with pytest.raises(InputError, match=r"holds several runs; choose one of seed=0, seed=1"):
        load(tmp_path / "a")


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_says_when_there_is_no_run(tmp_path, make):
    make(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"nothing: holds no finished run \(no run\.json\)"):
        load(tmp_path / "nothing")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_an_attribute(sample_run, name):
    frame = getattr(sample_run, name)
    assert list(frame.columns) == [column.name for column in TABLES[name].columns]
    assert name in dir(sample_run)
    assert getattr(sample_run, name) is frame


def test_names_are_categories_of_strings(sample_run):
    assert sample_run.jobs["service"].to_list() == ["ads", "ads", "ads", "facer"]
    assert isinstance(sample_run.jobs["service"].dtype, pd.CategoricalDtype)
    assert list(sample_run.serving["region"].cat.categories) == ["lulea", "altoona"]


def test_unknown_attribute_tells_the_tables(sample_run):
    with pytest.raises(AttributeError, match="no table or attribute 'job'; tables: regions, fleet"):
        _ = sample_run.job


def test_unknown_metric_tells_the_nearest(sample_run):
    with pytest.raises(UnknownPluginError, match="did you mean 'staleness'"):
        sample_run.metric("stalenes")


def test_scenario_and_provenance(sample_run):
    assert sample_run.scenario["duration"] == "4 h"
    assert sample_run.scenario["seed"] == 3
    assert sample_run.provenance["run"]["events"] == 12


def test_metrics_are_all_the_metrics(sample_run):
    one_by_one = [row for name in metric.names() for row in tidy_rows(sample_run.metric(name))]
    assert tidy_rows(sample_run.metrics()) == one_by_one


def test_metric_uses_a_table_that_was_read_already(sample_run, monkeypatch):
    before = sample_run.metric("jobs")
    assert len(sample_run.jobs) == 4
    monkeypatch.setattr(Run, "table", lambda *_: pytest.fail("read again"))
    pd.testing.assert_frame_equal(sample_run.metric("jobs"), before)


def test_metric_may_read_whole_tables(sample_run):
    seen = {}

    @metric("everything", unit="", reads=("jobs",))
    def everything(tables):
        seen.update(tables)
        return pd.DataFrame({"metric": [], "unit": [], "value": []})

    try:
        assert sample_run.metric("everything").empty
        assert list(seen["jobs"].columns) == [column.name for column in TABLES["jobs"].columns]
    finally:
        del metric._plugins["everything"]


def test_reading_needs_neither_simpy_nor_numba_nor_matplotlib(sample_path):
    script = (
        "import sys; from dcsim.results.run import load; run = load(sys.argv[1]);"
        "assert len(run.jobs) == 4; run.metric('energy'); run.scenario;"
        "print(sorted({'simpy', 'numba', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(sample_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_run_without_rows_has_nothing_to_tell(tmp_path):
    with RunDirectory(tmp_path / "empty") as directory:
        Recorder(directory, {}).close()
        directory.write_text("run.json", "{}")
    assert load(tmp_path / "empty").metrics()["value"].eq(0.0).all()
