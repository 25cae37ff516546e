"""``dcsim replay``: flows through fabrics, from files to files."""

from __future__ import annotations

import csv
import gzip
import json

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from dcsim.world.arena import DEFAULT_SLED

SMALL = """\
title: small
assumption: a test
type: leaf_spine
leaves: 2
hosts_per_leaf: 2
spines: 2
host_bandwidth: 8 Gbit/s
uplink_bandwidth: 4 Gbit/s
hop_latency: 0 s
routing: sum_modulo
"""
ISLANDS = """\
title: islands
assumption: a test
type: graph
hosts: [a, b, c]
links:
  - {a: a, b: b, bandwidth: 8 Gbit/s, latency: 0 s}
  - {a: c, b: d, bandwidth: 8 Gbit/s, latency: 0 s}
"""
FLOWS = "id,src,dst,bytes,start\nx,0,2,1e9,0\ny,0,1,1e9,0.5\nz,3,3,5,1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "flows.csv").write_text(FLOWS)
    return tmp_path


def _run(*words, **options):
    return CliRunner().invoke(main, ["replay", *words], **options)


def _rows(path):
    raw = path.read_bytes()
    return list(csv.DictReader((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines()))


def test_a_replay_in_text(folder):
    (folder / "ref.csv").write_text("id,start,finish\nx,0,2\ny,0.5,2\nz,1,1\n")
    done = _run("flows", "small.yaml", "flows.csv", "--out", "c.csv", "--links", "l.csv", "--reference", "ref.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "flows        3",
        "bytes        2 GB",
        "makespan     2.25 s",
        "completion   mean 1.25 s, median 1.75 s, 99 % within 2 s, all within 2 s",
        "slowdown     mean 1.25, median 1, 99 % within 1.75, all within 1.75",
        "busiest      host 0 > leaf 0           88.9%  2 GB",
        "             leaf 0 > spine 0          88.9%  1 GB",
        "             spine 0 > leaf 1          88.9%  1 GB",
        "             leaf 0 > host 1           44.4%  1 GB",
        "             leaf 1 > host 2           44.4%  1 GB",
        "reference    ref.csv, 3 flows compared",
        "             relative error of (finish - start): worst 0.17 (flow y), mean 0.056",
        "completions: c.csv",
        "links: l.csv",
    ]
    assert (folder / "c.csv").read_text() == "id,start,finish\nx,0.0,2.0\ny,0.5,2.25\nz,1.0,1.0\n"
    links = {row["link"]: row for row in _rows(folder / "l.csv")}
    assert len(links) == 16
    assert links["leaf 0 > spine 0"] == {
        "link": "leaf 0 > spine 0", "level": "spine", "capacity_bytes_per_s": "500000000.0",
        "carried_bytes": "1000000000.0", "utilisation_ratio": repr(1e9 / (0.5e9 * 2.25)),
    }  # fmt: skip


def test_a_replay_as_json(folder):
    done = _run("flows", "small.yaml", "flows.csv", "--json", "--out", "c.csv", "--reference", "c.csv")
    assert done.exit_code == 2
    assert "c.csv: is read or written already; name another file" in done.stderr
    assert _run("flows", "small.yaml", "flows.csv", "--out", "c.csv").exit_code == 0
    told = json.loads(_run("flows", "small.yaml", "flows.csv", "--json", "--reference", "c.csv").stdout)
    assert told["reference"] == {
        "file": "c.csv", "flows": 3, "worst_relative_error": 0.0, "mean_relative_error": 0.0, "worst_id": "x",
        "unlike": 0, "unmatched": 0, "shifted": 0,
    }  # fmt: skip
    assert {key: told[key] for key in ("fabric", "trace", "hosts", "flows", "unfinished", "rerouted", "bytes")} == {
        "fabric": "small.yaml", "trace": "flows.csv", "hosts": 4, "flows": 3, "unfinished": 0, "rerouted": 0,
        "bytes": 2000000005.0,
    }  # fmt: skip
    assert told["makespan_s"] == 2.25
    assert told["completion_s"] == {"mean": 1.25, "p50": 1.75, "p99": 2.0, "max": 2.0}
    assert told["slowdown_ratio"] == {"mean": 1.25, "p50": 1.0, "p99": 1.75, "max": 1.75}
    assert told["busiest_links"][0] == {
        "link": "host 0 > leaf 0", "carried_bytes": 2e9, "utilisation_ratio": pytest.approx(2 / 2.25)
    }  # fmt: skip


def test_compressed_files_and_standard_input(folder):
    (folder / "flows.csv.gz").write_bytes(gzip.compress(FLOWS.encode(), mtime=0))
    assert _run("flows", "small.yaml", "flows.csv.gz", "--out", "c.csv.gz").exit_code == 0
    assert [row["finish"] for row in _rows(folder / "c.csv.gz")] == ["2.0", "2.25", "1.0"]
    done = _run("flows", "small.yaml", "-", "--out", "d.csv", input=FLOWS)
    assert done.exit_code == 0
    assert (folder / "d.csv").read_bytes() == gzip.decompress((folder / "c.csv.gz").read_bytes())


def test_a_link_that_fails_on_the_way(folder):
    (folder / "changes.csv").write_text("time,link,bandwidth\n1,leaf 0 > spine 0,0\n")
    done = _run("flows", "small.yaml", "flows.csv", "--changes", "changes.csv", "--out", "c.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "rerouted     1, around failed links\n" in done.stdout
    assert [row["finish"] for row in _rows(folder / "c.csv")] == ["2.0", "2.25", "1.0"]


def test_flows_that_never_finish_are_left_empty_and_told(folder):
    (folder / "changes.csv").write_text("time,link,bandwidth\n1,leaf 0 > host 1,0\n9,leaf 0 > host 0,50 %\n")
    words = ("flows", "small.yaml", "flows.csv", "--changes", "changes.csv")
    done = _run(*words, "--out", "c.csv")
    assert done.exit_code == 0
    assert done.stderr == "warning: flows.csv: 1 flow waits for ever behind failed links; the finish stays empty\n"
    assert "flows        3, of which 1 never finish\n" in done.stdout
    assert [row["finish"] for row in _rows(folder / "c.csv")] == ["2.0", "", "1.0"]
    told = json.loads(_run(*words, "--json").stdout)
    assert (told["unfinished"], told["makespan_s"], told["completion_s"]["max"]) == (1, 2.0, 2.0)


def test_changes_that_come_too_late_are_told(folder):
    (folder / "changes.csv").write_text("time,link,bandwidth\n3,leaf 0 > host 1,0\n4,leaf 0 > host 1,100 %\n")
    done = _run("flows", "small.yaml", "flows.csv", "--changes", "changes.csv")
    assert done.stderr == (
        "warning: changes.csv: 2 changes come after the last flow has finished, without effect\n"
    )


def test_no_flows_at_all(folder):
    (folder / "none.csv").write_text("id,src,dst,bytes,start\n")
    done = _run("flows", "small.yaml", "none.csv", "--out", "c.csv", "--links", "l.csv")
    assert (done.exit_code, done.stderr) == (0, "warning: none.csv: holds no flows\n")
    assert done.stdout == "flows        0\nbytes        0 B\ncompletions: c.csv\nlinks: l.csv\n"
    assert (folder / "c.csv").read_text() == "id,start,finish\n"
    assert {row["utilisation_ratio"] for row in _rows(folder / "l.csv")} == {"0.0"}
    told = json.loads(_run("flows", "small.yaml", "none.csv", "--json").stdout)
    assert told["makespan_s"] is told["completion_s"]["mean"] is told["slowdown_ratio"]["p99"] is None
    assert told["busiest_links"] == []


def test_hosts_that_nothing_joins_are_named_by_line(folder):
    (folder / "islands.yaml").write_text(ISLANDS)
    (folder / "across.csv").write_text("id,src,dst,bytes,start\np,0,1,1,0\nq,0,2,1,0\nr,2,1,1,0\n")
    done = _run("flows", "islands.yaml", "across.csv", "--out", "c.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "across.csv:3:5: dst: no path from host 0 to host 2; join them, or leave out the flow",
        "across.csv:4:5: dst: no path from host 2 to host 1; join them, or leave out the flow",
        "2 problems in across.csv",
    ]
    assert not (folder / "c.csv").exists()


@pytest.mark.parametrize("taken", ["flows.csv", "small.yaml", "changes.csv", "ref.csv"])
def test_inputs_are_never_replaced(folder, taken):
    (folder / "changes.csv").write_text("time,link,bandwidth\n")
    (folder / "ref.csv").write_text("id,start,finish\nx,0,2\n")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    words = ("flows", "small.yaml", "flows.csv", "--changes", "changes.csv", "--reference", "ref.csv")
    for option in ("--out", "--links"):
        done = _run(*words, option, taken)
        assert done.exit_code == 2
        assert done.stderr.splitlines()[0] == f"{taken}: is read or written already; name another file"
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_overhead(folder):
    done = _run("flows", "small.yaml", "flows.csv", "--overhead", "250 ms", "--out", "c.csv")
    assert done.exit_code == 0
    assert [row["finish"] for row in _rows(folder / "c.csv")] == ["2.25", "2.5", "1.25"]
    for wrong, said in (("20", "needs a number and a unit"), ("-1 s", "must be zero or more")):
        done = _run("flows", "small.yaml", "flows.csv", "--overhead", wrong)
        assert done.exit_code == 2
        assert said in done.stderr


def test_fabrics_that_grow_have_the_hosts_of_the_trace(folder):
    (folder / "far.csv").write_text("id,src,dst,bytes,start\nx,0,99,6.25e9,0\n")
    told = json.loads(_run("flows", "rack16_50g_full", "far.csv", "--json").stdout)
    assert told["hosts"] == 100
    assert told["makespan_s"] == pytest.approx(1.0 + 3e-6)
    pods = json.loads(_run("flows", "f4_100g", "far.csv", "--sled", DEFAULT_SLED, "--json").stdout)
    assert pods["hosts"] == 100
    assert pods["makespan_s"] > 0.5
    assert DEFAULT_SLED in _run("flows", "--help").stdout
    assert json.loads(_run("flows", "f4_100g", "far.csv", "--json").stdout) == pods
    unknown = _run("flows", "f4_100g", "far.csv", "--sled", "big_basim")
    assert unknown.exit_code == 2
    assert "unknown sled 'big_basim'" in unknown.stderr


def test_unknown_and_wrong_fabrics(folder):
    done = _run("flows", "leaf_spine_265", "flows.csv")
    assert done.exit_code == 2
    assert "did you mean 'leaf_spine_256'?" in done.stderr
    (folder / "bad.yaml").write_text(SMALL.replace("spines: 2", "spines: none"))
    done = _run("flows", "bad.yaml", "flows.csv")
    assert done.exit_code == 2
    assert done.stderr.startswith("bad.yaml:6:9: spines: ")


def test_a_fabric_of_ones_own_by_name(folder):
    (folder / "own" / "fabrics").mkdir(parents=True)
    (folder / "small.yaml").rename(folder / "own" / "fabrics" / "tiny.yaml")
    done = _run("flows", "tiny", "flows.csv", "--catalog", "own", "--json")
    assert json.loads(done.stdout)["hosts"] == 4
    assert len(json.loads(_run("links", "tiny", "--catalog", "own", "--json").stdout)) == 16


def test_links_are_listed_by_the_names_that_changes_take(folder):
    done = _run("links", "small.yaml")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 16
    assert lines[0] == "host 0 > leaf 0   host          8 Gbit/s  0 us"
    assert lines[8] == "leaf 0 > spine 0  spine         4 Gbit/s  0 us"
    rows = json.loads(_run("links", "small.yaml", "--json").stdout)
    assert rows[8] == {"link": "leaf 0 > spine 0", "level": "spine", "bandwidth_bytes_per_s": 5e8, "latency_s": 0.0}
    changes = ["time,link,bandwidth", *(f"9,{row['link']},100 %" for row in rows)]
    (folder / "changes.csv").write_text("\n".join(changes))
    assert _run("flows", "small.yaml", "flows.csv", "--changes", "changes.csv").exit_code == 0


def test_links_of_a_fabric_that_grows_need_hosts(folder):
    done = _run("links", "rack16_50g_full")
    assert done.exit_code == 2
    assert "grows with its hosts" in done.stderr
    assert len(_run("links", "rack16_50g_full", "--hosts", "20").stdout.splitlines()) == 44
    done = _run("links", "small.yaml", "--hosts", "5")
    assert (done.exit_code, "5 do not fit" in done.stderr) == (2, True)


def test_options_without_effect_are_told(folder):
    sled = "warning: --sled: has no effect on small.yaml, which is not a fabric of pods\n"
    done = _run("flows", "small.yaml", "flows.csv", "--sled", DEFAULT_SLED, "--json")
    assert (done.exit_code, done.stderr) == (0, sled)
    assert json.loads(done.stdout)["flows"] == 3
    done = _run("links", "small.yaml", "--sled", DEFAULT_SLED, "--hosts", "3")
    hosts = "warning: --hosts: has no effect on small.yaml, which has 4 hosts and is built in full\n"
    assert (done.exit_code, done.stderr, len(done.stdout.splitlines())) == (0, hosts + sled, 16)
    done = _run("links", "f4_100g", "--sled", DEFAULT_SLED, "--hosts", "3")
    assert (done.exit_code, done.stderr) == (0, "")


def test_parallel_cables_fail_one_by_one(folder):
    lines = ISLANDS.splitlines()[:5] + [
        f"  - {{a: {a}, b: {b}, bandwidth: 8 Gbit/s, latency: 0 s}}" for a, b in ("as", "sb", "sb", "cs")
    ]
    (folder / "pair.yaml").write_text("\n".join([*lines, "routing: single", ""]))
    (folder / "two.csv").write_text("id,src,dst,bytes,start\nx,0,1,1e9,0\n")
    names = [row["link"] for row in json.loads(_run("links", "pair.yaml", "--json").stdout)]
    assert len(set(names)) == len(names) == 8
    for failed, rerouted in (("s > b", 1), ("s > b #2", 0)):
        (folder / "changes.csv").write_text(f"time,link,bandwidth\n0.5,{failed},0\n")
        told = json.loads(_run("flows", "pair.yaml", "two.csv", "--changes", "changes.csv", "--json").stdout)
        assert (told["rerouted"], told["makespan_s"]) == (rerouted, 1.0)
