"""Power and cost of a training step."""

# ruff: noqa: D102 - every property of a protocol means what the field of that name in dcsim.spec means

from __future__ import annotations

from typing import Protocol

from dcsim.kernels.power import host_power

__all__ = ["ServerLike", "cost_per_million", "step_power", "write_off"]


class ServerLike(Protocol):
    """A server of the catalogue."""

    @property
    def idle_power(self) -> float: ...
    @property
    def peak_power(self) -> float: ...
    @property
    def power_exponent(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def lifetime(self) -> float: ...


def step_power(server: ServerLike, busy: float, head: ServerLike | None = None, head_busy: float = 0.0) -> float:
    """Return the power of one server while it trains (W), with that of the head node that its GPUs hang on.

    Parameters
    ----------
    server : ServerLike
        The server.
    busy : float
        Share of its devices' time in which they compute; devices that take no part compute nothing.
    head : ServerLike, optional
        Its head node, where it has one.
    head_busy : float
        Share of the step in which the cores of the head node prepare samples.
    """
    own = host_power(busy, server.idle_power, server.peak_power, server.power_exponent)
    if head is None:
        return float(own)
    return float(own + host_power(head_busy, head.idle_power, head.peak_power, head.power_exponent))


def write_off(server: ServerLike, head: ServerLike | None = None) -> float:
    """Return what one server, head node included, loses of its price each second (USD/s)."""
    return (server.price + (head.price if head else 0.0)) / server.lifetime


def cost_per_million(
    write_off_usd_per_s: float, power_w: float, throughput_per_s: float, energy_price: float, pue: float = 1.0
) -> float:
    """Return the cost of a million samples (USD): write-off and energy while they pass.

    Parameters
    ----------
    write_off_usd_per_s : float
        Of all servers together.
    power_w : float
        Of all servers at their input (W).
    throughput_per_s : float
        Samples per second of all servers.
    energy_price : float
        USD/J, as of a region.
    pue : float
        Power of the site over power of its servers.

    Examples
    --------
    >>> round(cost_per_million(0.001, 1000.0, 100.0, 0.07 / 3.6e6, 1.1), 4)
    10.2139
    """
    return 1e6 * (write_off_usd_per_s + energy_price * pue * power_w) / throughput_per_s
