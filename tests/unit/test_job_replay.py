"""Job traces on clusters: who carries a replay out, what goes together, and both engines alike."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.job_replay import open_trace, replay_jobs
from dcsim.schedulers import scheduler as schedulers
from dcsim.spec.tenants import TenantSpec
from tests.architecture.source import ROOT

GOLDEN = ROOT.parent / "shared" / "golden" / "jobs"
JOBS = "job_id,submit,gpus,duration,walltime,tenant\na,0,3,60,80,x\nb,10,2,60,60,y\nc,20,1,30,40,x\nd,20,9,1,1,y\n"


@pytest.fixture
def trace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(JOBS)
    return "t.csv"


def _told(**options):
    with pytest.raises(InputError) as caught:
        replay_jobs("t.csv", **options)
    return [str(problem) for problem in caught.value.problems]


def test_columns_and_summary(trace):
    replay = replay_jobs(trace, slots=4)
    columns = replay.columns()
    assert columns["job_id"].tolist() == ["a", "b", "c", "d"]
    assert columns["start"].tolist()[:3] == [0.0, 60.0, 60.0]
    assert columns["outcome"].tolist() == ["done", "done", "done", "too_large"]
    assert columns["tenant"].tolist() == ["x", "y", "x", "y"]
    summary = replay.summary()
    assert (summary["makespan_s"], summary["outcomes"]["too_large"]) == (120.0, 1)
    assert summary["utilisation_ratio"] == pytest.approx((180 + 120 + 30) / (4 * 120))


@pytest.mark.parametrize("scheduler", ["fifo", "first_fit", "shortest_first", "easy_backfill"])
def test_both_engines_say_the_same(trace, scheduler):
    kernel, world = (replay_jobs(trace, slots=4, scheduler=scheduler, engine=each) for each in ("kernel", "world"))
    one, other = kernel.columns(), world.columns()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    for name in ("busy_slot_s", "capacity_slot_s", "queue_job_s"):
        assert kernel.figures[name] == pytest.approx(world.figures[name]), name


@pytest.mark.parametrize(
    ("options", "engine"),
    [
        ({"slots": 4}, "kernel"), ({"slots": 4, "engine": "world"}, "world"),
        ({"slots": 4, "scheduler": "fair_share"}, "world"), ({"nodes": "2x4"}, "kernel"),
        ({"nodes": "2x4", "placement": "best_fit"}, "world"), ({"nodes": "2x4", "scheduler": "easy_backfill"}, "world"),
        ({"slots": 4, "capacity": "c.csv"}, "world"),
    ],
)  # fmt: skip
def test_the_kernel_where_it_can(trace, tmp_path, options, engine):
    (tmp_path / "c.csv").write_text("time,slots\n30,2\n")
    assert replay_jobs(trace, **options).engine == engine


def test_jobs_that_wait_for_others_need_the_world(tmp_path):
    (tmp_path / "w.csv").write_text("job_id,submit,gpus,duration,after\na,0,1,10,\nb,0,1,10,a\n")
    replay = replay_jobs(tmp_path / "w.csv", slots=4)
    assert (replay.engine, replay.columns()["start"].tolist()) == ("world", [0.0, 10.0])
    with pytest.raises(InputError, match="--engine: the kernel cannot do this: jobs wait for one another"):
        replay_jobs(tmp_path / "w.csv", slots=4, engine="kernel")


def test_slots_that_come_and_go(trace, tmp_path):
    (tmp_path / "c.csv").write_text("time,slots\n30,2\n60,4\n")
    columns = replay_jobs(trace, slots=4, capacity="c.csv", checkpoint_every=10.0, restart=5.0).columns()
    assert columns["preemptions"].tolist() == [1, 0, 0, 0]
    assert (columns["start"][0], columns["finish"][0], columns["lost_s"][0], columns["overhead_s"][0]) == (
        0.0, 60.0 + 5.0 + 30.0, 0.0, 5.0,
    )  # fmt: skip


def test_opportunistic_tenants_mark_their_jobs(trace):
    replay = replay_jobs(trace, slots=4, scheduler="quotas", tenants={"y": TenantSpec(opportunistic=True)})
    marked = [block.more["opportunistic"].tolist() for block in replay._blocks()]
    assert marked == [[False, True, False, True]]


def test_tenants_without_effect_are_told(tmp_path):
    (tmp_path / "p.csv").write_text("job_id,submit,gpus,duration\na,0,1,10\n")
    replay = replay_jobs(tmp_path / "p.csv", slots=4, scheduler="fair_share", tenants={"y": TenantSpec()})
    assert [str(warning) for warning in replay.warnings] == [
        f"--tenants: has no effect: {tmp_path / 'p.csv'} has no tenants"
    ]


@pytest.mark.parametrize(
    ("names", "scheduler", "said"),
    [
        ("xy", "quotas", []),
        ("xyz", "quotas", ["--tenants: no job belongs to tenant 'z'"]),
        ("xzw", "quotas", ["--tenants: no job belongs to tenant 'z', nor to 1 more",
                           "--tenants: says nothing of 1 tenants of the trace, such as 'y': they have no quota"]),
        ("xy", "fifo", ["--tenants: has no effect: 'fifo' looks at no tenants"]),
    ],
)  # fmt: skip
def test_tenants_that_do_not_match(trace, names, scheduler, said):
    replay = replay_jobs(trace, slots=4, scheduler=scheduler, tenants=dict.fromkeys(names, TenantSpec()))
    assert [str(warning) for warning in replay.warnings] == said


def test_options_without_effect_are_told(trace):
    replay = replay_jobs(trace, slots=4, restart=1.0, elasticity=0.5)
    assert [str(warning) for warning in replay.warnings] == [
        "--restart: has no effect: 'fifo' stops no job", "--elasticity: has no effect: 'fifo' stops no job",
    ]  # fmt: skip


def test_replicas_differ_and_repeat(trace):
    replay = replay_jobs(trace, slots=4, seed=3)
    draws = [[block.jobs.job_id.tolist() for block in replay.results(replica=number)] for number in (0, 1, 1, 2)]
    assert draws[0] == [["a", "b", "c", "d"]]
    assert draws[1] == draws[2]
    assert sorted(draws[3][0]) == ["a", "b", "c", "d"]


def test_everything_wrong_at_once(trace, tmp_path):
    (tmp_path / "t.csv").write_text(JOBS.replace("60,80", "x,80"))
    (tmp_path / "c.csv").write_text("time\n")
    assert _told(slots=4, scheduler="fifoo", placement="best_fit", capacity="c.csv", engine="fast") == [
        "--engine: 'fast' is neither kernel nor world",
        "--placement: needs nodes, as --nodes 32x8; slots that are only counted have no place",
        "--scheduler: unknown scheduler 'fifoo'; did you mean 'fifo'?",
        "c.csv:1:1: needs a column 'slots'",
        "t.csv:2:7: duration: 'x' is not a number of seconds",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "--slots: is needed, as --slots 256; or name nodes, as --nodes 32x8"),
        ({"slots": 4, "nodes": "2x4"}, "--nodes: goes instead of --slots, not beside it; leave one of them"),
        ({"slots": 0}, "--slots: needs 1 to 1,000,000,000 slots, not 0"),
        ({"slots": 4, "scheduler": "gang", "engine": "kernel"},
         "--engine: the kernel cannot do this: scheduler 'gang' is not compiled; leave the option out"),
        ({"nodes": "2x4", "capacity": "c.csv"},
         "--capacity: says how many slots there are, so it goes with --slots alone"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(trace, tmp_path, options, said):
    (tmp_path / "c.csv").write_text("time,slots\n")
    assert _told(**options) == [said]


def test_a_scheduler_of_ones_own(trace, tmp_path, monkeypatch):
    (tmp_path / "last_first.py").write_text(
        "from dcsim.schedulers import scheduler\nfrom dcsim.schedulers.plan import Start\n"
        "@scheduler('last_first', order=lambda job: -job.order)\n"
        "def last_first(queue, view):\n"
        "    for job in queue:\n        if view.fits(job):\n            yield Start(job)\n"
    )
    monkeypatch.setattr(schedulers, "_plugins", dict(schedulers._plugins))
    replay = replay_jobs(trace, slots=4, scheduler=str(tmp_path / "last_first.py"))
    assert (replay.scheduler.name, replay.columns()["start"].tolist()[:3]) == ("last_first", [0.0, 60.0, 20.0])
    (tmp_path / "other.py").write_text("x = 1\n")
    assert _told(slots=4, scheduler="other.py") == [
        "--scheduler: other.py registers no scheduler 'other'; it needs @scheduler(\"other\")"
    ]
    (tmp_path / "broken.py").write_text("1 / 0\n")
    assert _told(slots=4, scheduler="broken.py") == [
        "--scheduler: broken.py cannot be loaded: ZeroDivisionError: division by zero"
    ]
    assert _told(slots=4, scheduler="absent.py") == [
        "--scheduler: absent.py cannot be loaded: No such file or directory"
    ]


def test_a_trace_is_read_once_for_many_policies(trace):
    jobs = open_trace(trace, begin=10.0, load=2.0)
    for scheduler in ("fifo", "first_fit"):
        assert replay_jobs(jobs, slots=9, scheduler=scheduler).columns()["submit"].tolist() == [10.0, 15.0, 15.0]


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="needs the sibling folder ../shared")
@pytest.mark.parametrize(
    ("trace", "wanted", "options"),
    [
        ("jobs_syn480_64.swf", "syn480_64.fifo.csv", {"slots": 64}),
        ("jobs_syn480_64.csv", "syn480_64.easy.csv", {"slots": 64, "scheduler": "easy_backfill"}),
        ("jobs_syn480_64.csv", "syn480_64.packed.csv", {"nodes": "8x8", "placement": "consolidate"}),
        ("jobs_syn480_64.csv", "syn480_64.packed.csv", {"nodes": "8x8", "engine": "world"}),
        ("jobs_syn10k_256.csv", "syn10k_256.fifo.csv", {"slots": 256, "engine": "world"}),
    ],
)
def test_golden_schedules_from_file_to_columns(trace, wanted, options):
    columns = replay_jobs(GOLDEN / trace, **options).columns()
    found = {name: times for name, *times in zip(columns["job_id"], columns["start"], columns["finish"], strict=True)}
    path = GOLDEN / wanted
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = csv.DictReader(text.decode().splitlines())
    unlike = [row["job_id"] for row in rows if found.pop(row["job_id"]) != [float(row["start"]), float(row["finish"])]]
    assert (unlike, found) == ([], {})
