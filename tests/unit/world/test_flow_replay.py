"""What a notebook asks of a flow replay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcsim.errors import InputError
from dcsim.world.fabric_by_name import fabric_topology
from dcsim.world.flow_replay import replay_flows


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text("id,src,dst,bytes,start\na,0,2,6.25e9,1\nb,1,2,12.5e9,1\nc,7,7,5,4\n")
    return path


def test_flows_and_links_make_data_frames(trace):
    replay = replay_flows("leaf_spine_256", trace)
    flows = pd.DataFrame(replay.flows).set_index("id")
    assert flows.loc["b"].to_dict() == {
        "src": 1, "dst": 2, "bytes": 12.5e9, "start_s": 1.0, "finish_s": 4.0, "duration_s": 3.0, "alone_s": 2.0,
        "slowdown_ratio": 1.5,
    }  # fmt: skip
    links = pd.DataFrame(replay.links).set_index("link")
    assert len(links) == 640
    assert links.loc["leaf 0 > host 2"].to_dict() == {
        "level": "host", "capacity_bytes_per_s": 6.25e9, "carried_bytes": 18.75e9, "utilisation_ratio": 1.0,
    }  # fmt: skip
    assert replay.busiest(2) == [("leaf 0 > host 2", 18.75e9, 1.0), ("host 1 > leaf 0", 12.5e9, pytest.approx(2 / 3))]
    assert replay.warnings == ()


def test_makespan_is_from_the_first_start_to_the_last_finish(trace):
    assert replay_flows("leaf_spine_256", trace).summary()["makespan_s"] == 3.0
    assert replay_flows("leaf_spine_256", trace, overhead_s=0.5).summary()["makespan_s"] == 3.5


def test_a_percentile_is_the_time_of_a_flow(tmp_path):
    path = tmp_path / "flows.csv"
    rows = [f"{n},{n},{n + 128},{(n + 1) * 6.25e7},0" for n in range(100)]
    path.write_text("\n".join(["id,src,dst,bytes,start", *rows]))
    spread = replay_flows("rack16_50g_full", path).summary()["completion_s"]
    times = np.sort(replay_flows("rack16_50g_full", path).completions.duration)
    assert (spread["p50"], spread["p99"], spread["max"]) == (times[49], times[98], times[99])
    assert spread["mean"] == pytest.approx(times.mean())


def test_trace_and_changes_of_ones_own(trace, tmp_path):
    (tmp_path / "changes.csv").write_text("time,link,bandwidth\n2,leaf 0 > host 2,50 %\n")
    replay = replay_flows("leaf_spine_256", str(trace), changes=str(tmp_path / "changes.csv"))
    # 3.125e9 bytes each in the first second, a quarter of the link each until a is done at 4, then half for b
    np.testing.assert_allclose(replay.completions.finish[:2], [4.0, 6.0])


def test_a_topology_by_name():
    assert fabric_topology("leaf_spine_256").links == 640
    assert fabric_topology("rack16_50g_shared", hosts=64).hosts == 64
    with pytest.raises(InputError, match="grows with its hosts"):
        fabric_topology("rack16_50g_shared")
    with pytest.raises(InputError, match=r"\Aleaf_spine_265: no such file, and unknown fabric"):
        fabric_topology("leaf_spine_265")
