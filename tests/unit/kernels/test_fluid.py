"""Flows from start to end: what happens at the edges, worked out by hand."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from dcsim.kernels.fluid import complete
from tests.oracles.sharing import System

NEVER = math.inf
DIGEST = """
import hashlib
import numpy as np
from dcsim.kernels.fluid import complete
rng = np.random.default_rng(2)
routes = [rng.permutation(12)[:rng.integers(1, 5)] for _ in range(60)]
start, link = np.cumsum([0, *map(len, routes)]), np.concatenate(routes).astype(np.int32)
cap = np.where(rng.random(60) < 0.2, rng.uniform(0.1, 1.0, 60), np.inf)
columns = rng.uniform(1.0, 9.0, 60), rng.uniform(0.0, 9.0, 60), rng.uniform(0.5, 2.0, 60), cap
changes = np.array([3.0, 8.0]), np.array([2, 2]), np.array([0.0, 2.0])
for found in complete(start, link, rng.uniform(1.0, 3.0, 12), *columns, *changes):
    print(hashlib.sha256(found.tobytes()).hexdigest())
"""


def ends(routes, capacity, nbytes, ready=None, *, weight=None, cap=None, changes=()):
    """Return when flows end, and what links carry."""
    count = len(routes)
    columns = {
        "ready": [0.0] * count if ready is None else ready,
        "weight": [1.0] * count if weight is None else weight,
        "cap": [None] * count if cap is None else cap,
    }
    finish, carried = complete(*System(capacity, routes, nbytes, changes=list(changes), **columns).arrays())
    return finish.tolist(), carried.tolist()


def test_one_flow():
    assert ends([[0, 1]], [10.0, 5.0], [20.0], [3.0]) == ([7.0], [20.0, 20.0])


def test_two_flows_at_one_instant_share_from_then_on():
    assert ends([[0], [0]], [10.0], [20.0, 30.0], [1.0, 1.0]) == ([5.0, 6.0], [50.0])


def test_one_joins_the_instant_at_which_another_ends():
    assert ends([[0], [0]], [10.0], [20.0, 20.0], [0.0, 2.0]) == ([2.0, 4.0], [40.0])


def test_a_flow_of_no_bytes_ends_when_it_is_ready():
    assert ends([[0], [0]], [10.0], [0.0, 20.0], [1.0, 0.0]) == ([1.0, 2.0], [20.0])
    assert ends([[0]], [0.0], [0.0], [4.0]) == ([4.0], [0.0])


def test_a_flow_that_crosses_no_link():
    finish, carried = ends([[], [], [0]], [10.0], [50.0, 50.0, 10.0], [2.0, 2.0, 0.0], cap=[None, 5.0, None])
    assert (finish, carried) == ([2.0, 12.0, 1.0], [10.0])


def test_a_flow_that_never_gets_ready():
    assert ends([[0], [0]], [10.0], [10.0, 20.0], [NEVER, 0.0]) == ([NEVER, 2.0], [20.0])
    assert ends([[0]], [10.0], [10.0], [NEVER]) == ([NEVER], [0.0])


def test_a_link_that_limits_nobody():
    finish, carried = ends([[0], [0, 1]], [NEVER, 10.0], [50.0, 50.0], [2.0, 2.0])
    assert finish == pytest.approx([2.0, 7.0])
    assert carried == pytest.approx([100.0, 50.0])


def test_a_cap_leaves_the_rest_to_others():
    assert ends([[0], [0]], [10.0], [20.0, 40.0], cap=[2.0, None]) == ([10.0, 5.0], [60.0])


def test_weights():
    assert ends([[0], [0]], [12.0], [30.0, 18.0], weight=[1.0, 3.0]) == ([4.0, 2.0], [48.0])


def test_a_link_that_fails_in_mid_transfer_and_is_repaired():
    """Flow 0 waits from 1 to 4; flow 1 has link 1 for itself meanwhile."""
    changes = [(1.0, 0, 0.0), (4.0, 0, 10.0)]
    finish, carried = ends([[0, 1], [1]], [10.0, 10.0], [20.0, 50.0], changes=changes)
    assert finish == pytest.approx([7.0, 7.0])
    assert carried == pytest.approx([20.0, 70.0])


def test_a_link_that_is_never_repaired():
    finish, carried = ends([[0, 1], [1]], [10.0, 10.0], [20.0, 50.0], changes=[(1.0, 0, 0.0)])
    assert finish == pytest.approx([NEVER, 5.5])
    assert carried == pytest.approx([5.0, 55.0])


def test_a_link_that_has_failed_before():
    assert ends([[0], [1]], [0.0, 10.0], [20.0, 50.0]) == ([NEVER, 5.0], [0.0, 50.0])


def test_a_flow_that_ends_as_its_link_fails():
    assert ends([[0]], [10.0], [20.0], changes=[(2.0, 0, 0.0)]) == ([2.0], [20.0])


def test_a_flow_that_gets_ready_as_its_link_fails():
    changes = [(2.0, 0, 0.0), (5.0, 0, 10.0)]
    assert ends([[0]], [10.0], [20.0], [2.0], changes=changes) == ([7.0], [20.0])


def test_a_link_that_slows_down_and_changes_at_one_instant():
    changes = [(1.0, 0, 1.0), (1.0, 0, 5.0), (1.0, 1, 2.0)]
    assert ends([[0], [1]], [10.0, 10.0], [20.0, 20.0], changes=changes) == ([3.0, 6.0], [20.0, 20.0])


def test_changes_before_any_flow_and_after_all():
    assert ends([[0]], [10.0], [20.0], [5.0], changes=[(1.0, 0, 20.0), (9.0, 0, 1.0)]) == ([6.0], [20.0])


def test_times_before_zero():
    assert ends([[0], [0]], [10.0], [20.0, 20.0], [-3.0, -2.0]) == ([0.0, 1.0], [40.0])


def test_no_flows():
    assert ends([], [10.0], []) == ([], [0.0])
    assert ends([], [10.0], [], changes=[(1.0, 0, 0.0)]) == ([], [0.0])


@pytest.mark.parametrize("ready", [[0.0], [0.0, 1.0]])
def test_a_route_names_a_link_once(ready):
    with pytest.raises(ValueError, match="crosses a link twice"):
        ends([[0, 1, 0]] * len(ready), [1.0, 1.0], [1.0] * len(ready), ready)


@pytest.mark.parametrize("late", [0.0, 0.5])
def test_a_round_of_many_equal_messages(late):
    """Every host sends to its neighbour over an uplink that four share.

    With flow 0 late by 0.5, three share 20 at first, then four, and the last third of flow 0 is alone on its NIC.
    """
    hosts, uplinks = 32, 8
    routes = [[host, hosts + host // 4, hosts + uplinks + (host + 1) % hosts] for host in range(hosts)]
    capacity = [10.0] * hosts + [20.0] * uplinks + [10.0] * hosts
    ready = [0.0] * hosts
    ready[0] = late
    finish, carried = ends(routes, capacity, [10.0] * hosts, ready)
    assert finish[:4] == pytest.approx([2.0] * 4 if late == 0.0 else [13 / 6] + [11 / 6] * 3, rel=1e-15)
    assert finish[4:] == pytest.approx([2.0] * (hosts - 4), rel=1e-15)
    assert carried == pytest.approx([10.0] * hosts + [40.0] * uplinks + [10.0] * hosts)


def test_many_flows_between_two_hosts():
    """Equal flows that come one by one: sizes and times so that each waits for those before it."""
    count = 400
    ready = np.arange(count) / 10.0
    finish, carried = ends([[0, 1]] * count, [10.0, 20.0], [3.0] * count, ready)
    assert carried == pytest.approx([3.0 * count] * 2)
    assert max(finish) == pytest.approx(3.0 * count / 10.0)
    assert (np.diff(finish) > 0.0).all()


def test_weights_of_very_different_size_keep_their_digits():
    """When the heavy flow is gone, the light ones must not get what subtraction leaves of their weight."""
    finish, _ = ends([[0]] * 3, [8.0], [8.0, 4.0, 8.0], weight=[1e9, 1.0, 1.0])
    assert finish == pytest.approx([1.0, 2.0, 2.5], rel=1e-8)  # 8, then 4 each, then 8 again


def test_compiled_and_interpreted_kernels_agree_to_the_last_bit():
    command = [sys.executable, "-c", DIGEST]
    found = [
        subprocess.run(
            command, capture_output=True, text=True, check=True, env=os.environ | {"NUMBA_DISABLE_JIT": disabled}
        ).stdout.split()
        for disabled in "01"
    ]
    assert len(found[0]) == 2
    assert found[0] == found[1]
