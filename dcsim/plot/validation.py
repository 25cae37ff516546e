"""Predictions beside what was published: how near, topic by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from dcsim.plot.timeline import COLOURS, figure_of, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Compared", "validation"]

_BAND = 0.15
_SHOWN = 0.6
_MARKERS = "os^Dv"


class Compared(Protocol):
    """One figure and its prediction."""

    @property
    def topic(self) -> str:
        """Which group it belongs to."""

    @property
    def published_si(self) -> float:
        """What was published, in SI units; above zero."""

    @property
    def error(self) -> float | None:
        """Predicted over published, less one."""

    @property
    def calibrated(self) -> bool:
        """Whether a number was fitted to it."""


def validation(compared: Sequence[Compared], ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw predicted over published figures, and their errors by topic.

    Parameters
    ----------
    compared : sequence of Compared
        Figures that have a relative error.
    ax : Axes or sequence of Axes, optional
        Two panels, left and right, or one whose place they take; a new figure where not given.

    Returns
    -------
    Figure
        Two panels: both on logarithmic axes with a band of 15 %, and the errors.
    """
    topics = list(dict.fromkeys(each.topic for each in compared))
    left, right = placed(ax, 1, 2, (11.0, 1.2 + max(3.8, 0.36 * len(topics))))
    for place, topic in enumerate(topics):
        colour = COLOURS[place % (len(COLOURS) - 1)]
        marker = _MARKERS[place // (len(COLOURS) - 1) % len(_MARKERS)]
        for calibrated in (True, False):
            mine = [each for each in compared if each.topic == topic and each.calibrated == calibrated]
            face = "none" if calibrated else colour
            _scatter(left, right, mine, place, {"facecolor": face, "edgecolor": colour, "marker": marker})
    _finish_left(left, compared)
    _finish_right(right, topics)
    return figure_of(left)


def _scatter(left: Axes, right: Axes, mine: Sequence[Compared], place: int, look: dict[str, str]) -> None:
    """Put the figures of one topic and use into both panels."""
    published = np.array([each.published_si for each in mine])
    errors = np.array([each.error or 0.0 for each in mine])
    left.scatter(published, published * (1.0 + errors), s=16, linewidth=0.9, **look)  # type: ignore[arg-type]
    spread = np.linspace(-0.28, 0.28, len(mine)) if len(mine) > 1 else np.zeros(len(mine))
    inside = np.clip(errors, -_SHOWN, _SHOWN)
    right.scatter(100.0 * inside, place + spread, s=16, linewidth=0.9, clip_on=False, **look)  # type: ignore[arg-type]


def _finish_left(axes: Axes, compared: Sequence[Compared]) -> None:
    values = [each.published_si for each in compared] or [1.0]
    ends = np.array([min(values) / 3.0, max(values) * 3.0])
    axes.plot(ends, ends, color="black", linewidth=0.8)
    axes.fill_between(ends, ends * (1.0 - _BAND), ends * (1.0 + _BAND), color="0.85", zorder=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.set_xlabel("published (SI units)")
    axes.set_ylabel("predicted (SI units)")
    axes.set_title("Predicted over published")


def _finish_right(axes: Axes, topics: Sequence[str]) -> None:
    axes.axvspan(-100.0 * _BAND, 100.0 * _BAND, color="0.9", zorder=0)
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(topics)), topics)
    axes.set_ylim(len(topics) - 0.4, -0.6)
    axes.set_xlim(-105.0 * _SHOWN, 105.0 * _SHOWN)
    axes.set_xlabel("error (%); further ones at the edge")
    axes.set_title("Hollow: calibrated on; filled: validated")
    axes.grid(axis="x", color="0.9")
