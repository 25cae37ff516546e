"""What learning loses when workers do not wait for one another: old gradients, and replicas that only pull together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.learning.batch import examples_needed

if TYPE_CHECKING:
    from dcsim.learning.like import LearningLike

__all__ = ["averaged_examples", "fresh_progress", "replica_speedup"]


def fresh_progress(age: float, momentum: float) -> float:
    """Return the progress of an old gradient over that of a fresh one, ``min(1, 1 / ((1 - m) (1 + age)))``.

    Asynchrony acts like momentum: gradients that are ``n - 1`` updates old on the mean move the weights as if their
    momentum were ``1 - 1 / n`` (Mitliagkas, Zhang, Hadjis and Re, Asynchrony begets Momentum, 2016,
    arXiv:1605.09774). As long as that is no more than the momentum ``m`` that synchronous training likes, the explicit
    momentum is lowered and nothing is lost. Older gradients have to be weighed down by their age (Zhang, Gupta, Lian
    and Liu, Staleness-aware Async-SGD, 2016, arXiv:1511.05950); that what is lost is in proportion is an assumption.

    Parameters
    ----------
    age : float
        Updates by which the weights have moved on, on the mean.
    momentum : float
        Best momentum of synchronous training, below 1.

    Examples
    --------
    >>> fresh_progress(0.0, 0.9), fresh_progress(9.0, 0.9), round(fresh_progress(39.0, 0.9), 12)
    (1.0, 1.0, 0.25)
    """
    if age < 0.0 or not 0.0 <= momentum < 1.0:
        raise ValueError("needs an age of 0 or more and a momentum from 0 to below 1")
    return min(1.0, 1.0 / ((1.0 - momentum) * (1.0 + age)))


def replica_speedup(replicas: int, exponent: float = 0.5, *, age: float = 0.0, known_age: float = 0.0) -> float:
    """Return how much faster replicas learn that are averaged elastically than one of them.

    ``1 + (n**exponent - 1) min(1, (1 + known_age) / (1 + age))``. The square root is what was told of elastic averaging
    on up to 32 nodes (Chintala, Distributed Deep Learning at Scale, 2016), with a centre of ``known_age``. Replicas
    that meet less often gain less from one another, and in the end nothing; that what they gain falls in proportion to
    the age is an assumption. It is the loss of the method alone: communication, where it is not hidden, comes on top.

    Parameters
    ----------
    replicas : int
        Copies of the weights.
    exponent : float
        By which power of their number they learn faster.
    age : float
        Steps by which the centre is old that they are drawn towards, on the mean.
    known_age : float
        Up to which the power is known.

    Raises
    ------
    ValueError
        For no replica, or an age below 0.

    Examples
    --------
    >>> replica_speedup(4), round(replica_speedup(32), 2), replica_speedup(4, age=19.0, known_age=9.0)
    (2.0, 5.66, 1.5)
    """
    if replicas < 1 or age < 0.0 or known_age < 0.0:
        raise ValueError(f"{replicas} replicas of age {age:g}; needs at least one, and an age of 0 or more")
    return 1.0 + (float(replicas**exponent) - 1.0) * min(1.0, (1.0 + known_age) / (1.0 + age))


def averaged_examples(learning: LearningLike, batch: float, replicas: int, every: int) -> float:
    """Return the samples to the target, of all together, of replicas that take the mean of their weights.

    ``min(n E(b), E(n b tau))``: never worse than one replica alone while the others go along for nothing, nor than
    updates by everything that was seen since the last mean. For quadratic objectives local steps are at least as good
    as that minibatch (Woodworth et al., Is Local SGD Better than Minibatch SGD?, 2020, arXiv:2002.07839); that they are
    no better than the better of the two is an assumption. With a mean after every step it is synchronous training.

    Parameters
    ----------
    learning : LearningLike
        What is learnt.
    batch : float
        Samples of a step of one replica.
    replicas : int
        Copies of the weights.
    every : int
        Steps from one mean to the next.

    Raises
    ------
    ValueError
        For an empty batch, no replica or no step.
    """
    if replicas < 1 or every < 1:
        raise ValueError(f"{replicas} replicas, every {every} steps; needs at least one of each")
    return min(replicas * examples_needed(learning, batch), examples_needed(learning, replicas * batch * every))
