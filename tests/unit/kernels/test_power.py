"""Power curve and energy by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.power import energy, host_power, pool_power
from tests.oracles import power as oracle


def test_curve_by_hand():
    # 2 * 0.5 - 0.5 ** 1.4 = 0.62107...: half the work costs more than half the range
    assert host_power(0.5, 100.0, 200.0, 1.4) == pytest.approx(162.1070858, rel=1e-9)
    assert host_power(0.25, 100.0, 200.0, 2.0) == 100.0 + 100.0 * (0.5 - 0.0625)


@pytest.mark.parametrize(("share", "watts"), [(-0.1, 60.0), (0.0, 60.0), (1.0, 250.0), (1.0 + 1e-12, 250.0)])
def test_ends_are_exact(share, watts):
    assert host_power(share, 60.0, 250.0, 1.4) == watts


def test_pool_is_the_sum_of_its_machines():
    ones = np.ones(2)
    active, utilisation, resting = np.array([3.0, 0.0]), np.array([0.7, 0.0]), np.array([2.0, 5.0])
    watts = pool_power(active, utilisation, resting, 60.0 * ones, 250.0 * ones, 1.4 * ones)
    shares = [0.7, 0.7, 0.7, 0.0, 0.0], [0.0] * 5
    assert watts == pytest.approx([oracle.pool(own, 60.0, 250.0, 1.4) for own in shares], rel=1e-14)


def test_energy_by_second():
    edges, watts = np.array([5.0, 8.0, 8.0, 10.0]), np.array([100.0, 1e9, 40.0])
    assert energy(edges, watts) == oracle.energy([100.0] * 3 + [40.0] * 2)
