"""``dcsim replay jobs``: from a trace to files, a summary, a table by policy and a picture."""

from __future__ import annotations

import csv
import gzip
import json
import math
import statistics

import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

from dcsim.cli.main import main

JOBS = """\
job_id,submit,gpus,duration,walltime,tenant
a,0,3,60,80,ads
b,10,2,60,60,feed
c,20,1,30,40,ads
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.csv").write_text(JOBS)
    return tmp_path


def _run(*words, **options):
    return CliRunner().invoke(main, ["replay", "jobs", *words], **options)


def _rows(path):
    raw = path.read_bytes()
    return list(csv.DictReader((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines()))


def test_a_replay_in_text(folder):
    done = _run("jobs.csv", "--slots", "4", "--out", "o.csv", "--segments", "s.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "policy       fifo",
        "cluster      4 slots",
        "jobs         3 done",
        "makespan     2 min",
        "wait         mean 30 s, median 40 s, 95 % within 50 s, 99 % within 50 s, all within 50 s",
        "completion   mean 80 s, median 70 s, 95 % within 2 min, 99 % within 2 min, all within 2 min",
        "slowdown     mean 1.722, median 1.832, 95 % within 2.333, 99 % within 2.333, all within 2.333",
        "used         68.8% of the slots, 75.0% until the last job came",
        "fairness     Jain's index 0.9075 over jobs, 0.9977 over tenants",
        "",
        "tenant  jobs     used      wait  slowdown",
        "               slot h         h",
        "ads        2  0.05833  0.005556     1.667",
        "feed       1  0.03333   0.01389     1.833",
        "out: o.csv",
        "segments: s.csv",
    ]
    assert (folder / "o.csv").read_text() == (
        "job_id,submit,slots,start,finish,outcome,preemptions,lost_s,overhead_s,queued_s,tenant\n"
        "a,0,3,0,60,done,0,0,0,0,ads\nb,10,2,60,120,done,0,0,0,50,feed\nc,20,1,60,90,done,0,0,0,40,ads\n"
    )
    assert [(row["job_id"], row["begin"], row["finish"], row["end"]) for row in _rows(folder / "s.csv")] == [
        ("a", "0", "60", "done"), ("b", "60", "120", "done"), ("c", "60", "90", "done"),
    ]  # fmt: skip


def test_a_replay_as_json(folder):
    told = json.loads(_run("jobs.csv", "--slots", "4", "--scheduler", "first_fit", "--json", "--out", "o.csv").stdout)
    assert {key: told[key] for key in ("trace", "slots", "scheduler", "engine", "makespan_s", "jobs", "out")} == {
        "trace": "jobs.csv", "slots": 4, "scheduler": "first_fit", "engine": "kernel", "makespan_s": 120.0, "jobs": 3,
        "out": "o.csv",
    }  # fmt: skip


def test_files_of_every_form_say_the_same(folder):
    _run("jobs.csv", "--slots", "4", "--out", "o.csv")
    assert _run("jobs.csv", "--slots", "4", "--out", "o.csv.gz").exit_code == 0
    assert _run("jobs.csv", "--slots", "4", "--out", "o.parquet").exit_code == 0
    assert _run("o.parquet", "--slots", "4", "--out", "again.csv").exit_code == 0
    done = _run("-", "--slots", "4", "--out", "piped.csv", input=JOBS)
    assert done.exit_code == 0
    plain = (folder / "o.csv").read_text()
    assert gzip.decompress((folder / "o.csv.gz").read_bytes()).decode() == plain
    assert (folder / "again.csv").read_text() == plain
    assert (folder / "piped.csv").read_text() == plain


def test_a_table_by_policy(folder):
    words = ("jobs.csv", "--nodes", "1x4", "--scheduler", "fifo", "--scheduler", "first_fit", "--placement", "best_fit")
    done = _run(*words)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "jobs.csv: 3 jobs, 4 slots on 1 node",
        "",
        "scheduler  placement  done      wait     99 %  slowdown      JCT  makespan   used  coming  unusable    Jain",
        "                                   h        h                  h         h",
        "fifo       best_fit      3  0.008333  0.01388     1.722  0.02222   0.03333  68.8%   75.0%     25.0%  0.9075",
        "first_fit  best_fit      3   0.00463  0.01388     1.278  0.01852   0.03333  68.8%   75.0%     18.8%  0.9136",
    ]
    told = json.loads(_run(*words, "--json").stdout)
    assert [policy["scheduler"] for policy in told["policies"]] == ["fifo", "first_fit"]


def test_time_in_the_queue_after_a_stop_is_told_beside_the_wait(folder):
    (folder / "p.csv").write_text("job_id,submit,gpus,duration,priority\na,0,4,3600,0\nb,1200,4,3600,1\n")
    words = ("p.csv", "--slots", "4", "--scheduler", "fifo", "--scheduler", "preemptive", "--restart", "0 s")
    assert _run(*words).stdout.splitlines()[2].split()[2:7] == ["wait", "99", "%", "queued", "slowdown"]
    told = json.loads(_run("p.csv", "--slots", "4", "--scheduler", "preemptive", "--restart", "0 s", "--json").stdout)
    assert (told["wait_s"]["mean"], told["queued_s"]["mean"]) == (0.0, 3600.0 / 2)
    text = _run("p.csv", "--slots", "4", "--scheduler", "preemptive").stdout
    assert "\nin queue     mean 30 min, median 0," in text


def test_what_is_written_can_be_shown_as_a_timeline(folder):
    for name in ("o.csv", "o.parquet"):
        assert _run("jobs.csv", "--slots", "4", "--out", name).exit_code == 0
        shown = CliRunner().invoke(main, ["report", name, "--trace-events", f"{name}.json"])
        assert (shown.exit_code, shown.stderr) == (0, "")


def test_fragments_of_nodes_are_told_by_the_world(folder):
    words = ("jobs.csv", "--nodes", "1x4", "--engine", "world")
    assert json.loads(_run(*words, "--json").stdout)["unusable_ratio"] > 0.0
    assert "of the slots free where the usual job cannot use them" in _run(*words).stdout
    assert json.loads(_run("jobs.csv", "--slots", "4", "--engine", "world", "--json").stdout)["unusable_ratio"] is None


def test_who_waits_for_what_never_ends_is_told(folder):
    (folder / "w.csv").write_text("job_id,submit,gpus,duration,after\na,0,9,10,\nb,1,1,10,a\n")
    done = _run("w.csv", "--slots", "4", "--out", "o.csv")
    assert "jobs         1 too large, 1 unreachable" in done.stdout
    assert "warning: w.csv: 1 job waits for another that never ends ('after')" in done.stderr
    assert [row["outcome"] for row in _rows(folder / "o.csv")] == ["too_large", "unreachable"]


def test_replicas_tell_intervals(folder):
    words = ("jobs.csv", "--slots", "4", "--scheduler", "first_fit", "--replicas", "4", "--seed", "2")
    told = json.loads(_run(*words, "--json").stdout)
    assert told["replicas"] == 4
    assert told["wait_s"]["mean"]["half_width"] > 0.0
    assert _run(*words).stdout == _run(*words).stdout
    assert " ± " in _run(*words).stdout
    refused = _run(*words, "--out", "o.csv", "--plot", "p.png")
    assert refused.stderr.splitlines() == [
        "--out: shows one replay; leave it or --replicas out", "--plot: shows one replay; leave it or --replicas out",
        "2 problems on the command line",
    ]  # fmt: skip


def test_replicas_tell_how_policies_differ(folder):
    words = ("jobs.csv", "--slots", "4", "--scheduler", "fifo", "--scheduler", "first_fit", "--replicas", "5")
    told = json.loads(_run(*words, "--json").stdout)
    one, other = told["policies"]
    assert "difference_to_first" not in one
    found = other["difference_to_first"]["wait_s"]["mean"]
    pairs = zip(other["wait_s"]["mean"]["values"], one["wait_s"]["mean"]["values"], strict=True)
    values = [here - there for here, there in pairs]
    assert (found["values"], len(values)) == (pytest.approx(values, abs=1e-9), 5)
    half_width = 2.7764 * statistics.stdev(values) / math.sqrt(5)
    assert (found["mean"], found["half_width"]) == pytest.approx((statistics.fmean(values), half_width), rel=1e-4)
    lines = _run(*words).stdout.splitlines()
    at = lines.index("more than fifo, on the same draws:")
    assert [line.split()[0] for line in lines[at + 4 :]] == ["first_fit"]
    assert lines[at + 2].split()[:3] == ["scheduler", "done", "wait"]


def test_a_figure_that_no_draw_moves_has_no_interval(folder):
    (folder / "even.csv").write_text(
        "job_id,submit,gpus,duration\n" + "".join(f"{row},{row * 0.1},1,{9 + row % 7 * 0.1}\n" for row in range(70))
    )
    words = ("even.csv", "--slots", "70", "--scheduler", "fifo", "--replicas", "5")
    told = json.loads(_run(*words, "--json").stdout)
    assert len(set(told["jct_s"]["mean"]["values"])) > 1  # sums of the same numbers in another order
    assert told["jct_s"]["mean"]["half_width"] == 0.0
    assert "completion   mean 9.3 s, median" in _run(*words).stdout


def test_parts_of_a_gpu_are_parts_in_the_runs_and_pictures(folder, monkeypatch):
    (folder / "parts.csv").write_text("job_id,submit,gpus,duration,share\na,0,1,60,0.25\nb,0,1,60,0.5\nc,0,1,60,1\n")
    gathered = []
    monkeypatch.setattr("dcsim.plot.job_queue.job_queue", lambda lines, **_: gathered.append(lines) or Figure())
    done = _run("parts.csv", "--nodes", "1x2", "--segments", "s.csv", "--plot", "p.png")
    assert done.exit_code == 0, done.stderr
    assert {row["job_id"]: row["share"] for row in _rows(folder / "s.csv")} == {"a": "0.25", "b": "0.5", "c": "1"}
    ((timeline,),) = [lines.values() for lines in gathered]
    assert timeline.used.max() == pytest.approx(1.75)


def test_slots_that_are_never_in_service(folder):
    (folder / "capacity.csv").write_text("time,slots\n0,0\n50,2\n")
    done = _run("jobs.csv", "--slots", "64", "--capacity", "capacity.csv")
    assert done.stderr.splitlines() == [
        "warning: jobs.csv: 1 job asks for more slots than will be in service, up to 3 of 2; refused"
    ]
    (folder / "capacity.csv").write_text("time,slots\n0,0\n")
    assert "3 jobs ask for more slots than will be in service, up to 3 of 0; refused" in _run(
        "jobs.csv", "--slots", "64", "--capacity", "capacity.csv"
    ).stderr
    (folder / "capacity.csv").write_text("time,slots\n0,4\n50,65\n")
    done = _run("jobs.csv", "--slots", "64", "--capacity", "capacity.csv")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        2, "capacity.csv:3:4: slots: '65' must be 0 to 64: the cluster has no more slots"
    )  # fmt: skip


def test_stops_are_told_and_in_the_runs(folder):
    (folder / "capacity.csv").write_text("time,slots\n30,2\n60,4\n")
    words = ("--capacity", "capacity.csv", "--checkpoint-every", "20 s", "--restart", "5 s")
    done = _run("jobs.csv", "--slots", "4", *words, "--segments", "s.csv", "--plot", "p.svg")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "stops        1; 0.008333 slot hours of work lost, 0.004167 for restarts\n" in done.stdout
    first, *_ = _rows(folder / "s.csv")
    assert (first["job_id"], first["useful_s"], first["lost_s"], first["end"]) == ("a", "20", "10", "evicted")
    assert (folder / "p.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("name", ["p.png", "p.svg", "p.pdf"])
def test_pictures_of_several_policies(folder, name):
    done = _run("jobs.csv", "--slots", "4", "--scheduler", "fifo", "--scheduler", "fair_share", "--plot", name)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, f"plot: {name}")
    assert (folder / name).stat().st_size > 1000


def test_odd_rows_are_counted_and_kept(folder):
    (folder / "odd.csv").write_text(
        "job_id,submit,gpus,duration,walltime\na,10,1,10,10\nb,5,1,20,10\nc,7,1,-1,10\nd,8,,10,\ne,,1,10,10\n"
        "f,9,99,10,10\n"
    )
    done = _run("odd.csv", "--slots", "4", "--out", "o.csv")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "warning: odd.csv: 3 jobs cannot be replayed (1 with no run time, 1 with no slots, 1 with no time of "
        "submission); the first is 'c'; their rows stay, without a start",
        "warning: odd.csv: 1 job submitted earlier than the one above; all were sorted by submission, in memory",
        "warning: odd.csv: 1 job ran longer than promised; such walltimes are raised to the run time",
        "warning: odd.csv: 1 job asks for more slots than there are, up to 99 of 4; refused",
    ]
    assert "jobs         2 done, 1 too large, 1 no duration, 1 no slots, 1 no submit\n" in done.stdout
    assert [(row["job_id"], row["submit"], row["outcome"]) for row in _rows(folder / "o.csv")] == [
        ("e", "", "no_submit"), ("b", "5", "done"), ("c", "7", "no_duration"), ("d", "8", "no_slots"),
        ("f", "9", "too_large"), ("a", "10", "done"),
    ]  # fmt: skip


def test_a_trace_without_jobs(folder):
    (folder / "none.csv").write_text("job_id,submit,gpus,duration\n")
    for form in ("csv", "parquet"):
        done = _run("none.csv", "--slots", "4", "--out", f"o.{form}", "--segments", "s.csv", "--plot", "p.png")
        assert (done.exit_code, done.stderr) == (0, "warning: none.csv: holds no jobs\n")
        assert done.stdout.splitlines()[:3] == ["policy       fifo", "cluster      4 slots", "jobs         none"]
    assert (folder / "o.csv").read_text().startswith("job_id,submit,slots,start,finish,")
    assert _run("o.parquet", "--slots", "4").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ["--slots: is needed, as --slots 256; or name nodes, as --nodes 32x8"]),
        (("--slots", "x", "--scheduler", "easy_backfil"),
         ["--scheduler: unknown scheduler 'easy_backfil'; did you mean 'easy_backfill'?",
          "--slots: 'x' is not a whole number"]),
        (("--slots", "4", "--nodes", "2x4"),
         ["--nodes: goes instead of --slots, not beside it; leave one of them"]),
        (("--nodes", "2x4", "--placement", "best_fitt"),
         ["--placement: unknown placement 'best_fitt'; did you mean 'best_fit'?"]),
        (("--slots", "4", "--format", "swff"), ["--format: unknown job format 'swff'; did you mean 'swf'?"]),
        (("--slots", "4", "--begin", "5", "--load", "0", "--seed", "-1", "--replicas", "1", "--elasticity", "2",
          "--restart", "-1 s", "--checkpoint-every", "0 s"),
         ["--begin: needs a number and a unit, such as '250 ms'",
          "--checkpoint-every: must be longer than nothing; leave checkpoints out of a job's account with '1000 years'",
          "--elasticity: '2' is not a number between 0 and 1", "--load: '0' is not a number between 1e-06 and 1e+06",
          "--replicas: 1 is not between 2 and 10,000", "--restart: '-1 s' must be zero or more, such as '10 min'",
          "--seed: -1 is not between 0 and 1,000,000,000"]),
        (("--slots", "4", "--begin", "2 h", "--end", "1 h"),
         ["--end: comes not after --begin; leave something between them"]),
        (("--slots", "4", "--scheduler", "fifo", "--scheduler", "gang", "--out", "o.csv", "--segments", "s.csv"),
         ["--out: shows one schedule; name one --scheduler and one --placement",
          "--segments: shows one schedule; name one --scheduler and one --placement"]),
        (("--slots", "4", "--plot", "p.gif"), ["--plot: 'p.gif' must end in .png, .svg or .pdf"]),
        (("--slots", "4", "--out", "o.txt", "--segments", "s.parquet"),
         ["--out: 'o.txt' must end in .csv, .csv.gz or .parquet",
          "--segments: 's.parquet' must end in .csv or .csv.gz"]),
        (("--slots", "4", "--out", "nowhere/o.csv"),
         ["nowhere/o.csv: there is no folder 'nowhere'; make it first"]),
    ],
)  # fmt: skip
def test_wrong_options(folder, words, said):
    before = sorted(folder.iterdir())
    done = _run("jobs.csv", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[:-1] == said
    assert sorted(folder.iterdir()) == before


def test_inputs_are_never_replaced(folder):
    (folder / "capacity.csv").write_text("time,slots\n30,2\n")
    for option in ("--out", "--segments"):
        for taken in ("jobs.csv", "capacity.csv"):
            done = _run("jobs.csv", "--slots", "4", "--capacity", "capacity.csv", option, taken)
            assert (done.exit_code, done.stderr.splitlines()[0]) == (
                2, f"{taken}: is read or written already; name another file",
            )  # fmt: skip
    assert (folder / "jobs.csv").read_text() == JOBS


def test_many_jobs_at_one_instant(folder):
    rows = "".join(f"{row},5,{1 + row % 7},{1 + row % 11}\n" for row in range(20_000))
    (folder / "same.csv").write_text(f"job_id,submit,gpus,duration\n{rows}")
    for scheduler in ("fifo", "easy_backfill", "first_fit", "shortest_first"):
        told = json.loads(_run("same.csv", "--slots", "8", "--scheduler", scheduler, "--json").stdout)
        assert told["outcomes"]["done"] == 20_000


def test_nodes_are_filled_by_placement(folder):
    words = ("jobs.csv", "--nodes", "3x4", "--fill", "--replicas", "3")
    told = json.loads(_run(*words, "--placement", "best_fit", "--placement", "random", "--json").stdout)
    assert (told["slots"], told["nodes"], told["orders"]) == (12, 3, 3)
    assert [row["placement"] for row in told["filled"]] == ["best_fit", "random"]
    for row in told["filled"]:
        assert 0.5 < row["allocated_ratio"]["mean"] <= 1.0
        assert row["allocated_ratio"]["mean"] + row["fragmented_ratio"]["mean"] <= 1.0 + 1e-9
    lines = _run(*words).stdout.splitlines()
    assert lines[0] == "jobs.csv: jobs until they ask for 1.2 times the 12 slots of 3 nodes"
    assert {"best_fit", "consolidate", "first_fit", "random"} <= {line.split()[0] for line in lines[3:] if line}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--nodes", "2x4", "--slots", "4", "--out", "o.csv", "--scheduler", "gang"),
         [f"--{name}: has no meaning with --fill, which has no clock; leave one of them out"
          for name in ("out", "scheduler", "slots")]),
        ((), ["--fill: needs nodes, as --nodes 32x8"]),
        (("--nodes", "2x4", "--placement", "best_fitt"),
         ["--placement: unknown placement 'best_fitt'; did you mean 'best_fit'?"]),
    ],
)  # fmt: skip
def test_what_filling_does_not_take(folder, words, said):
    done = _run("jobs.csv", "--fill", *words)
    assert (done.exit_code, done.stderr.splitlines()[:-1]) == (2, said)


def test_nothing_fills_without_gpus(folder):
    (folder / "none.csv").write_text("job_id,submit,gpus,duration\n")
    done = _run("none.csv", "--fill", "--nodes", "2x4")
    assert done.stderr.splitlines()[0] == "--fill: needs jobs that ask for GPUs, and nodes that have some"


def test_the_training_racks_of_a_scenario(folder):
    (folder / "jobs.csv").write_text("job_id,submit,gpus,duration,model\na,0,8,60,resnet50\nb,0,8,60,nobody\n")
    done = _run("jobs.csv", "--scenario", "hpca18_day", "--json", "--out", "o.csv")
    assert done.stderr == "warning: jobs.csv: no model 'nobody' in the catalogue; its jobs train as fast as resnet50\n"
    told = json.loads(done.stdout)
    assert (told["scheduler"], told["placement"], told["engine"], told["outcomes"]["done"]) == (
        "fifo", "same_rack", "world", 2,
    )  # fmt: skip
    assert told["slots"] > told["nodes"] > 0
    one, other = _rows(folder / "o.csv")
    assert one["finish"] == other["finish"]
    wrong = _run("jobs.csv", "--scenario", "hpca18_dai", "--slots", "4")
    assert wrong.stderr.splitlines()[0] == "--scenario: goes instead of --slots, not beside it; leave one of them"
    assert "did you mean 'hpca18_day'?" in _run("jobs.csv", "--scenario", "hpca18_dai").stderr
