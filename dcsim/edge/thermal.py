"""Warming up, and slowing down: one heat capacity behind one thermal resistance, and a clock with steps.

Between two looks at the sensor the temperature approaches that at which as much heat leaves as is made,

    T(t) = T_end + (T_0 - T_end) exp(-t / (R C)),      T_end = ambient + R P

(Newton's law of cooling; a lumped RC model, as in Bhat, Gumussoy and Ogras, "Power and thermal analysis of commercial
mobile platforms", 2019). At each look the clock goes down a step where the temperature is above the trip point, and up
a step where it is below the point at which throttling clears. With the clock the voltage falls, so that the switched
power goes with the third power of the clock; a fixed share does not fall.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.edge.like import CaseLike, ProcessorLike

__all__ = ["Course", "course", "power_at", "steady_temperature", "sustained_rate", "time_to_throttle"]


@dataclass(frozen=True)
class Course:
    """A processor under a steady load, look by look.

    Parameters
    ----------
    time_s, temperature_c : ndarray of float64, shape (looks,)
        When, and the temperature then (degC).
    clock : ndarray of float64, shape (looks,)
        Share of the full clock from then on.
    power_w : ndarray of float64, shape (looks,)
        Drawn from then on.
    """

    time_s: NDArray[np.float64]
    temperature_c: NDArray[np.float64]
    clock: NDArray[np.float64]
    power_w: NDArray[np.float64]


def power_at(processor: ProcessorLike, clock: float) -> float:
    """Return the power at a share of the full clock (W).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> power_at(SimpleNamespace(power=4.0, fixed_share=0.25), 0.5)
    1.375
    """
    return processor.power * (processor.fixed_share + (1.0 - processor.fixed_share) * clock**3)


def steady_temperature(case: CaseLike, power: float, ambient: float = 25.0) -> float:
    """Return where the temperature settles at a constant power (degC)."""
    return ambient + case.resistance * power


def time_to_throttle(processor: ProcessorLike, case: CaseLike, ambient: float = 25.0) -> float:
    """Return how long a phone that begins at the temperature of its surroundings stays below its trip point (s).

    ``R C ln((T_end - ambient) / (T_end - trip))``; infinite where it always stays below.
    """
    end = steady_temperature(case, processor.power, ambient)
    if end <= case.trip:
        return math.inf
    if ambient >= case.trip:
        return 0.0
    return case.resistance * case.capacity * math.log((end - ambient) / (end - case.trip))


def sustained_rate(processor: ProcessorLike, case: CaseLike, ambient: float = 25.0) -> float:
    """Return the largest share of the full rate that a phone sustains for hours without passing its trip point.

    The mean power is what the case carries away at the trip point, and the clock changes between the two steps
    about it, so the share lies on the straight line between them, by power. A clock that swings over more steps, as
    that of ``course`` may, gets a few per cent less, as power is convex in the clock. The lowest step is kept even
    where it is too warm.
    """
    budget = (case.trip - ambient) / case.resistance
    above = case.clocks[0]
    if power_at(processor, above) <= budget:
        return above
    for below in case.clocks[1:]:
        low, high = power_at(processor, below), power_at(processor, above)
        if low <= budget:
            return below + (above - below) * (budget - low) / (high - low)
        above = below
    return case.clocks[-1]


def course(processor: ProcessorLike, case: CaseLike, seconds: float, ambient: float = 25.0) -> Course:
    """Return what happens under a steady load that begins at the temperature of the surroundings.

    Parameters
    ----------
    processor : ProcessorLike
        What computes without a pause.
    case : CaseLike
        What sheds its heat.
    seconds : float
        How long.
    ambient : float
        Temperature of the surroundings (degC).

    Raises
    ------
    ValueError
        For a time that is not above zero.
    """
    if not 0.0 < seconds < math.inf:
        raise ValueError("needs a time above zero")
    looks = math.floor(seconds / case.period) + 1
    temperature, step = np.empty(looks), np.empty(looks, np.int64)
    powers = [power_at(processor, clock) for clock in case.clocks]
    kept = math.exp(-case.period / (case.resistance * case.capacity))
    now, at = ambient, 0
    for look in range(looks):
        if now > case.trip:
            at = min(at + 1, len(powers) - 1)
        elif now < case.clear:
            at = max(at - 1, 0)
        temperature[look], step[look] = now, at
        end = steady_temperature(case, powers[at], ambient)
        now = end + (now - end) * kept
    time = case.period * np.arange(looks, dtype=np.float64)
    return Course(time, temperature, np.array(case.clocks)[step], np.array(powers)[step])
