"""Steps and time to a target, as a prediction tells them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcsim.prediction.predictor import Predictor
from dcsim.prediction.question import Question
from dcsim.spec.catalog import Catalog

NODES = Question(
    "alexnet", "easgd_k40", hosts=32, batch_per_device=128, parallelism="elastic_averaging", tau=10, prefetch=5,
    target="imagenet_alexnet",
)  # fmt: skip
BOX = Question("resnet50", "big_basin_p100", gpus=8, parallelism="local_sgd", target="imagenet_resnet50_lars")


@pytest.fixture(scope="module")
def predictor():
    return Predictor()


def test_elastic_averaging_as_told_and_beyond(predictor):
    told = predictor.predict(NODES)
    assert told.learning_speedup == pytest.approx(5.66, rel=0.01)
    assert told.notes == ()
    gains = [predictor.predict(replace(NODES, tau=tau)).learning_speedup for tau in (10, 100, 10_000, 1_000_000)]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] == pytest.approx(1.0, abs=0.005)
    (note,) = predictor.predict(replace(NODES, tau=100)).notes
    assert note.startswith("what replicas gain is known to an age of 9.5 steps of the centre; at 54.5 it is assumed")


def test_local_sgd_lies_between_synchronous_training_and_one_device(predictor):
    alone = predictor.predict(replace(BOX, gpus=1, parallelism="data_parallel"))
    synchronous = predictor.predict(replace(BOX, parallelism="data_parallel"))
    steps = [predictor.predict(replace(BOX, tau=tau)).steps_to_target for tau in (1, 4, 19, 1000, 100_000)]
    assert steps == sorted(steps)
    assert steps[0] == synchronous.steps_to_target < steps[1] < steps[2]
    assert steps[-1] == alone.steps_to_target


def test_smaller_gradients_say_what_they_lose(predictor):
    asked = replace(BOX, parallelism="data_parallel", compression="onebit")
    lost = Catalog().load("compressions", "onebit").accuracy_loss
    found = predictor.predict(asked)
    assert found.accuracy_loss == lost > 0.0
    (note,) = found.notes
    assert note == f"--compression loses {lost:.2%} of the quality; the time to the target does not make up for it"
    assert found.steps_to_target == predictor.predict(replace(asked, compression=None)).steps_to_target
    assert predictor.predict(replace(asked, target=None)).notes == ()
