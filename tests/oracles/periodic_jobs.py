"""Trainings as flows: each computes, sends its bursts, and computes again, on the exact flow level."""

from __future__ import annotations

import numpy as np

from dcsim.kernels import fluid


def periodic_steps(capacity, jobs, steps, *, offsets=None, rng=None, spread=0.0):
    """Return the mean step of each job, burst by burst through the fluid kernel.

    Parameters
    ----------
    capacity : sequence of float
        Of the links.
    jobs : sequence of (compute, nbytes, cap, links, flows)
        Seconds of compute, bytes of one flow of a burst, its cap, the links that every flow crosses, and how many.
    steps : int
        Steps that the slowest job makes; the first tenth is not counted.
    offsets : sequence of float, optional
        When each job begins its first burst; at random where not given.
    rng, spread
        Compute varies from step to step by this share.
    """
    state = fluid.new_state(np.array(capacity, float), 0.0)
    owner, waiting, done, first, last = {}, [0] * len(jobs), [0] * len(jobs), [0.0] * len(jobs), [0.0] * len(jobs)

    def send(state, job, ready):
        _, nbytes, cap, links, flows = jobs[job]
        start = np.arange(flows + 1, dtype=np.int64) * len(links)
        link = np.tile(np.array(links, np.int32), flows)
        one = np.ones(flows)
        state, names = fluid.add(state, start, link, nbytes * one, ready * one, one, cap * one)
        owner.update(dict.fromkeys(names.tolist(), job))
        waiting[job] = flows
        return state

    for job, (compute, nbytes, cap, _, _) in enumerate(jobs):
        begin = rng.random() * (compute + nbytes / cap) if offsets is None else offsets[job]
        state = send(state, job, begin)
    while min(done) < steps:
        ended, times = fluid.advance(state, np.inf, first=True)
        whose = [owner.pop(name) for name in ended.tolist()]  # before new flows take their names
        for job, time in zip(whose, times.tolist(), strict=True):
            waiting[job] -= 1
            if waiting[job] == 0:
                done[job] += 1
                last[job] = time
                if done[job] == steps // 10:
                    first[job] = time
                varied = 1.0 if spread == 0.0 else float(np.clip(rng.normal(1.0, spread), 0.5, 1.5))
                state = send(state, job, time + jobs[job][0] * varied)
    return [(last[job] - first[job]) / (done[job] - steps // 10) for job in range(len(jobs))]
