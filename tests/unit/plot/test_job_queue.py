"""The picture of a replay shows the timelines' numbers."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.jobs.timeline import Timeline
from dcsim.plot.job_queue import job_queue


def a_line(slots):
    line = Timeline(segments=True)
    line.add_segments(np.array([3600.0]), np.array([10800.0]), np.array([slots]))
    return line


def stairs(axes, label):
    (found,) = [each for each in axes.patches if each.get_label() == label]
    return found.get_data()


def test_draws_every_policy_from_the_first_submission(tmp_path):
    figure = job_queue({"fifo": a_line(2.0), "easy_backfill": a_line(3.0)}, slots=8)
    upper, lower = figure.axes
    for name, slots in (("fifo", 2.0), ("easy_backfill", 3.0)):
        values, edges, _ = stairs(upper, name)
        assert values == pytest.approx(slots)
        assert (edges[0], edges[-1]) == (0.0, 2.0)
    values, edges, _ = stairs(upper, "in service")
    assert (values.tolist(), edges.tolist()) == ([8.0], [0.0, 2.0])
    assert upper.get_xlim() == lower.get_xlim() == (0.0, 2.0)
    figure.savefig(tmp_path / "queue.png")
    assert (tmp_path / "queue.png").stat().st_size > 5000


def test_draws_capacity_that_changes():
    figure = job_queue({"fifo": a_line(2.0)}, capacity=(np.array([3600.0, 7200.0]), np.array([4.0, 2.0])))
    values, edges, _ = stairs(figure.axes[0], "in service")
    assert (values.tolist(), edges.tolist()) == ([4.0, 2.0], [0.0, 1.0, 2.0])


def test_an_empty_replay_is_an_empty_picture(tmp_path):
    job_queue({"fifo": Timeline()}).savefig(tmp_path / "queue.svg")
    assert (tmp_path / "queue.svg").exists()
