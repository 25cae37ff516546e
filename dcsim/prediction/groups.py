"""How much faster groups of servers train one model than a single server does, step by step or to a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING

from dcsim.prediction.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.prediction.question import Question
    from dcsim.spec.catalog import Catalog

__all__ = ["GroupSpeed", "group_speed"]


@dataclass(frozen=True)
class GroupSpeed:
    """Groups of several sizes against one server.

    Parameters
    ----------
    speedup : tuple of float
        Of each size: samples a second, or the time to the target that was asked for.
    work_s : float or None
        Time to that target on one server (s).
    notes : tuple of str
        What the user should know.
    """

    speedup: tuple[float, ...]
    work_s: float | None
    notes: tuple[str, ...]


def group_speed(question: Question, sizes: Sequence[int], catalog: Catalog) -> GroupSpeed:
    """Return the speed-up of groups of servers, each with the same batch on each device.

    Parameters
    ----------
    question : Question
        Model, server and whatever else ``dcsim step`` takes; its numbers of GPUs and hosts do not count.
    sizes : sequence of int
        Hosts of a group.
    catalog : Catalog
        Entries.

    Raises
    ------
    InputError
        With every problem, called by the options of ``dcsim trade``.
    """
    predictor = Predictor(catalog)
    one = predictor.predict(replace(question, gpus=None, hosts=1))
    found = {size: predictor.predict(replace(question, gpus=None, hosts=size)) for size in dict.fromkeys(sizes)}
    notes = {note: None for answer in (one, *found.values()) for note in answer.notes}
    if one.time_to_target_s is None:
        speedup = tuple(found[size].throughput_per_s / one.throughput_per_s for size in sizes)
        return GroupSpeed(speedup, None, (*notes, "speed-ups are of samples a second; --target counts learning, too"))
    times = (found[size].time_to_target_s or nan for size in sizes)
    return GroupSpeed(tuple(one.time_to_target_s / seconds for seconds in times), one.time_to_target_s, tuple(notes))
