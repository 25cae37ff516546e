"""Scaling efficiencies: rows that differ in the number of devices alone, predicted and published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dcsim.validation.forms import LearningForm
from dcsim.validation.step_form import StepForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.validation.results import Result

__all__ = ["Scaling", "scalings"]

_RATES = {"throughput_per_s", "tokens_per_s"}
_TIMES = {"step_s"}
_SHARED = ("gpus", "hosts", "batch_per_device", "accumulate")


@dataclass(frozen=True)
class Scaling:
    """How much of its speed each device keeps when there are more of them.

    Parameters
    ----------
    row, base : str
        The row of many devices, and that of few; the same where one row compares both.
    few, many : int
        Devices, or hosts of several.
    published, predicted : float
        Speed of many over speed of few, for each device.
    """

    row: str
    base: str
    few: int
    many: int
    published: float
    predicted: float

    @property
    def points(self) -> float:
        """Predicted less published, in hundredths."""
        return 100.0 * (self.predicted - self.published)


@dataclass(frozen=True)
class _Placed:
    """What a form says about scale.

    Parameters
    ----------
    kin : tuple
        Everything else that it says: equal for rows that may be compared.
    devices : int
        GPUs, or hosts where only those are told.
    per_device, together : int
        Samples of a step.
    timed : bool
        Whether it is a time rather than a rate.
    work : int
        Samples in that time; 1 for a recipe, whose samples do not change.
    """

    kin: tuple[object, ...]
    devices: int
    per_device: int
    together: int
    timed: bool
    work: int

    def comparable(self, other: _Placed) -> bool:
        """Whether only the devices differ: at the same samples for each of them, or for all."""
        alike = self.per_device == other.per_device or self.together == other.together
        return self.kin == other.kin and alike and self.devices > other.devices

    def efficiency(self, over: _Placed, value: float, base: float) -> float:
        """Return the speed of each device over that of each of the fewer ones."""
        gain = (base / value) * (self.work / over.work) if self.timed else value / base
        return gain * over.devices / self.devices


def scalings(results: Iterable[Result]) -> list[Scaling]:
    """Return the efficiency of every row that has one of fewer devices beside it, and of rows that compare two steps.

    The base is the row of the fewest devices: with the same samples for each device (weak scaling), or else with the
    same samples of all (strong scaling).
    """
    found = list(results)
    placed = [(result, place) for result in found if (place := _place(result.row.predict.given)) is not None]
    pairs = []
    for result, place in placed:
        bases = [(base, at) for base, at in placed if place.comparable(at) and base.row.unit == result.row.unit]
        if bases:
            base, at = min(bases, key=lambda each: each[1].devices)
            published = place.efficiency(at, result.row.published, base.row.published)
            predicted = place.efficiency(at, result.predicted, base.predicted)
            pairs.append(Scaling(result.row.id, base.row.id, at.devices, place.devices, published, predicted))
    return pairs + [told for result in found if (told := _compared(result)) is not None]


def _place(given: object) -> _Placed | None:
    """Return where a step, or a recipe of steps, stands; None for what is no speed or does not tell its devices."""
    step: object = given
    about: tuple[object, ...] = ()
    if isinstance(given, LearningForm):
        step, about = given.step, (given.workload, given.epochs)
    if not isinstance(step, StepForm) or not (about or step.quantity in _RATES | _TIMES):
        return None
    asked = step.question
    devices = asked.gpus or asked.hosts
    if devices is None:
        return None
    rest = [value for name, value in asdict(asked).items() if name not in _SHARED]
    each = asked.batch_per_device * asked.accumulate
    return _Placed(
        kin=(*about, "gpus" if asked.gpus else "hosts", step.quantity, *rest),
        devices=devices,
        per_device=each,
        together=each * devices,
        timed=bool(about) or step.quantity in _TIMES,
        work=1 if about else each * devices,
    )


def _compared(result: Result) -> Scaling | None:
    """Return the efficiency that a single row tells, as the ratio of two steps."""
    ratio = result.row.predict.ratio
    if ratio is None:
        return None
    many, few = _place(ratio.of.given), _place(ratio.over.given)
    if many is None or few is None or not many.comparable(few):
        return None
    row = result.row
    published, predicted = (many.efficiency(few, value, 1.0) for value in (row.published, result.predicted))
    return Scaling(row.id, row.id, few.devices, many.devices, published, predicted)
