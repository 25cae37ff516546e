"""Traces of jobs as tests write them, as blocks, and schedules as lists."""

from __future__ import annotations

import math

import numpy as np

from dcsim.jobs.block import JobBlock


def block(jobs, left_out=None):
    submit, slots, duration, walltime = (np.array(column) for column in zip(*jobs, strict=True))
    names = np.array([f"j{i}" for i in range(len(jobs))], object)
    none = np.zeros(len(jobs), np.int8)
    return JobBlock(
        names, submit.astype(float), slots.astype(np.int64), duration.astype(float), walltime.astype(float),
        none if left_out is None else np.array(left_out, np.int8),
    )  # fmt: skip


def cut(whole, rows):
    columns = ("job_id", "submit", "slots", "duration", "walltime", "left_out")
    return [
        JobBlock(*(getattr(whole, column)[i : i + rows] for column in columns)) for i in range(0, len(whole), rows)
    ]


def starts(results):
    return [None if math.isnan(start) else start for one in results for start in one.start.tolist()]
