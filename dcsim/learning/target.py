"""Steps, samples and time to a target: how learning and step time make the length of a training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.learning.asynchrony import averaged_examples, fresh_progress, replica_speedup
from dcsim.learning.batch import examples_needed

if TYPE_CHECKING:
    from dcsim.learning.like import LearningLike

__all__ = ["FORWARD_SHARE", "LearningTime", "recipe_time", "to_target"]

FORWARD_SHARE = 1.0 / 3.0
"""Work of evaluating a sample over that of training with it: one of a layer's three matrix products."""


@dataclass(frozen=True)
class LearningTime:
    """A training, from its start to its end.

    Parameters
    ----------
    steps : int
        Steps of the whole system.
    samples : float
        Trained with, by all workers together.
    epochs : float
        Passes over the data.
    training_s, evaluation_s, start_s : float
        In steps; evaluating after every epoch; before the first step (s).
    """

    steps: int
    samples: float
    epochs: float
    training_s: float
    evaluation_s: float
    start_s: float

    @property
    def time_s(self) -> float:
        """The whole training (s)."""
        return self.training_s + self.evaluation_s + self.start_s


def to_target(
    learning: LearningLike,
    *,
    samples: float,
    step_s: float,
    updates: float = 1.0,
    age: float = 0.0,
    replicas: int = 1,
    averaged: int = 1,
    every: int = 1,
) -> LearningTime:
    """Return how long training takes until the target is reached.

    ``steps = E(B) / (samples * fresh_progress(age))``, where ``E(B)`` are the samples needed when each update takes the
    mean of ``B = samples / (updates * replicas)``. With several replicas, each learns for itself, and all together
    learn ``replica_speedup`` times as fast as one. Copies that are averaged outright need ``averaged_examples``.

    Parameters
    ----------
    learning : LearningLike
        What is learnt.
    samples : float
        Of one step, of all workers together.
    step_s : float
        Time of one step (s).
    updates : float
        Updates of the weights in that time: 1 when all workers are synchronised, their number when each goes at its
        own pace.
    age : float
        Updates by which a gradient is too old, on the mean; of replicas, what they are drawn towards.
    replicas, averaged : int
        Copies of the weights that are drawn towards a centre, and that take the mean of all, each with its part of the
        samples.
    every : int
        Steps from one such mean to the next.

    Raises
    ------
    ValueError
        When an argument is out of range.
    """
    if not (samples > 0.0 and step_s > 0.0 and updates > 0.0 and replicas >= 1 and averaged >= 1):
        raise ValueError("needs samples, step time, updates and copies above zero")
    if averaged > 1:
        needed = averaged_examples(learning, samples / averaged, averaged, every) / samples
    elif replicas > 1:
        alone = samples / replicas
        gain = replica_speedup(replicas, learning.replica_exponent, age=age, known_age=learning.replica_age)
        needed = examples_needed(learning, alone / updates) / (alone * gain)
    else:
        fresh = fresh_progress(age, learning.momentum)
        needed = examples_needed(learning, samples / updates) / (samples * fresh)
    return _train(learning, needed, samples, step_s)


def recipe_time(learning: LearningLike, *, epochs: float, samples: float, step_s: float) -> LearningTime:
    """Return how long a training of so many epochs takes, whatever it reaches.

    Parameters
    ----------
    learning : LearningLike
        Its ``epoch``, ``evaluation`` and ``start`` apply.
    epochs : float
        Passes over the data.
    samples, step_s : float
        Of one step, of all workers together; its time (s).

    Raises
    ------
    ValueError
        When an argument is not above zero.
    """
    if not (epochs > 0.0 and samples > 0.0 and step_s > 0.0):
        raise ValueError("needs epochs, samples and a step time above zero")
    return _train(learning, epochs * learning.epoch / samples, samples, step_s)


def _train(learning: LearningLike, needed: float, samples: float, step_s: float) -> LearningTime:
    """Return a training of so many steps, rounded up."""
    steps = math.ceil(needed * (1.0 - 1e-12))
    epochs = steps * samples / learning.epoch
    evaluated = math.ceil(needed * samples / learning.epoch * (1.0 - 1e-12)) * learning.evaluation
    evaluation_s = evaluated * FORWARD_SHARE * step_s / samples
    return LearningTime(steps, steps * samples, epochs, steps * step_s, evaluation_s, learning.start)
