"""What the errors of all rows come to, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.validation.aims import POINTS, aims
from dcsim.validation.scaling import scalings
from dcsim.validation.statistics import summarise, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.validation.results import Result
    from dcsim.validation.scaling import Scaling
    from dcsim.validation.statistics import Summary

__all__ = ["GROUPS", "headlines"]

GROUPS = {"calibrate": "calibration", "validate": "validation"}
"""What rows of a use are called together."""


def headlines(results: Sequence[Result]) -> list[str]:
    """Return summaries of each use, of scaling, the aims, and the rows that are farthest off.

    Only figures that were read in a source count, and those measured by the project itself.
    """
    read = [result for result in results if result.read]
    lines = []
    for use, name in GROUPS.items():
        mine = [result for result in read if result.row.use == use]
        lines += [f"{name}: {line}" for line in _said(summarise(mine))]
        own = [result for result in mine if not result.row.follows]
        if len(own) < len(mine):
            left = "without those that follow from rows of calibration"
            lines += [f"{name}, {left}: {line}" for line in _said(summarise(own))[:1]]
    pairs = scalings(read)
    if pairs:
        lines.append(f"scaling: {_scaled(pairs)}")
    for aim in aims(results):
        lines.append(f"aim: {aim.wanted}; {'reached' if aim.reached else 'missed'}, {aim.found}")
    off = [result for result in worst(read, 5) if not result.fits]
    if off:
        lines.append("farthest off: " + ", ".join(f"{result.row.id} {result.error:+.1%}" for result in off))
    return lines


def _said(summary: Summary) -> list[str]:
    """Return a summary in words."""
    said = []
    if summary.count:
        said.append(
            f"{summary.count} measured figures, error {summary.median:.1%} in the median and {summary.p90:.1%} at the "
            f"90th percentile; {summary.within_tolerance} within their tolerance, {summary.beyond_15_percent} beyond "
            f"15 %, {summary.beyond_30_percent} beyond 30 %"
        )
    if summary.points_count:
        said.append(
            f"{summary.points_count} efficiencies and changes, {summary.points_median:.1f} points off in the median "
            f"and {summary.points_largest:.1f} at most; {summary.points_within_tolerance} within their tolerance"
        )
    if summary.exact_count:
        said.append(f"{summary.exact_count} counts, constants and bounds; {summary.exact_within_tolerance} hold")
    return said


def _scaled(pairs: Sequence[Scaling]) -> str:
    """Return what the efficiencies come to."""
    off = np.array([abs(pair.points) for pair in pairs])
    low = sum(pair.points > 0 for pair in pairs)
    return (
        f"{off.size} efficiencies, {np.median(off):.1f} points off in the median, {np.percentile(off, 90):.1f} at the "
        f"90th percentile and {off.max():.1f} at most; {(off <= POINTS).sum()} within {POINTS:g} points, "
        f"{low} predicted too high"
    )
