"""``dcsim replay jobs``: from a trace to files, a summary, a table by policy and a picture."""

from __future__ import annotations

import csv
import gzip
import json

import pytest
from click.testing import CliRunner

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
        "used         68.8% of the slots",
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
        "job_id,submit,slots,start,finish,outcome,preemptions,lost_s,overhead_s,tenant\n"
        "a,0,3,0,60,done,0,0,0,ads\nb,10,2,60,120,done,0,0,0,feed\nc,20,1,60,90,done,0,0,0,ads\n"
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
        "scheduler  placement  done      wait     99 %  slowdown      JCT  makespan   used    Jain",
        "                                   h        h                  h         h",
        "fifo       best_fit      3  0.008333  0.01388     1.722  0.02222   0.03333  68.8%  0.9075",
        "first_fit  best_fit      3   0.00463  0.01388     1.278  0.01852   0.03333  68.8%  0.9136",
    ]
    told = json.loads(_run(*words, "--json").stdout)
    assert [policy["scheduler"] for policy in told["policies"]] == ["fifo", "first_fit"]


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
