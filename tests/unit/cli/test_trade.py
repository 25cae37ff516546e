"""``dcsim trade``: what it prints and refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main

GIVEN = ("--machines", "100", "--work", "4 days")


def run(*words, verb="trade"):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, [verb, *words])


def test_a_hundred_models_on_a_hundred_machines():
    """As told of it: 25 models a day, each after four days, or 20 a day, each after one."""
    done = run(*GIVEN, "--models", "100", "--sizes", "1,5", "--speedup", "1=1,5=4", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    alone, five = found.pop("sizes")
    assert found == {"machines": 100, "models": 100, "work_s": 345600.0}
    assert alone == {
        "size": 1, "groups": 100, "idle_machines": 0, "speedup": 1.0, "wait_s": 345600.0, "models_per_day": 25.0,
        "last_s": 345600.0, "efficient": True,
    }  # fmt: skip
    assert five == {
        "size": 5, "groups": 20, "idle_machines": 0, "speedup": pytest.approx(4.0), "wait_s": pytest.approx(86400.0),
        "models_per_day": pytest.approx(20.0), "last_s": pytest.approx(432000.0), "efficient": True,
    }  # fmt: skip


def test_sizes_double_up_to_all_and_one_that_waits_and_trains_less_is_not_marked():
    done = run("--machines", "7", "--work", "1 h", "--speedup", "2=1.9,4=1.8")
    assert done.exit_code == 0
    lines = [line.split() for line in done.stdout.splitlines()[2:]]
    assert [line[:3] for line in lines] == [["1", "7", "0"], ["2", "3", "1"], ["4", "1", "3"], ["7", "1", "0"]]
    assert [line[-1] == "efficient" for line in lines] == [True, True, False, False]


def test_predicted_speed_ups_are_those_of_steps():
    words = ("--model", "resnet50", "--server", "big_basin_p100", "--batch-per-device", "16")
    done = run(*GIVEN, "--sizes", "1,4", *words, "--json")
    assert done.exit_code == 0
    assert "speed-ups are of samples a second" in done.stderr
    alone, four = json.loads(done.stdout)["sizes"]
    steps = [json.loads(run(*words, "--hosts", hosts, "--json", verb="step").stdout) for hosts in ("1", "4")]
    assert alone["speedup"] == 1.0
    assert four["speedup"] == pytest.approx(steps[1]["throughput_per_s"] / steps[0]["throughput_per_s"])


def test_to_a_target_learning_counts():
    words = ("--model", "resnet50", "--server", "big_basin_p100", "--target", "imagenet_resnet50_lars")
    found = json.loads(run("--machines", "64", "--sizes", "1,64", *words, "--json").stdout)
    steps = [json.loads(run(*words, "--hosts", hosts, "--json", verb="step").stdout) for hosts in ("1", "64")]
    assert found["work_s"] == steps[0]["time_to_target_s"]
    assert found["sizes"][1]["wait_s"] == pytest.approx(steps[1]["time_to_target_s"])
    assert found["sizes"][1]["speedup"] < steps[1]["throughput_per_s"] / steps[0]["throughput_per_s"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--speedup", "5"), "--speedup: '5' is not a number of machines and a speed-up, such as 5=4"),
        (("--speedup", "5=0"), "--speedup: needs groups of at least one machine and speed-ups above zero"),
        (("--speedup", "5=nan"), "--speedup: needs groups of at least one machine and speed-ups above zero"),
        (("--speedup", "1=2,5=4"), "--speedup: 1 machine is as fast as itself: 1, not 2"),
        (("--speedup", "1=1"), "--speedup: needs the speed-up of a group of two machines or more, such as 5=4"),
        (("--speedup", "5=4", "--sizes", "1,200"), "--sizes: 200 machines are more than there are: 100"),
        (("--speedup", "5=4", "--models", "0"), "--models: 0 is not between 1 and 1,000,000"),
        (("--speedup", "5=4", "--work", "0 s"), "--work: must be above zero, such as '4 days'"),
        (("--speedup", "5=4", "--work", "4"), "--work: needs a number and a unit"),
        (("--speedup", "5=4", "--precision", "fp16"), "--precision: has no effect without --model and --server"),
        (("--model", "resnet50"), "--server: is needed to predict steps"),
        (("--model", "resnet50", "--server", "nobody"), "--server: unknown server 'nobody'"),
        ((), "--speedup: is needed, such as 5=4, or --model and --server that predict it"),
    ],
)
def test_wrong_input_is_told(words, told):
    done = run(*GIVEN, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith(told), done.stderr
    assert lines[1:] == ["1 problem on the command line"]


def test_problems_are_told_together():
    done = run("--machines", "0", "--model", "resnet5", "--server", "nobody", "--tau", "0")
    assert done.exit_code == 2
    told = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert told[:-1] == ["--machines", "--model", "--server", "--tau", "--work"]
