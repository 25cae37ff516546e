"""A stream of trainings: how long compute takes with its checkpoints."""

from __future__ import annotations

import math

import pytest

from dcsim.world.stream import Checkpoints

SAVING = Checkpoints(every_s=900.0, write_s=4.0)


@pytest.mark.parametrize(("compute_s", "writes"), [(1.0, 0), (900.0, 0), (901.0, 1), (1800.0, 1), (28_800.0, 31)])
def test_nothing_is_written_at_the_very_end(compute_s, writes):
    assert SAVING.wall(compute_s) == compute_s + 4.0 * writes


def test_rounding_writes_nothing_either():
    """Steps times step time may come out a little above the duration that they were worked out from."""
    above = math.nextafter(28_800.0, math.inf)
    assert SAVING.wall(above) == pytest.approx(28_800.0 + 4.0 * 31)
