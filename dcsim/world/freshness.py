"""Which version of each model the users of each region are served, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.trace.recorder import Recorder
    from dcsim.world.stream import TrainingStream

__all__ = ["Freshness"]

_HELD = 4096


class Freshness:
    """Publications of all services, recorded region by region.

    The users of a region that is lost are served elsewhere by the same versions, so a version counts for them as if
    it had reached their own region.

    Parameters
    ----------
    recorder : Recorder
        Takes the publications.
    streams : sequence of TrainingStream
        In the order of the codes that ``publish`` is told.
    """

    def __init__(self, recorder: Recorder, streams: Sequence[TrainingStream]) -> None:
        self._recorder = recorder
        self._streams = streams
        self._held: dict[int, list[tuple[int, int, float, float]]] = {}

    def publish(self, code: int, model: int, region: int, data_s: float, now: float) -> None:
        """Publish a version from a region; it reaches the others after its copy.

        Parameters
        ----------
        code, model : int
            Stream and model.
        region : int
            Region in which it was trained.
        data_s : float
            Time of the newest data in it (s).
        now : float
            Time of publication (s).
        """
        held = self._held.setdefault(code, [])
        held.append((model, region, data_s, now))
        if len(held) >= _HELD:
            self._flush(code)

    def close(self) -> None:
        """Record what is still held."""
        for code in sorted(self._held):
            self._flush(code)

    def _flush(self, code: int) -> None:
        held, self._held[code] = self._held[code], []
        if not held:
            return
        stream = self._streams[code]
        model, region, data_s, now = (np.array(column) for column in zip(*held, strict=True))
        copy_s = stream.copy_s[region]
        self._recorder.block(
            "publications",
            {
                "service": stream.name,
                "model": model[:, None],
                "region": np.arange(copy_s.shape[1])[None, :],
                "data_s": data_s[:, None],
                "published_s": now[:, None] + copy_s,
            },
        )
