"""``dcsim collective``: what it prints and what it refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dcsim.cli.lists import count, counts, names, sizes
from dcsim.cli.main import main


def run(*words):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["collective", *words])


def test_a_table_in_the_style_of_nccl_tests():
    done = run(
        *("--ranks", "8", "--bytes", "1MB,1 GB", "--fabric", "rack16_50g_full", "--fidelity", "closed_form,flow"),
        *("--overhead", "0 us"),
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "algorithm         ranks  size  fidelity         time  algbw  busbw   formula    gap  loss  bottleneck\n"
        "                                                  us   GB/s   GB/s        us\n"
        "ring                  8  1 MB  closed_form     294.0  3.401  5.952     294.0  +0.0%     -  host 0 > rack 0\n"
        "ring                  8  1 MB  flow            294.0  3.401  5.952     294.0  +0.0%     -  host 0 > rack 0\n"
        "ring                  8  1 GB  closed_form  280014.0  3.571  6.250  280014.0  +0.0%     -  host 0 > rack 0\n"
        "ring                  8  1 GB  flow         280014.0  3.571  6.250  280014.0  +0.0%     -  host 0 > rack 0\n"
        "halving_doubling      8  1 MB  closed_form     286.0  3.497  6.119     286.0  +0.0%     -  host 0 > rack 0\n"
        "halving_doubling      8  1 MB  flow            286.0  3.497  6.119     286.0  +0.0%     -  host 0 > rack 0\n"
        "halving_doubling      8  1 GB  closed_form  280006.0  3.571  6.250  280006.0  +0.0%     -  host 0 > rack 0\n"
        "halving_doubling      8  1 GB  flow         280006.0  3.571  6.250  280006.0  +0.0%     -  host 0 > rack 0\n"
    )


def test_small_buffers_are_bound_by_latency():
    done = run("--algorithm", "ring", "--ranks", "32", "--bytes", "100kB")
    assert done.stdout.splitlines()[-1].endswith("latency (98%)")


def test_json_is_a_list_of_rows_in_si_units():
    at = ("--fabric", "leaf_spine_256", "--overhead", "0 s")
    done = run("--algorithm", "gather", "--ranks", "8", "--bytes", "4MB", *at, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)
    assert row == {
        "algorithm": "gather", "ranks": 8, "bytes": 4e6, "buffers": "fused", "messages": 1, "fidelity": "flow",
        "time_s": pytest.approx(7 * 0.5e6 / 6.25e9), "algbw_bytes_per_s": pytest.approx(6.25e9 * 8 / 7),
        "busbw_bytes_per_s": pytest.approx(6.25e9), "closed_form_s": pytest.approx(7 * 0.5e6 / 6.25e9),
        "gap_ratio": pytest.approx(0.0, abs=1e-12), "waiting_s": 0.0, "loss_ratio": 0.0, "timeouts": 0.0,
        "bottleneck": "leaf 0 > host 0",
    }  # fmt: skip


def test_notes_go_to_stderr():
    done = run("--ranks", "2", "--algorithm", "ring", "--bytes", "51114064B", "--buffers", "per-tensor:resnet50")
    assert done.exit_code == 0
    assert done.stderr.startswith("note: 51.11 MB is 0.5 of the gradient of resnet50 (102.2 MB in 161 buffers)")
    assert "note" not in done.stdout
    done = run("--ranks", "2", "--algorithm", "ring", "--servers", "1")
    assert done.stderr == "note: --servers has no effect without the algorithm parameter_server\n"


def test_every_problem_at_once():
    done = run(
        *("--algorithm", "rng", "--ranks", "8,x", "--bytes", "100", "--fabric", "f4", "--sled", "y"),
        *("--placement", "stride", "--fidelity", "flw,flow", "--buffers", "per-tensor", "--servers", "-1"),
        *("--transport", "z", "--hosts-per-nic", "2,3", "--overhead", "-1 us"),
    )
    assert done.exit_code == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == [
        "--algorithm", "--buffers", "--bytes", "--fabric", "--fidelity", "--hosts-per-nic", "--overhead",
        "--placement", "--ranks", "--servers", "--sled", "--transport",
    ]  # fmt: skip
    assert lines[-1] == "12 problems on the command line"
    assert "--bytes: '100' needs a number and a unit, such as '80 GiB'" in lines
    assert "--placement: unknown value 'stride'; did you mean 'strided'?" in lines
    assert "--fidelity: unknown value 'flw'; did you mean 'flow'?" in lines
    assert "--ranks: 'x' is not a whole number; write some with commas, or a range such as 8..64" in lines
    assert "--hosts-per-nic: '2,3' is more than one number; give one" in lines


def test_overhead_is_that_of_each_message():
    """A ring of two has two rounds, each of which waits for one message."""
    at = ("--algorithm", "ring", "--ranks", "2", "--bytes", "8B", "--fabric", "rack16_50g_full", "--json")
    without, with_it = (json.loads(run(*at, "--overhead", text).stdout)[0]["time_s"] for text in ("0 s", "20us"))
    assert with_it - without == pytest.approx(40e-6, rel=1e-9)


def test_hosts_that_no_way_joins_are_refused(tmp_path):
    halves = tmp_path / "halves.yaml"
    halves.write_text(
        "title: halves\nassumption: a test\ntype: graph\nhosts: [h0, h1, h2, h3]\nlinks:\n"
        + "".join(
            f"  - {{a: h{host}, b: s{host // 2}, bandwidth: 10 Gbit/s, latency: 1 us}}\n" for host in range(4)
        ),
        encoding="utf-8",
    )
    for words in (("--ranks", "4"), ("--server", "dgx_a100", "--ranks", "24")):
        done = run("--fabric", str(halves), "--algorithm", "ring", *words)
        assert done.exit_code == 2
        assert done.stderr.startswith("--fabric: no way leads from host 'h1' to host 'h2'; join them with cables\n")
    assert run("--fabric", str(halves), "--algorithm", "ring", "--ranks", "2").exit_code == 0


def test_tiny_and_huge_values_keep_digits_that_count():
    done = run("--algorithm", "ring", "--ranks", "2", "--bytes", "8B,1EB", "--fidelity", "closed_form")
    tiny, huge = (line.split() for line in done.stdout.splitlines()[2:])
    assert tiny[2:4] == ["8", "B"]
    assert 0.0 < float(tiny[6]) < 1e-3
    assert huge[2:4] == ["1", "EB"]
    assert "e+14" in huge[5]


def test_lists():
    assert names("a, b,a") == ("a", "b")
    assert counts("8,32,8") == (8, 32)
    assert counts("3..20") == (3, 6, 12, 20)
    assert sizes("1kB..4kB,1GB") == (1e3, 2e3, 4e3, 1e9)
    assert sizes("1 kB .. 3 kB") == (1e3, 2e3, 3e3)


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (names, "a,,b", "leaves a place empty"),
        (names, "", "'' leaves a place empty; write names"),
        (counts, "8,", "'8,' leaves a place empty; write whole numbers with commas, such as 8,32"),
        (sizes, "", "'' leaves a place empty; write sizes with commas, such as 1MB,1GB"),
        (sizes, "1MB,", "'1MB,' leaves a place empty; write sizes"),
        (counts, "8.5", "'8.5' is not a whole number"),
        (counts, "-8", "-8 is not between 1 and 1,000,000"),
        (count, "-8", "-8 is not between 1 and 1,000,000"),
        (count, "x", "^'x' is not a whole number$"),
        (count, "8..64", "'8..64' is more than one number; give one"),
        (counts, "8..", "'' is not a whole number"),
        (counts, "0", "0 is not between 1 and 1,000,000"),
        (counts, "9999999999", "is not between 1 and 1,000,000"),
        (counts, "64..8", r"'64..8' runs backwards; write 8..64"),
        (sizes, "1GB..1MB", r"'1GB..1MB' runs backwards; write 1MB..1GB"),
        (sizes, "1Gbps", "'1Gbps' 'Gbps'|unknown unit"),
        (sizes, "0B", "'0B' is less than one byte"),
        (sizes, "-1MB", "'-1MB' is less than one byte"),
    ],
)
def test_lists_that_are_refused(read, text, reason):
    with pytest.raises(ValueError, match=reason):
        read(text)
