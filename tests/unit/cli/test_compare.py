"""``dcsim compare``: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import json
import re

import pytest
from click.testing import CliRunner

from dcsim.cli.compare_summary import comparison_lines
from dcsim.cli.main import main
from dcsim.results.compare import Comparison, compare_rows
from dcsim.results.input_changes import Change


def run(*words):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["compare", *words])


FEW = ("minimal", "minimal@save_on_notice", "--replicas", "2", "--engine", "in_process")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """One comparison, as text and as a file."""
    path = tmp_path_factory.mktemp("out") / "rows.csv"
    return run(*FEW, "--metric", "preemption", "--metric", "staleness", "--out", str(path)), path


def test_text(printed):
    done, path = printed
    assert done.exit_code == 0
    assert re.sub(r"yaml:\d+", "yaml:N", done.stdout).splitlines() == [
        "A  minimal",
        "B  minimal@save_on_notice",
        "2 pairs of runs with equal seeds (37, 38); 4 runs simulated for this",
        "",
        "Changed in the input: 1 value",
        "  catalog.training.harvest_dual_socket.on_notice: drop -> checkpoint",
        "      scenario scenarios/minimal.yaml:N -> variant scenarios/minimal.yaml:N",
        "",
        "Real differences: 4 of 24 rows, with 95 % intervals",
        "  metric                        unit      A  B  difference  interval",
        "  preemption_lost_server_hours  h     2.286  0      -100 %     exact",
        "  and 3 by region, service and so on; --all tells them",
        "",
        "The same in all pairs: 20 rows",
    ]
    assert done.stderr.splitlines()[-1] == f"every row: {path}"


def test_file(printed):
    rows = list(csv.DictReader(printed[1].open(encoding="utf-8")))
    assert len(rows) == 24
    assert {row["verdict"] for row in rows} == {"real", "same"}
    total = next(row for row in rows if row["metric"].startswith("preemption") and not row["region"] + row["server"])
    assert float(total["a"]) + float(total["difference"]) == float(total["b"]) == 0.0


def test_json():
    done = run(*FEW, "--metric", "preemption", "--json")
    found = json.loads(done.stdout)
    assert found["seeds"] == [37, 38]
    assert found["inputs"][0]["b"] == "checkpoint"
    assert found["verdicts"]["real"] == len(found["metrics"]) == 4
    assert found["metrics"][0]["relative"] == -1.0


def test_a_change_without_effect_is_told():
    words = ("--replicas", "2", "--set", "duration=2 h", "--metric", "cost", "--engine", "in_process")
    done = run("minimal", "minimal@fleet.failover_time=1 h", *words)
    assert done.stdout.splitlines()[-1] == "The same in all pairs: 2 rows; what changed has no effect on them"
    assert run("minimal", "minimal", *words).stdout.splitlines()[-1] == "The same in all pairs: 2 rows"


def test_one_pair_tells_levels():
    done = run("minimal", "minimal@save_on_notice", "--replicas", "1", "--set", "duration=6 h", "--all")
    assert "Real differences: none" in done.stdout
    assert "Levels over time, after their warm-up: " in done.stdout
    assert "pools.lent_hosts server=tioga_pass role=serving" in done.stdout


def test_every_problem_at_once(tmp_path):
    out = str(tmp_path / "no" / "x.csv")
    done = run("minimol", "minimal@x", "--replicas", "no", "--level", "950", "--engine", "moon", "--out", out)
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith("--engine: unknown engine 'moon'")
    assert lines[1:4] == [
        "--level: '950' is no share between 0 and 100 %; write such as 95%",
        f"--out: '{out}' lies in no directory that exists; name a file",
        "--replicas: 'no' is not a whole number",
    ]
    assert lines[4].startswith("--variant: unknown variant 'x'")
    assert lines[5].startswith("minimol: no such file, and unknown scenario 'minimol'; did you mean 'minimal'")
    assert (done.stdout, list(tmp_path.iterdir())) == ("", [])


def test_rows_of_sweeps_are_folded_and_others_counted():
    rows = [
        ("cost", (("reserve", share), *region)) for share in ("5 %", "10 %") for region in ((), (("region", "lulea"),))
    ]
    wait, stale = (("wait", (("reserve", share),)) for share in ("5 %", "10 %"))
    units = dict.fromkeys(rows, "USD") | {wait: "s", stale: "s", ("only", (("reserve", "5 %"),)): "ratio"}
    a = {seed: dict.fromkeys(rows, 100.0) | {wait: 3600.0, stale: 7.0 * seed} for seed in range(2)}
    b = {seed: {row: 100.0 + len(row[1][0][1]) for row in rows} | {wait: 3600.0, stale: 20.0} for seed in range(2)}
    b[0]["only", (("reserve", "5 %"),)] = 0.25
    changes = tuple(Change(f"x[{number}]", "only in B", None, number) for number in range(12))
    changes = (*changes, Change("name", "changed", "a", "b", is_note=True))
    found = Comparison(
        "a", "b", changes, compare_rows(a, b, units, [0, 1]), (0, 1), parameters=("reserve",), warnings=("mind",)
    )
    lines = comparison_lines(found)
    assert "Changed in the input: 12 values, and 1 note for people" in lines
    assert "  x[9]: 9 (only in B)" in lines
    assert "  and 2 more; --all tells them" in lines
    cells = [" ".join(line.split()) for line in lines]
    first = cells.index("Real differences: 4 of 7 rows, with 95 % intervals") + 2
    assert cells[first] == "cost USD 100 104 +4 % exact in 2 of 2 settings, most with reserve=10 %"
    assert "wait s 3.5 20 +471 % ± 1,271 % in 1 of 2 settings, most with reserve=10 %" in cells
    assert "only % - 25 - in 1 of 2 settings, most with reserve=5 %" in cells
    every = comparison_lines(found, every=True)
    assert "cost reserve=5 % region=lulea USD 100 103 +3 % exact real" in [" ".join(line.split()) for line in every]
    assert "  name: a -> b" in every
    assert not any("--all" in line for line in every)


def test_the_file_of_rows_takes_the_place_of_nothing_that_is_read(tmp_path):
    """Refused before anything is simulated, as is what is no file."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("extends: minimal\nname: mine\n")
    for other, out, why in (
        (f"{mine}@save_on_notice", mine, "is read or written already; name another file"),
        ("minimal", "/dev/null", "is no file that could be replaced; name another"),
    ):
        done = run(str(mine), other, "--engine", "in_process", "--out", str(out))
        assert (done.exit_code, done.stderr.splitlines()[0]) == (2, f"{out}: {why}")
    assert mine.read_text() == "extends: minimal\nname: mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]
