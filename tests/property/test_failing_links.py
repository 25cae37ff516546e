"""Random flows on small fabrics whose links change and fail, beside a slow event loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.network.flows import run_flows
from dcsim.network.leaf_spine import leaf_spine
from dcsim.network.rerouting import Changes
from dcsim.spec.fabric import LeafSpine
from tests.oracles.failing_links import finish_times

FABRIC = leaf_spine(
    LeafSpine(
        title="small", assumption="a test", type="leaf_spine", leaves=2, hosts_per_leaf=2, spines=3,
        host_bandwidth="8 Gbit/s", uplink_bandwidth="4 Gbit/s", hop_latency="1 ms", routing="sum_modulo",
    )
)  # fmt: skip
HOST = st.integers(0, 3)
TENTHS = st.integers(0, 30).map(lambda tenth: tenth / 10.0)
FLOW = st.tuples(
    HOST, HOST, st.sampled_from([0.0, 1e8, 3e8, 1e9]), TENTHS, st.sampled_from([1.0, 2.0]),
    st.sampled_from([np.inf, 0.3e9]),
)  # fmt: skip
CHANGE = st.tuples(
    TENTHS, st.integers(0, FABRIC.links - 1), st.sampled_from([0.0, 0.0, 0.25e9, 1e9])
)


@given(
    flows=st.lists(FLOW, min_size=1, max_size=8),
    changes=st.lists(CHANGE, max_size=8, unique_by=lambda change: change[:2]),
    overhead=st.sampled_from([0.0, 0.25]),
)
def test_flows_end_when_the_slow_loop_says(flows, changes, overhead):
    src, dst, nbytes, start, weight, cap = (list(column) for column in zip(*flows, strict=True))
    changes = sorted(changes, key=lambda change: change[0])
    expected = finish_times(FABRIC, src, dst, nbytes, start, weight, cap, overhead, changes)
    times, links, capacities = (list(column) for column in zip(*changes, strict=True)) if changes else ([], [], [])
    given_changes = Changes(np.array(times, float), np.array(links, np.int64), np.array(capacities, float))
    done = run_flows(
        FABRIC, src, dst, nbytes, start, weight=weight, cap=cap, overhead_s=overhead, changes=given_changes
    )
    assert done.finish.tolist() == pytest.approx(expected, rel=1e-9)


def test_the_slow_loop_by_hand():
    lone = {"weight": [1.0], "cap": [np.inf], "overhead": 0.0, "changes": []}
    assert finish_times(FABRIC, [0], [1], [1e9], [0.0], **lone) == pytest.approx([1.002])
    pair = {"weight": [1.0, 3.0], "cap": [np.inf, np.inf], "overhead": 0.5}
    changes = [(0.602, 0, 0.0), (1.602, 0, 1e9)]
    ends = finish_times(FABRIC, [0, 0], [1, 1], [1e9, 0.3e9], [0.0, 0.0], **pair, changes=changes)
    # shares 1:3 for 0.1 s, nothing for a second, 0.3 s until the second ends, then alone
    assert ends == pytest.approx([2.802, 1.902])
