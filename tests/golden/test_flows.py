"""Flow traces against completion times of another simulator with exact max-min sharing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcsim.world.flow_replay import replay_flows

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "golden" / "flows"
TRACES = sorted(path.name for path in FOLDER.glob("flows_*.csv*"))


@pytest.mark.skipif(not TRACES, reason="needs the reference data beside the project")
@pytest.mark.parametrize("name", TRACES)
def test_completions(name):
    replay = replay_flows("leaf_spine_256", FOLDER / name)
    found = replay.compare(FOLDER / name.replace("flows", "completions", 1))
    assert (found.unlike, found.unmatched, found.shifted) == (0, 0, 0)
    assert found.flows == len(replay.trace.id) >= 1000
    assert found.worst_relative_error <= 1e-6
    _check_bytes(replay)


def _check_bytes(replay):
    """Sent is received, link by link as the README of the reference lays them out."""
    trace, names = replay.trace, replay.links["link"].tolist()
    carried = dict(zip(names, replay.completions.moved.tolist(), strict=True))
    leaf = {"src": trace.src // 16, "dst": trace.dst // 16}
    for host in range(256):
        sent = trace.nbytes[(trace.src == host) & (trace.dst != host)].sum()
        received = trace.nbytes[(trace.dst == host) & (trace.src != host)].sum()
        assert carried[f"host {host} > leaf {host // 16}"] == pytest.approx(sent, rel=1e-9)
        assert carried[f"leaf {host // 16} > host {host}"] == pytest.approx(received, rel=1e-9)
    for spine in range(4):
        for which in range(16):
            through = (leaf["src"] != leaf["dst"]) & ((trace.src + trace.dst) % 4 == spine)
            up = trace.nbytes[through & (leaf["src"] == which)].sum()
            down = trace.nbytes[through & (leaf["dst"] == which)].sum()
            assert carried[f"leaf {which} > spine {spine}"] == pytest.approx(up, rel=1e-9)
            assert carried[f"spine {spine} > leaf {which}"] == pytest.approx(down, rel=1e-9)
    assert np.isfinite(replay.completions.finish).all()
