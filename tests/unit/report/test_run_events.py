"""A run's events show what its tables hold."""

from __future__ import annotations

from dcsim.report.run_events import write_run
from dcsim.results.run import Run
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RunDirectory


def test_jobs_from_arrival_to_publication(seen, sample_run):
    shown = seen(write_run, sample_run)
    first, second = (shown.spans["service ads", f"jobs {lane}"] for lane in (1, 2))
    assert first[-4:] == [
        ("altoona 2", 4800.0, 7200.0),
        ("slowed by facer", 5000.0, 5200.0),
        ("slowed by serving", 5200.0, 5600.0),
        ("wait 2", 7200.0, 14400.0),
    ]
    assert first[-6:-4] == [("prepare 2", 3600.0, 4200.0), ("wait 2", 4200.0, 4800.0)]
    assert ("publish 0", 50.0, 100.0) in first
    assert second == [
        ("prepare 1", 0.0, 600.0),
        ("altoona 1", 600.0, 5000.0),
        ("slowed by facer", 1000.0, 1400.0),
        ("publish 1", 5000.0, 5400.0),
    ]
    assert shown.spans["service facer", "jobs 1"] == [("wait 3", 7200.0, 14400.0)]
    assert sum(len(spans) for spans in shown.spans.values()) == len(first) + len(second) + 2  # one drill


def test_facts_stand_beside_the_runs(seen, sample_run):
    facts = seen(write_run, sample_run).args["altoona 2", 4800.0]
    assert facts["end"] == "region_lost"
    assert (facts["job"], facts["hosts"], facts["server"], facts["outcome"]) == (2, 4, "big_basin", "running")
    assert facts["useful_s"] + facts["lost_s"] + facts["overhead_s"] + facts["contended_s"] == 2400.0


def test_regions_have_pools_loads_drills_and_publications(seen, sample_run):
    shown = seen(write_run, sample_run)
    assert shown.groups == ["fleet", "region lulea", "region altoona", "service ads", "service facer"]
    assert shown.counters["region lulea", "mono_lake hosts, serving"] == [
        (0.0, {"serving": 60.0, "lent": 0.0, "idle": 40.0}),
        (7200.0, {"serving": 60.0, "lent": 20.0, "idle": 20.0}),
    ]
    gone = shown.counters["region altoona", "big_basin hosts, training"]
    assert [(time, level["down"]) for time, level in gone] == [(0.0, 0.0), (7200.0, 10.0), (10800.0, 0.0)]
    assert shown.counters["fleet", "gpu gangs"][1] == (3600.0, {"waiting": 1.0, "running": 2.0})
    assert shown.counters["region altoona", "ads load, busy hosts"][1][0] == 7200.0
    assert shown.spans["region altoona", "drills"] == [("region_loss", 7200.0, 10800.0)]
    assert shown.instants["region lulea", "ads publications"] == [("ads 0", 5400.0)]
    assert len(shown.instants["region lulea", "facer publications"]) == 4


def test_a_window_leaves_out_what_was_over_or_came_later(seen, sample_run):
    shown = seen(write_run, sample_run, begin=5500.0, end=6000.0)
    assert shown.spans == {
        ("service ads", "jobs 1"): [("altoona 2", 4800.0, 7200.0), ("slowed by serving", 5200.0, 5600.0)]
    }
    assert shown.instants == {}
    assert shown.counters["fleet", "gpu gangs"] == [(5500.0, {"waiting": 1.0, "running": 2.0})]


def test_a_run_without_jobs(seen, tmp_path):
    with RunDirectory(tmp_path / "bare") as directory:
        recorder = Recorder(directory, {})
        recorder.span("regions", "lulea", "Europe/Stockholm", 1.1, 1e-8, 1e-9)
        recorder.span("pools", 0.0, 60.0, "lulea", "leopard", "serving", 1.0, 0.0, 0.0, 1.0, 0.0, 0.5, 100.0)
        recorder.close()
        directory.write_text("run.json", "{}")
    shown = seen(write_run, Run(tmp_path / "bare"))
    assert shown.spans == {}
    assert list(shown.counters) == [("region lulea", "leopard hosts, serving")]
