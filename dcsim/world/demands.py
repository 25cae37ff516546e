"""What a gang wants of each shared link, as arrays by link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from dcsim.world.shared_links import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["USES", "Demand", "Wants"]

Use = Literal["training", "readers", "checkpoints"]
USES: tuple[Use, ...] = ("training", "readers", "checkpoints")
"""What a gang uses links for: exchanges of gradients, samples read, checkpoints written and copied."""


@dataclass(frozen=True, eq=False)
class Demand:
    """What a gang puts on the shared links when it is alone; arrays by link, in ascending order.

    Parameters
    ----------
    links : ndarray of int32, shape (n,)
        Links on which it puts anything.
    burst : ndarray, shape (n,)
        Rate of the exchange while it crosses shared links at all (bytes/s).
    means : ndarray, shape (3, n)
        Mean rates by use (bytes/s).
    flows : ndarray, shape (2, n)
        Flows of the exchange, and of readers and checkpoints together.
    gang : ndarray, shape (6,)
        See ``dcsim.kernels.collisions.colliding_steps``.
    step_s : float
        One step (s).
    """

    links: NDArray[np.int32]
    burst: Floats
    means: Floats
    flows: Floats
    gang: Floats
    step_s: float

    @cached_property
    def steady(self) -> Floats:
        """Mean rate of readers and checkpoints (bytes/s)."""
        return np.asarray(self.means[1:].sum(axis=0))

    @cached_property
    def total(self) -> Floats:
        """Mean rate of everything (bytes/s)."""
        return np.asarray(self.means.sum(axis=0))

    @cached_property
    def by_link(self) -> list[tuple[int, list[float]]]:
        """Mean rates (bytes/s) by link, in the order of ``USES``."""
        return list(zip(self.links.tolist(), self.means.T.tolist(), strict=True))

    @cached_property
    def most(self) -> dict[int, float]:
        """Largest rate at any moment (bytes/s) by link."""
        return dict(zip(self.links.tolist(), (self.burst + self.steady).tolist(), strict=True))


class Wants:
    """A demand in the making: rates by link."""

    def __init__(self) -> None:
        self._rates: dict[int, list[float]] = {}
        self._flows: dict[int, float] = {}

    def add(self, use: Use, link: int, rate: float, flows: float = 0.0) -> None:
        """Add to the mean rate of a use on a link that can bind."""
        if link != NONE and rate > 0.0:
            self._rates.setdefault(link, [0.0, 0.0, 0.0])[USES.index(use)] += rate
            self._flows[link] = self._flows.get(link, 0.0) + flows

    def demand(self, gang: Floats, step_s: float, duty: float, flow: float, capacity: Floats) -> Demand:
        """Return the demand.

        Alone it fits: where bursts and readers of one gang exceed a link together, they are scaled down to it.

        Parameters
        ----------
        gang : ndarray, shape (6,)
            See ``Demand``.
        step_s : float
            One step (s).
        duty : float
            Part of the time in which the exchange crosses shared links.
        flow : float
            Rate of one flow of the exchange (bytes/s).
        capacity : ndarray, shape (L,)
            Of all links (bytes/s).
        """
        links = np.array(sorted(self._rates), np.int32)
        means = np.array([self._rates[link] for link in links.tolist()], np.float64).reshape(-1, 3).T
        burst = means[0] / duty if duty > 0.0 else np.zeros(len(links))
        fits = np.minimum(capacity[links] / (burst + means[1] + means[2]), 1.0)
        flows = np.array([self._flows[link] for link in links.tolist()], np.float64)
        return Demand(
            links, burst * fits, means * fits, np.stack([np.maximum(burst / flow, 1e-9), np.maximum(flows, 1e-9)]),
            gang, step_s,
        )  # fmt: skip
