"""``dcsim balance``: what it prints and refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main

MIXED = ("--model", "resnet50", "--group", "big_basin_v100=2", "--group", "big_sur_m40=1")


def run(*words, verb="balance"):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, [verb, *words])


def test_all_devices_are_done_at_the_same_time():
    done = run(*MIXED, "--batch", "1200", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    fast, slow = found["members"]
    assert fast["samples"] + slow["samples"] == fast["even_samples"] + slow["even_samples"] == 1200
    assert (fast["devices"], slow["devices"]) == (16, 8)
    assert fast["batch_per_device"] > fast["even_batch_per_device"] == 50 > slow["batch_per_device"]
    # Whole samples: one more on either would be the slowest.
    assert slow["device_s"] == pytest.approx(fast["device_s"], rel=1.0 / slow["batch_per_device"])
    assert found["compute_s"] == max(fast["device_s"], slow["device_s"])
    parts = ("compute_s", "overhead_s", "exposed_communication_s", "straggler_s")
    assert sum(found[part] for part in parts) == pytest.approx(found["step_s"])
    assert found["loss"] == pytest.approx(found["even_step_s"] / found["step_s"] - 1.0)
    assert found["even_step_s"] > slow["even_device_s"] > found["compute_s"]
    assert found["throughput_per_s"] == pytest.approx(1200 / found["step_s"])


def test_equal_servers_step_as_dcsim_step_says():
    found = json.loads(run("--model", "resnet50", "--group", "big_basin_v100=4", "--batch", "1024", "--json").stdout)
    words = ("--model", "resnet50", "--server", "big_basin_v100", "--hosts", "4", "--json")
    step = json.loads(run(*words, verb="step").stdout)
    assert found["loss"] == 0.0
    assert found["members"][0]["batch_per_device"] == 32
    assert found["compute_s"] == pytest.approx(step["compute_s"] + step["optimiser_s"])
    for part in ("step_s", "overhead_s", "exposed_communication_s"):
        assert found[part] == pytest.approx(step[part], rel=1e-6), part
    assert found["straggler_s"] == pytest.approx(step["straggler_s"], rel=1e-3)


def test_a_device_that_would_only_delay_gets_nothing():
    found = json.loads(run(*MIXED, "--batch", "64", "--json").stdout)
    assert found["members"][1]["samples"] == 0
    assert found["members"][1]["device_s"] == 0.0
    assert found["loss"] > 0.0


def test_text_has_a_line_for_each_kind_of_server():
    done = run(*MIXED, "--batch", "1200")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line.split()[:3] for line in lines[2:4]] == [["big_basin_v100", "2", "16"], ["big_sur_m40", "1", "8"]]
    assert lines[-1].startswith("step with equal shares")
    assert "3 of big_sur_m40, which have the slowest adapter" in done.stderr


def test_equal_shares_that_do_not_fit_are_not_compared_with():
    group = ("--group", "dgx1_v100_32=3", "--group", "easgd_k40=1")
    done = run("--model", "resnet50", *group, "--batch", "4000", "--json")
    found = json.loads(done.stdout)
    assert found["members"][1]["even_batch_per_device"] > found["members"][1]["largest_batch"]
    assert found["even_step_s"] is found["loss"] is found["members"][1]["even_device_s"] is None
    assert "equal shares do not fit the memory of every device" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--batch", "0"), "--batch: 0 is not between 1 and 1,000,000"),
        (("--batch", "23"), "--batch: 23 samples are not one for each of 24 devices"),
        (("--batch", "100000"), "--batch: a device of big_sur_m40 holds "),
        (("--batch", "64", "--precision", "fp33"), "--precision: unknown precision 'fp33'; did you mean 'fp32'?"),
        (("--batch", "64", "--group", "big_sur"), "--group: 'big_sur' is not a server and a number"),
        (("--batch", "64", "--group", "big_sur=x"), "--group: 'big_sur=x' is not a server and a number"),
        (("--batch", "64", "--group", "big_sur_m4=1"), "--group: unknown server 'big_sur_m4'; did you mean"),
        (("--batch", "64", "--group", "big_sur_m40=1"), "--group: 'big_sur_m40' is named twice; add its hosts up"),
        (("--batch", "64", "--fabric", "f5"), "--fabric: no such file, and unknown fabric 'f5'"),
    ],
)
def test_wrong_input_is_told(words, told):
    done = run(*MIXED, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert any(line.startswith(told) for line in lines), done.stderr
    assert lines[-1].startswith("1 problem") or told.startswith("--batch: a device"), done.stderr


def test_problems_are_told_together():
    done = run("--model", "resnet5", "--group", "nobody=1", "--group", "x", "--batch", "y", "--framework", "z")
    assert done.exit_code == 2
    told = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert sorted(told[:-1]) == ["--batch", "--framework", "--group", "--group", "--model"]
