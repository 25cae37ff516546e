"""Power of machines one by one, and energy as the sum over whole seconds."""

from __future__ import annotations


def machine(utilisation, idle, peak, exponent):
    share = min(max(utilisation, 0.0), 1.0)
    return idle + (peak - idle) * (2.0 * share - share**exponent)


def pool(machines, idle, peak, exponent):
    """Sum over the busy shares of all ``machines``."""
    return sum(machine(share, idle, peak, exponent) for share in machines)


def energy(watts_by_second):
    return float(sum(watts_by_second))
