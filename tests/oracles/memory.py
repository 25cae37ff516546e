"""A training step replayed call by call, with a tally of what lies in the device's memory."""

from __future__ import annotations

import math
from itertools import pairwise


def peak_of_a_step(layers, batch, value, states, master):
    """Return the most bytes that a step holds at any time.

    Parameters
    ----------
    layers : list of (parameters, read, write, in_place)
        Every call by itself, bytes of a sample at 4 bytes a value.
    batch : int
        Samples.
    value, master : float
        Bytes of a value, and of the FP32 copy of a weight.
    states : float
        Values the optimiser keeps for each parameter.
    """
    scale = batch * value / 4
    held = sum(parameters for parameters, *_ in layers) * (2 * value + 4 * states + master)
    tally, peak, stack = held, held, []
    for _, _, write, in_place in layers:
        stack.append(0.0 if in_place else write * scale)
        tally += stack[-1]
        peak = max(peak, tally)
    for _, read, write, _ in reversed(layers):
        peak = max(peak, tally + (read + write) * scale)
        tally -= stack.pop()
    assert math.isclose(tally, held, rel_tol=1e-9)
    return peak


def best_pieces(writes):
    """Return the least that any way of cutting calls into pieces needs, of all 2**(n - 1) ways."""
    n, best = len(writes), sum(writes)
    for mask in range(2 ** (n - 1)):
        cuts = [0, *(index + 1 for index in range(n - 1) if mask >> index & 1), n]
        pieces = [writes[a:b] for a, b in pairwise(cuts)]
        ends = [piece[-1] for piece in pieces[:-1]] + [0.0]
        best = min(best, max(sum(ends) - end + sum(piece) for piece, end in zip(pieces, ends, strict=True)))
    return best


def largest_by_counting(total, capacity, limit):
    """Return the largest batch up to a limit whose total is within a capacity, trying one after the other."""
    fitting = [batch for batch in range(1, limit + 1) if total(batch) <= capacity]
    return max(fitting, default=0)
