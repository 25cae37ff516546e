"""The pairing heap beside a plain list."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.fleet_records import new_records
from dcsim.kernels.fluid_records import FLOW
from dcsim.kernels.pairing import add_end, drop_end, following


def walk(flows, root):
    """Return all flows of a heap."""
    found = []
    while root >= 0:
        found.append(int(root))
        root = following(flows, root)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_calls(seed):
    rng = np.random.default_rng(seed)
    flows = new_records((40,), FLOW)
    flows["end"] = rng.integers(0, 20, 40)
    root, held = -1, []
    for _ in range(400):
        f = int(rng.integers(40))
        if rng.random() < 0.3 and held:
            f = int(root)
        if f in held:
            held.remove(f)
            root = drop_end(flows, root, f)
        else:
            held.append(f)
            root = add_end(flows, root, f)
        assert sorted(walk(flows, root)) == sorted(held)
        assert (root < 0) == (not held)
        if held:
            assert flows[root].end == min(flows[one].end for one in held)


def test_flows_come_out_in_order_of_end():
    flows = new_records((64,), FLOW)
    flows["end"] = np.random.default_rng(4).permutation(64)
    root = -1
    for f in range(64):
        root = add_end(flows, root, f)
    ends = []
    while root >= 0:
        ends.append(int(flows[root].end))
        root = drop_end(flows, root, root)
    assert ends == list(range(64))
