"""Small replays: traces written as tuples, and schedulers written as scripts."""

from __future__ import annotations

import numpy as np

from dcsim.jobs.block import JobBlock
from dcsim.schedulers import scheduler
from dcsim.world.job_replay import JobWorld
from dcsim.world.job_slots import CountedSlots


def block(*jobs, first=0, **more):
    """Return a block of jobs, each (submit, slots, duration) or (submit, slots, duration, walltime)."""
    submit, slots, duration, *walltime = (np.array(column) for column in zip(*jobs, strict=True))
    names = np.array([f"j{first + row}" for row in range(len(jobs))], object)
    duration = duration.astype(float)
    promised = walltime[0].astype(float) if walltime else duration
    return JobBlock(names, submit.astype(float), slots, duration, promised, np.zeros(len(jobs), np.int8), more)


def world(trace, slots, policy="fifo", **options):
    """Return a replay on counted slots, by a registered scheduler or a function."""
    blocks = [trace] if isinstance(trace, JobBlock) else trace
    if callable(policy):
        return JobWorld(blocks, [CountedSlots(slots)], policy, **options)
    plugin = scheduler.get(policy)
    return JobWorld(blocks, [CountedSlots(slots)], plugin.call, order=plugin.facts.get("order"), **options)


def replay(trace, slots, policy="fifo", **options):
    """Return the results of one block, the figures and the segments of a replay."""
    segments = []
    replayed = world(trace, slots, policy, segments=segments.append, **options)
    (results,) = replayed.results()
    return results, replayed.figures, segments


def script(actions):
    """Return a scheduler that starts what fits and, at some times, does what a script says."""
    from dcsim.schedulers.plan import Start

    def scripted(queue, view):
        if view.now in actions:
            yield from actions.pop(view.now)(view)
        for job in queue:
            if view.fits(job):
                yield Start(job)

    return scripted
