"""Layers cut into stages, and micro-batches that pass through them: who computes what, when.

Stages are runs of consecutive layers whose slowest is as fast as can be. The order of a stage's passes is fixed by the
schedule: all forward passes, then all backward passes, last micro-batch first (Huang et al. 2019, "GPipe"), or one
forward pass after each backward pass once the pipeline is full (Narayanan et al. 2019, "PipeDream"; with a flush at
the end of the step, Narayanan et al. 2021, "Memory-efficient pipeline-parallel DNN training"). A pass begins when its
stage is free and its input is there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.jit import kernel

__all__ = ["cut", "pass_at", "run_stages"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def cut(costs: Floats, stages: int) -> Ints:
    """Cut a chain into runs so that the dearest is as cheap as can be; no run is empty.

    Dynamic programming over ``best[s][j] = min over i of max(best[s - 1][i], cost of i..j)``. The first term grows
    with i and the second falls, so the crossing moves only one way while j grows: O(stages x units).

    Parameters
    ----------
    costs : float64[N]
        Of each unit of the chain, zero or more.
    stages : int
        Runs wanted, 1 to N.

    Returns
    -------
    int64[stages]
        One past the last unit of each run.

    Examples
    --------
    >>> cut(np.array([4.0, 1.0, 1.0, 2.0, 3.0]), 3).tolist()
    [1, 4, 5]
    """
    count = costs.size
    total = np.zeros(count + 1)
    for i in range(count):
        total[i + 1] = total[i] + costs[i]
    best = total.copy()
    split = np.zeros((stages, count + 1), np.int64)
    for stage in range(1, stages):
        now = np.full(count + 1, np.inf)
        i = stage
        for j in range(stage + 1, count + 1):
            while i + 1 < j and max(best[i + 1], total[j] - total[i + 1]) <= max(best[i], total[j] - total[i]):
                i += 1
            now[j] = max(best[i], total[j] - total[i])
            split[stage, j] = i
        best = now
    ends = np.empty(stages, np.int64)
    end = count
    for stage in range(stages - 1, -1, -1):
        ends[stage] = end
        end = split[stage, end]
    return ends


@kernel
def pass_at(place: int, stage: int, stages: int, micro: int, alternate: bool) -> int:
    """Which pass a stage makes at one place of its order.

    Parameters
    ----------
    place : int
        0 up to ``2 micro - 1``.
    stage, stages : int
        Which of how many.
    micro : int
        Micro-batches.
    alternate : bool
        One forward pass after each backward pass, after as many forward passes as there are stages from here on;
        otherwise all forward passes first.

    Returns
    -------
    int
        ``i`` for the forward pass of micro-batch i, ``-1 - i`` for its backward pass.

    Examples
    --------
    >>> [pass_at(place, 1, 3, 4, True) for place in range(8)]
    [0, 1, -1, 2, -2, 3, -3, -4]
    >>> [pass_at(place, 1, 3, 2, False) for place in range(4)]
    [0, 1, -2, -1]
    """
    ahead = min(micro, stages - stage) if alternate else micro
    if place < ahead:
        return place
    if not alternate:
        return place - 2 * micro
    turn = place - ahead
    if turn >= 2 * (micro - ahead):
        return micro - ahead - 1 - turn
    return ahead + turn // 2 if turn % 2 else -1 - turn // 2


@kernel
def run_stages(
    forward: Floats, backward: Floats, send: Floats, send_back: Floats, micro: int, alternate: bool, blocking: bool
) -> tuple[Floats, Floats]:
    """When each pass of each stage begins, and each message; those one way between two stages go one by one.

    Parameters
    ----------
    forward, backward : float64[S]
        One micro-batch in each stage (s).
    send, send_back : float64[S]
        Activation of one micro-batch from a stage to the next, and its gradient on the way back (s).
    micro : int
        Micro-batches.
    alternate : bool
        As in ``pass_at``.
    blocking : bool
        Whether a sender waits until its message has arrived.

    Returns
    -------
    begin : float64[S, 2 micro]
        Of the forward passes of micro-batches 0, 1 ..., then of the backward passes (s).
    sent : float64[S, 2 micro]
        Begin of the message that hands on the result of each (s); NaN where there is none.

    Examples
    --------
    >>> one = np.ones(2)
    >>> begin, _ = run_stages(one, 2 * one, 0 * one, 0 * one, 2, True, False)
    >>> begin.tolist()
    [[0.0, 1.0, 4.0, 7.0], [1.0, 4.0, 2.0, 5.0]]
    """
    stages = forward.size
    begin = np.full((stages, 2 * micro), np.nan)
    sent = np.full((stages, 2 * micro), np.nan)
    there = np.full((stages, 2 * micro), np.nan)  # when the input of a pass has arrived
    there[0, :micro] = 0.0
    free, lane = np.zeros(stages), np.zeros((2, stages))
    done, left = np.zeros(stages, np.int64), 2 * micro * stages
    while left:
        for stage in range(stages):
            while done[stage] < 2 * micro:
                which = pass_at(done[stage], stage, stages, micro, alternate)
                way, slot = (1, micro - 1 - which) if which < 0 else (0, which)
                if np.isnan(there[stage, slot]):
                    break
                begin[stage, slot] = max(free[stage], there[stage, slot])
                free[stage] = begin[stage, slot] + (backward[stage] if way else forward[stage])
                done[stage] += 1
                left -= 1
                to = stage - 1 if way else stage + 1
                if to == stages:
                    there[stage, micro + slot] = free[stage]
                elif to >= 0:
                    sent[stage, slot] = max(free[stage], lane[way, stage])
                    there[to, slot] = sent[stage, slot] + (send_back[to] if way else send[stage])
                    lane[way, stage] = there[to, slot]
                    free[stage] = there[to, slot] if blocking else free[stage]
    return begin, sent
