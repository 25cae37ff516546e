"""What the shared links carried in each load step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.world.demands import USES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.trace.recorder import Recorder
    from dcsim.world.demands import Demand
    from dcsim.world.shared_links import SharedLinks

    Floats = NDArray[np.float64]

__all__ = ["LinkMeter"]

_NOTHING = 1e-9
"""Share of a link below which a mean rate is rounding."""
_HELD = 128  # load steps
_EACH = range(len(USES))


class LinkMeter:
    """Integrates the rates of all links and records them step by step.

    Parameters
    ----------
    links : SharedLinks
        What is measured.
    resolution, horizon : float
        Length of a load step, and end of the run (s).
    recorder : Recorder
        Takes the table ``links``.
    """

    def __init__(self, links: SharedLinks, resolution: float, horizon: float, recorder: Recorder) -> None:
        count = len(links.names)
        self._links = links
        self._resolution = resolution
        self._horizon = horizon
        self._recorder = recorder
        self._rate = [[0.0] * len(USES) for _ in range(count)]
        self._moved = [[0.0] * len(USES) for _ in range(count)]
        self._since = [0.0] * count
        self._step = 0
        self._edge = min(resolution, horizon)
        self._serving = np.zeros((0, count))  # bytes/s of the load steps from ``self._step`` on
        self._rows: list[tuple[float, float, Floats, Floats, NDArray[np.int64]]] = []

    def serving(self, rates: Floats) -> None:
        """Take note of what serving puts on the links in the following load steps, shape (steps, L)."""
        self._serving = np.concatenate([self._serving, rates])

    def change(self, now: float, demand: Demand, speed: float) -> None:
        """Add a demand to what the links carry from now on; a negative speed takes it away."""
        if now >= self._edge:
            self.record(now)
        since = self._since
        for link, means in demand.by_link:
            held = now - since[link]
            since[link] = now
            rate, moved = self._rate[link], self._moved[link]
            for use in _EACH:
                moved[use] += rate[use] * held
                rate[use] += means[use] * speed

    def rest(self, link: int) -> None:
        """Take note that nobody is on a link any more."""
        self._rate[link] = [0.0] * len(USES)

    def record(self, now: float) -> None:
        """Record the load steps that are over."""
        while self._edge <= now and self._edge > self._step * self._resolution:
            begin = self._step * self._resolution
            self._row(begin, self._edge)
            self._step += 1
            self._edge = min((self._step + 1) * self._resolution, self._horizon)

    def close(self, now: float) -> None:
        """Record all that is left."""
        self.record(now)
        self._write()

    def _row(self, begin: float, end: float) -> None:
        """Keep what was carried in one load step."""
        count, held = len(self._since), end - begin
        left = end - np.array(self._since)
        moved = np.array(self._moved).reshape(count, -1) + np.array(self._rate).reshape(count, -1) * left[:, None]
        self._moved = [[0.0] * len(USES) for _ in range(count)]
        self._since = [end] * count
        rates = moved.T / held
        serving = self._serving[0] if len(self._serving) else np.zeros(count)
        self._serving = self._serving[1:]
        at = np.flatnonzero(rates.sum(axis=0) + serving > _NOTHING * self._links.capacity)
        if len(at):
            self._rows.append((begin, held, np.maximum(rates[:, at], 0.0), serving[at], at))
        if len(self._rows) >= _HELD:
            self._write()

    def _write(self) -> None:
        """Hand the steps that are kept to the recorder."""
        if not self._rows:
            return
        begin, held, rates, serving, at = zip(*self._rows, strict=True)
        counts = [len(each) for each in at]
        link, links = np.concatenate(at), self._links
        uses, served = np.concatenate(rates, axis=1), np.concatenate(serving)
        capacity = links.capacity[link]
        self._rows = []
        self._recorder.block(
            "links",
            {
                "time_s": np.repeat(begin, counts),
                "held_s": np.repeat(held, counts),
                "region": links.region[link],
                "level": links.level[link],
                "link": link,
                "direction": links.direction[link],
                "capacity_bytes_per_s": capacity,
                **{f"{use}_bytes_per_s": rate for use, rate in zip(USES, uses, strict=True)},
                "serving_bytes_per_s": served,
                "utilisation_ratio": (uses.sum(axis=0) + served) / capacity,
            },
        )
