"""The step of a training over time: what computes, what is on the network, what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dcsim.plot.timeline import COLOURS, figure_of, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["step"]


class SpanLike(Protocol):
    """Something that takes a while on one lane."""

    @property
    def lane(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def begin_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


class TimelineLike(Protocol):
    """A step over time."""

    def spans(self) -> Sequence[SpanLike]: ...


class AnswerLike(Protocol):
    """A predicted step."""

    @property
    def model(self) -> str: ...
    @property
    def devices(self) -> int: ...
    @property
    def server(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def timeline(self) -> TimelineLike: ...

_KINDS = ("forward", "backward", "optimiser", "bubble", "stragglers", "input")
_OTHER = "communication"


def step(answer: AnswerLike, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw the spans of a step, a line for each lane.

    Parameters
    ----------
    answer : Answer
        A predicted step, as ``dcsim.prediction.predictor`` returns it.
    ax : Axes, optional
        Where to draw; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    spans = answer.timeline.spans()
    lanes = list(dict.fromkeys(span.lane for span in spans))
    (panel,) = placed(ax, 1, 1, (9.0, 1.4 + 0.45 * len(lanes)))
    kinds = (*_KINDS[:3], _OTHER, *_KINDS[3:])
    for place, kind in enumerate(kinds):
        mine = [span for span in spans if _kind(span) == kind]
        for number, lane in enumerate(lanes):
            bars = [(1e3 * span.begin_s, 1e3 * (span.end_s - span.begin_s)) for span in mine if span.lane == lane]
            panel.broken_barh(bars, (number - 0.38, 0.76), facecolor=COLOURS[place % len(COLOURS)], linewidth=0.4,
                              edgecolor="white")  # fmt: skip
        if mine:
            panel.broken_barh([], (0.0, 0.0), facecolor=COLOURS[place % len(COLOURS)], label=kind)
    panel.set_yticks(range(len(lanes)), lanes)
    panel.invert_yaxis()
    panel.set_xlim(0.0, 1e3 * max(span.end_s for span in spans))
    panel.set_xlabel("time (ms)")
    panel.set_title(f"{answer.model} on {answer.devices} devices of {answer.server}, {answer.precision}")
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=4, frameon=False)
    return figure_of(panel)


def _kind(span: SpanLike) -> str:
    """Return what a span is a case of."""
    return next((kind for kind in _KINDS if span.what.startswith(kind)), _OTHER)
