"""``dcsim step``: what it prints, draws and refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main

BOX = ("--model", "resnet50", "--server", "big_basin_p100")


def run(*words):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["step", *words])


def test_json_is_one_object_in_si_units():
    done = run(*BOX, "--gpus", "256", "--collective", "halving_doubling", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["devices"] == 256
    assert found["samples"] == 8192
    parts = (
        "compute_s", "optimiser_s", "overhead_s", "exposed_communication_s", "bubble_s", "straggler_s", "input_stall_s",
    )  # fmt: skip
    assert sum(found[part] for part in parts) == pytest.approx(found["step_s"])
    assert found["throughput_per_s"] == pytest.approx(8192 / found["step_s"])
    assert found["efficiency"] == found["efficiency_of_box"]
    assert "timeline" not in found


def test_text_names_every_part_that_takes_time():
    done = run(*BOX, "--gpus", "256", "--collective", "halving_doubling")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "resnet50, fp32, data_parallel, on 256 devices in 32 x big_basin_p100, 8192 samples a step"
    )
    assert [line.split("  ")[0] for line in lines[2:] if not line.startswith(" ")] == [
        "step", "throughput", "efficiency against one device", "efficiency against one box", "memory of a device",
        "power", "cost of a million samples",
    ]  # fmt: skip
    assert any(line.startswith("  stragglers") for line in lines)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_step_is_drawn(tmp_path, ending):
    picture = tmp_path / f"step.{ending}"
    done = run(*BOX, "--gpus", "8", "--plot", str(picture))
    assert done.exit_code == 0
    assert picture.stat().st_size > 5000


def test_inference_and_tensor_by_tensor():
    forward = json.loads(run(*BOX, "--inference", "--json").stdout)
    assert forward["step_s"] == forward["forward_s"]
    many = (*BOX, "--gpus", "256", "--bucket", "tensor", "--json", "--collective")
    ring = json.loads(run(*many, "ring").stdout)
    halving = json.loads(run(*many, "halving_doubling").stdout)
    assert ring["exposed_communication_s"] > 10 * halving["exposed_communication_s"]
    assert halving["efficiency"] > ring["efficiency"] + 0.2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--batch-per-device", "0"), "--batch-per-device: 0 is not between 1 and 1,000,000"),
        (("--batch-per-device", "many"), "--batch-per-device: 'many' is not a whole number"),
        (("--precision", "fp33"), "--precision: unknown precision 'fp33'; did you mean 'fp32'?"),
        (("--batch-per-device", "4096"), "--batch-per-device: needs "),
        (("--gpus", "12"), "--gpus: 12 GPUs do not fill servers of 8; give 8 or 16"),
        (("--bucket", "25"), "--bucket: "),
        (("--cores", "4"), "--cores: the server computes on its GPUs; remove it, or name a server without any"),
        (("--cores", "0"), "--cores: 0 is not between 1 and 1,000,000"),
        (("--plot", "step.txt"), "--plot: 'step.txt' must end in .png, .svg or .pdf"),
        (("--plot", "nowhere/step.png"), "--plot: there is no folder 'nowhere'; make it first"),
        (("--model", "resnet5"), "--model: unknown model 'resnet5'; did you mean 'resnet50'?"),
        (("--parallelism", "pipelines"), "--parallelism: unknown parallelism 'pipelines'"),
    ],
)
def test_wrong_input_is_told(words, told):
    done = run(*BOX, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert any(line.startswith(told) for line in done.stderr.splitlines()), done.stderr


def test_problems_of_writing_and_of_meaning_are_told_together():
    done = run("--model", "resnet5", "--server", "big_basin", "--gpus", "x", "--tau", "0")
    assert done.exit_code == 2
    told = {line.partition(":")[0] for line in done.stderr.splitlines()}
    assert {"--model", "--server", "--gpus", "--tau"} <= told
