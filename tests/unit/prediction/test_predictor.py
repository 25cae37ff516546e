"""Predicted steps: parts add up, limits are named, what should not matter does not."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import pytest

from dcsim.errors import InputError
from dcsim.prediction.predictor import Predictor, predict
from dcsim.prediction.question import Question
from dcsim.spec.catalog import Catalog

BOX = Question("resnet50", "big_basin_p100", gpus=8)
FLEET = replace(BOX, gpus=256, collective="halving_doubling")


@pytest.fixture(scope="module")
def predictor():
    return Predictor()


def refused(question, catalog=None):
    with pytest.raises(InputError) as caught:
        predict(question, catalog)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "question",
    [
        BOX,
        FLEET,
        replace(FLEET, network="closed_form", bucket_bytes=0.0),
        replace(FLEET, accumulate=4, batch_per_device=8),
        replace(BOX, parallelism="one_forward_one_backward", batch_per_device=8, microbatches=4),
        replace(BOX, data="real", framework="tensorflow"),
        Question("mlp_ranking", "leopard", hosts=16, batch_per_device=256),
    ],
)
def test_parts_add_up_to_the_step(predictor, question):
    found = predictor.predict(question)
    parts = (
        found.forward_s, found.backward_s, found.optimiser_s, found.overhead_s, found.exposed_communication_s,
        found.bubble_s, found.straggler_s, found.input_stall_s,
    )  # fmt: skip
    assert min(parts) >= 0.0
    assert sum(parts) == pytest.approx(found.step_s, rel=1e-9)
    assert found.compute_s == pytest.approx(found.forward_s + found.backward_s)
    assert found.throughput_per_s == pytest.approx(found.samples / found.step_s)


def test_the_timeline_ends_with_the_step(predictor):
    found = predictor.predict(FLEET)
    spans = found.timeline.spans()
    assert max(span.end_s for span in spans) == pytest.approx(found.step_s)
    by_lane = {}
    for span in spans:
        by_lane.setdefault(span.lane, []).append(span)
    for lane in by_lane.values():
        ordered = sorted(lane, key=lambda span: span.begin_s)
        assert all(b.begin_s >= a.end_s - 1e-12 for a, b in pairwise(ordered))


def test_one_device_waits_for_nobody(predictor):
    found = predictor.predict(replace(BOX, gpus=1))
    assert (found.exposed_communication_s, found.straggler_s, found.overhead_s, found.sent_bytes) == (0, 0, 0, 0)
    assert (found.efficiency, found.efficiency_of_device, found.efficiency_of_box) == pytest.approx((1.0, 1.0, 1.0))


def test_efficiency_is_throughput_over_that_of_the_smaller_system(predictor):
    one, box, fleet = (predictor.predict(each).throughput_per_s for each in (replace(BOX, gpus=1), BOX, FLEET))
    found = predictor.predict(FLEET)
    assert found.efficiency == found.efficiency_of_box == pytest.approx(fleet / (32 * box))
    assert found.efficiency_of_device == pytest.approx(fleet / (256 * one))


def test_the_gpus_of_a_box_wait_for_the_slowest(predictor):
    """By hand: the largest of eight normal numbers is 1.4236 on the mean, of two 0.5642; the spread is 1.5 %."""
    for gpus, largest in ((8, 1.4236), (2, 0.5642)):
        found = predictor.predict(replace(BOX, gpus=gpus))
        busy_s = found.compute_s + found.optimiser_s + found.overhead_s
        assert found.straggler_s == pytest.approx(0.015 * largest * busy_s, rel=1e-3)
    alone = predictor.predict(replace(BOX, parallelism="parameter_server"))
    assert alone.straggler_s == 0.0


def test_inference_is_the_forward_pass_alone(predictor):
    found = predictor.predict(replace(FLEET, training=False))
    trained = predictor.predict(FLEET)
    assert found.forward_s == found.step_s <= trained.forward_s
    assert found.memory_bytes < trained.memory_bytes


def test_the_same_question_has_the_same_answer_warm_and_cold(predictor):
    warm, cold = predictor.predict(FLEET), predict(FLEET)
    assert [getattr(warm, each.name) for each in fields(warm) if each.name != "timeline"] == [
        getattr(cold, each.name) for each in fields(cold) if each.name != "timeline"
    ]


def test_what_does_not_fit_is_refused_with_the_largest_batch(predictor):
    largest = predictor.predict(BOX).largest_batch
    assert predictor.predict(replace(BOX, batch_per_device=largest)).memory_bytes <= 16 * 2**30
    (told,) = refused(replace(BOX, batch_per_device=largest + 1))
    assert told.startswith("--batch-per-device: needs ")
    assert told.endswith(f"; at most {largest} samples fit; it fits with --recompute")
    (told,) = refused(replace(BOX, batch_per_device=50 * largest, recompute=True))
    assert told.endswith(" samples fit")


def test_a_model_too_large_for_one_device_is_split(predictor):
    asked = Question("gpt3_175b", "dgx_a100_80", batch_per_device=1, precision="bf16", gpus=64)
    (told,) = refused(asked)
    assert told.endswith("not even one sample fits; it fits with --parallelism one_forward_one_backward --recompute")
    split = replace(asked, parallelism="one_forward_one_backward", recompute=True)
    assert predictor.predict(split).memory_bytes < 80 * 2**30
    (told,) = refused(replace(asked, gpus=128))
    assert told.endswith("it fits with --parallelism one_forward_one_backward --stages 64 --recompute")
    (told,) = refused(replace(asked, gpus=8))
    assert "fills 25 devices: take more, and split it with --parallelism one_forward_one_backward" in told


def test_inside_one_box_the_box_is_its_own_measure(predictor):
    answer = predictor.predict(Question("dlrm", "zion", parallelism="embedding_sharded"))
    assert answer.efficiency_of_box == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gpus": 3, "collective": "halving_doubling"}, ["--collective has no effect inside one server: its 3 GPUs"]),
        ({"gpus": 1, "collective": "ring"}, ["--collective has no effect inside one server"]),
        ({"gpus": 24, "collective": "halving_doubling"}, ["3 hosts are no power of two; halving_doubling folds"]),
        ({"gpus": 24, "collective": "ring"}, []),
        ({"gpus": 32, "collective": "halving_doubling_far"}, []),
        ({"gpus": 3}, []),
        ({"gpus": 3, "collective": "ring", "training": False}, []),
    ],
)
def test_what_becomes_of_a_named_collective_is_told(change, said, predictor):
    notes = predictor.predict(replace(BOX, **change)).notes
    assert [note[: len(start)] for note, start in zip(notes, said, strict=True)] == said


def test_int8_is_for_serving(predictor):
    """Twice the rate of FP16 on the matrix units of an A100, and never slower."""
    serve = Question("resnet50", "dgx_a100", precision="fp16", training=False, batch_per_device=256)
    narrow, wide = (predictor.predict(replace(serve, precision=word)).step_s for word in ("int8", "mixed"))
    assert wide / 2.5 < narrow < wide


def test_huge_fleets_are_answered_in_the_closed_form_or_refused(predictor):
    asked = replace(BOX, gpus=16384, collective="ring")
    (note,) = predictor.predict(asked).notes
    assert note.startswith("for more than 1024 hosts the network is taken in closed form")
    assert predictor.predict(replace(asked, network="closed_form")).notes == ()
    assert refused(replace(asked, gpus=400_000)) == ["--gpus: takes 50000 hosts; at most 16384 are looked at"]
    (told,) = refused(Question("resnet50", "leopard", hosts=300, parallelism="parameter_server"))
    assert "300 hosts that each send to 300 are too many: at most 65536 messages" in told
    (told,) = refused(replace(asked, collective="parameter_server"))
    assert "2048 hosts that each send to 2048 are too many: at most 1048576 messages" in told
    (told,) = refused(Question("dlrm", "zion", hosts=1025, parallelism="embedding_sharded", network="closed_form"))
    assert "looked at for at most 1024, not 1025" in told


def test_every_problem_is_told_at_once():
    told = refused(
        replace(
            BOX, model="resnet5", precision="fp31", data="reel", gpus=12, collective="rings", framework="mxnets",
            optimiser="momentun", region="nowhere", network="flows",
        )
    )  # fmt: skip
    assert {line.partition(":")[0] for line in told} == {
        "--model", "--precision", "--data", "--gpus", "--collective", "--framework", "--optimiser", "--region",
        "--network",
    }  # fmt: skip
    assert "--gpus: 12 GPUs do not fill servers of 8; give 8 or 16" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"batch_per_device": 0}, "--batch-per-device: needs at least 1 sample, not 0"),
        ({"precision": "int8"}, "--precision: models are not trained in int8; it is for --inference"),
        ({"accumulate": 0}, "--accumulate: needs at least 1, not 0"),
        ({"collective": "broadcast"}, "--collective: 'broadcast' does not add gradients up; choose from"),
        (
            {"gpus": 3, "collective": "halving_doubling_far"},
            "--collective: halving_doubling_far: needs a power of two of ranks, such as 2 or 4, not 3",
        ),
        ({"gpus": 48, "collective": "halving_doubling_far"}, "--collective: halving_doubling_far: needs a power"),
        ({"gpus": None, "hosts": 0}, "--hosts: needs at least 1, not 0"),
    ],
)
def test_limits_are_named(change, told):
    (line,) = refused(replace(BOX, **change))
    assert line.startswith(told)


GPU = """\
title: Toy GPU
source: a test
vendor: nobody
year: 2022
peak: {fp32: 20 TFLOP/s, tensor_fp16: 150 TFLOP/s}
memory: 24 GiB
memory_bandwidth: 1000 GB/s
tdp: 300 W
idle_power: 30 W
links: 6
link_bandwidth: 25 GB/s
"""
SERVER = """\
title: Toy box
source: a test
kind: gpu
year: 2022
cpu: gold_6138
sockets: 2
gpu: toy_gpu
gpus: 4
memory: 512 GiB
nic: nic_100g
nics: 1
idle_power: 600 W
peak_power: 2000 W
price: 50000 USD
lifetime: 4 years
serving_speed: 4.0
"""


def test_a_machine_of_ones_own_needs_no_sled_and_no_fitted_figures(tmp_path):
    for kind, name, text in (("gpus", "toy_gpu", GPU), ("servers", "toy_box", SERVER)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f"{name}.yaml").write_text(text, encoding="utf-8")
    own = Predictor(Catalog([tmp_path]))
    found = own.predict(Question("resnet50", "toy_box", gpus=16, precision="mixed", batch_per_device=64))
    assert found.hosts == 4
    assert 0.5 < found.efficiency <= 1.0
    p100 = own.predict(replace(BOX, batch_per_device=64))
    assert found.throughput_per_s / 16 > p100.throughput_per_s / 8
