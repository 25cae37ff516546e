"""How sure a figure is: intervals over replicas and over time, paired differences, and how many replicas are enough.

Numbers in, numbers out; nothing here knows what was simulated.
"""

from __future__ import annotations

from dcsim.confidence.student import (
    ROUNDING,
    Interval,
    interval,
    jackknife_half_width,
    student_quantile,
    student_tails,
)

__all__ = ["ROUNDING", "Interval", "interval", "jackknife_half_width", "student_quantile", "student_tails"]
