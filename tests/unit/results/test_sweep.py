"""Results of sweeps: what is read, means with intervals, summaries."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import dcsim
from dcsim.confidence import interval
from dcsim.errors import InputError
from dcsim.results.sweep import Sweep
from dcsim.results.sweep_summary import headlines, summarise_sweep

SETS = {"harvest.reserve": ["0 %", "20 %"], "harvest.placement": ["packed", "spread"], "duration": "3 h"}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep") / "out"
    return dcsim.sweep("minimal", sets=SETS, seeds=[5, 8, 2], metrics=["cost", "energy", "harvest"], out=out,
                       engine="in_process")  # fmt: skip


def _told(call):
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


def test_frame_has_a_row_for_each_point_and_metric(done):
    frame = done.frame
    assert done.parameters == {"harvest.reserve": "ratio", "harvest.placement": None}
    assert set(frame["setting"]) == {0, 1, 2, 3}
    assert list(frame.columns[:5]) == ["setting", "harvest.reserve", "harvest.placement", "seed", "replica"]
    assert set(frame["harvest.reserve"]) == {0.0, 0.2}
    assert set(zip(frame["replica"], frame["seed"], strict=True)) == {(0, 5), (1, 8), (2, 2)}
    keys = ["setting", "replica", "metric", *done.dimensions]
    assert not frame.duplicated(keys).any()
    assert len(set(frame.groupby(["setting", "replica"]).size())) == 1


def test_settings_are_told_as_written(done):
    assert done.settings.to_dict("list") == {
        "harvest.reserve": ["0 %", "0 %", "20 %", "20 %"],
        "harvest.placement": ["packed", "spread", "packed", "spread"],
    }
    assert done.spec["set"]["duration"] == ["3 h"]
    assert done.failures.empty
    assert list(done.failures) == ["setting", "harvest.reserve", "harvest.placement", "replica", "seed", "problem"]


def test_mean_has_the_interval_over_replicas(done):
    means = done.mean("energy", role="serving")
    rows = done.metric("energy", role="serving")
    for _, found in means.iterrows():
        values = rows[rows["setting"] == found["setting"]]
        if "region" in values:
            values = values[values["region"].astype(object).isna() | (values["region"] == found.get("region"))]
        mean, half_width, number = interval(values["value"].tolist())
        assert (found["mean"], found["half_width"], found["replicas"]) == (mean, half_width, number)
    assert len(means) == 4


def test_mean_over_the_other_parameters_is_over_averages_of_each_replica(done):
    name, by = "useful_server_hours", "harvest.reserve"
    means = done.mean(name, by=by)
    rows = done.total(name)
    for _, found in means.iterrows():
        part = rows[rows[by] == found[by]]
        averages = [part[part["replica"] == k]["value"].mean() for k in range(3)]
        assert found["mean"] == pytest.approx(np.mean(averages))
        assert found["half_width"] == pytest.approx(interval(averages).half_width, abs=1e-9)
        assert found["replicas"] == 3
    assert "setting" not in means


def test_unknown_names_are_answered_with_the_nearest(done):
    assert _told(lambda: done.metric("enrgy")) == "sweep: unknown metric 'enrgy'; did you mean 'energy'?"
    told = _told(lambda: done.metric("energy", regio="x"))
    assert told == "sweep: unknown dimension of energy 'regio'; did you mean 'region'?"
    assert "unknown region 'lule'; did you mean 'lulea'?" in _told(lambda: done.metric("energy", region="lule"))
    assert "unknown parameter 'reserve'" in _told(lambda: done.mean("energy", by="reserve"))
    assert "needs a sweep of design sobol_indices" in _told(lambda: done.sobol_indices("energy"))


def test_a_folder_without_results_is_refused(tmp_path):
    assert _told(lambda: Sweep(tmp_path)) == f"{tmp_path}: holds no finished sweep (no results.parquet)"
    (tmp_path / "parts").mkdir()
    assert _told(lambda: Sweep(tmp_path)) == (
        f"{tmp_path}: holds a sweep that is not finished; dcsim sweep --resume goes on with it"
    )


def test_summary_tells_what_differs_by_setting(done):
    (table,) = summarise_sweep(done)
    assert table.title == "By setting: mean ± 95 % over 3 seeds"
    assert table.headings[:2] == ("harvest.reserve", "harvest.placement")
    assert [" ".join(row[:2]) for row in table.rows] == ["0 % packed", "0 % spread", "20 % packed", "20 % spread"]
    told = headlines(done)
    assert [each.varies for each in told] == sorted((each.varies for each in told), reverse=True)
    assert any(heading.startswith("useful_server_hours") for heading in table.headings)


def test_means_of_a_sweep_by_hand(tmp_path):
    """Two settings, three seeds, a metric with a total and one without."""
    values = {(0, 0): 1.0, (0, 1): 3.0, (0, 2): 5.0, (1, 0): 10.0, (1, 1): 10.0, (1, 2): 10.0}
    sweep = _made(tmp_path, values)
    means = sweep.mean("cost").set_index("setting")
    assert means["mean"].tolist() == [3.0, 10.0]
    assert means["half_width"].tolist() == pytest.approx([4.302652729749464 * 2.0 / math.sqrt(3.0), 0.0])
    both = sweep.mean("cost", by=[])
    assert both["mean"].tolist() == [pytest.approx((5.5 + 6.5 + 7.5) / 3.0)]
    assert both["half_width"].tolist() == pytest.approx([4.302652729749464 / math.sqrt(3.0)])
    assert sweep.total("cost")["value"].tolist() == list(values.values())
    assert sweep.total("cost", region="lulea")["value"].tolist() == [2.0 * value for value in values.values()]
    assert sweep.mean("wait").groupby("service")["mean"].mean().to_dict() == {"a": 6.5, "b": 6.5}


class _Made(Sweep):
    """A sweep from rows instead of a directory."""

    def __init__(self, frame, settings, spec):
        self.path = "made"
        self.__dict__.update(frame=frame, parameters={"x": ""}, dimensions=("region", "service"), settings=settings,
                             spec=spec)  # fmt: skip


def _made(tmp_path, values, failed=(), **spec):
    rows = []
    for (setting, replica), value in values.items():
        shared = {"setting": setting, "x": float(setting), "replica": replica, "seed": replica}
        rows += [
            {**shared, "metric": "cost", "unit": "USD", "value": value},
            {**shared, "metric": "cost", "unit": "USD", "value": 2.0 * value, "region": "lulea"},
            {**shared, "metric": "wait", "unit": "s", "value": value, "service": "a"},
            {**shared, "metric": "wait", "unit": "s", "value": value, "service": "b"},
        ]
    frame = pd.DataFrame(rows)
    numbers = sorted({*frame["setting"], *failed})
    settings = pd.DataFrame({"x": [f"{number}.0" for number in numbers]}, index=numbers)
    return _Made(frame.astype(dict.fromkeys(["metric", "unit", "region", "service"], "category")), settings, spec)


def test_a_setting_with_more_replicas_does_not_weigh_more(tmp_path):
    values = {(0, replica): float(replica % 2) for replica in range(4)}
    values |= {(1, replica): 10.0 + replica % 2 for replica in range(100)}
    sweep = _made(tmp_path, values)
    both = sweep.mean("cost", by=[])
    assert both[["mean", "replicas"]].to_numpy().tolist() == [[5.5, 4]]
    assert both["half_width"].tolist() == [pytest.approx(interval([5.0, 6.0, 5.0, 6.0]).half_width)]
    assert sweep.mean("cost")[["mean", "replicas"]].to_numpy().tolist() == [[0.5, 4], [10.5, 100]]
    assert sweep.mean("wait", by=[], apart=False)["mean"].tolist() == [5.5]


def test_a_failed_setting_leaves_its_averages_open(tmp_path):
    values = {(setting, replica): 1.0 for setting in (0, 1) for replica in range(3)}
    sweep = _made(tmp_path, values, failed=(2,))
    assert sweep.mean("cost", by=[]).empty  # of two settings, it would tell of these and not of all three
    assert _made(tmp_path, values, failed=(2,), design="sobol").mean("cost", by=[])["mean"].tolist() == [1.0]
    assert sweep.mean("cost", by="x")["mean"].tolist() == [1.0, 1.0]
    assert sweep.mean("cost")["replicas"].tolist() == [3, 3]


def test_shares_in_the_variance_are_read_from_their_design(tmp_path):
    sets = {"harvest.reserve": "0..20 %", "harvest.notice": "1..10 min"}
    done = dcsim.sweep("minimal", sets=sets, design="sobol_indices", samples=4, metrics=["energy", "harvest"],
                       out=tmp_path / "out", engine="in_process")  # fmt: skip
    found = done.sobol_indices("energy").set_index("parameter")
    assert list(found.index) == ["harvest.reserve", "harvest.notice"]
    assert found.loc["harvest.reserve", "total"] > 10 * found.loc["harvest.notice", "total"] >= 0.0
    (table,) = summarise_sweep(done)
    assert [row[:2] for row in table.rows] == [
        ("harvest.reserve", "alone"), ("harvest.reserve", "with interactions"),
        ("harvest.notice", "alone"), ("harvest.notice", "with interactions"),
    ]  # fmt: skip
