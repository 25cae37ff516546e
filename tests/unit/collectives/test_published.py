"""Closed forms against what others measured or computed: Goyal et al. 2017, and the shared reference times."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from dcsim.collectives import plan_of
from dcsim.collectives.plan import closed_form
from dcsim.compute.buckets import buckets, tensors
from dcsim.spec.catalog import Catalog

REFERENCE = Path(__file__).parents[4] / "shared" / "golden" / "allreduce" / "allreduce.csv"
SERVERS = 32


def ring_over_halving_doubling(sizes: list[float]) -> float:
    """Return the ratio of the times to reduce buffers one after another at 32 servers with a 50G adapter each."""
    nic = Catalog().load("nics", "nic_50g")
    times = {
        name: math.fsum(
            closed_form(plan_of(name, SERVERS, size), nic.bandwidth * nic.protocol_efficiency, nic.message_overhead)
            for size in sizes
        )
        for name in ("ring", "halving_doubling")
    }
    return times["ring"] / times["halving_doubling"]


@pytest.mark.parametrize(("nbytes", "ratio"), [(0.1e6, 5.59), (1e6, 3.24), (10e6, 1.37), (100e6, 1.04)])
def test_three_times_faster_with_small_buffers_only(nbytes: float, ratio: float) -> None:
    """62 steps against 10 of 25 us each; 2 (31/32) S at 5.875 GB/s for either: 330 us a megabyte.

    Goyal et al. 2017, section 4: halving/doubling up to 3 times faster than a ring at 32 servers.
    """
    step, moved = 25e-6, 2 * 31 / 32 * nbytes / (0.94 * 6.25e9)
    assert (62 * step + moved) / (10 * step + moved) == pytest.approx(ratio, abs=0.005)
    assert ring_over_halving_doubling([nbytes]) == pytest.approx(ratio, abs=0.005)


def test_resnet50_tensor_by_tensor_and_fused() -> None:
    sizes = tensors(Catalog().load("models", "resnet50"))
    assert 2.5 < ring_over_halving_doubling(sizes.tolist()) < 4.0
    assert ring_over_halving_doubling(buckets(sizes, math.inf).tolist()) == pytest.approx(1.04, abs=0.005)
    fused = buckets(sizes, 25 * 2**20)
    assert fused.size == 4
    assert 1.04 < ring_over_halving_doubling(fused.tolist()) < 1.3


NAMES = {"ring": "ring", "hd": "halving_doubling", "hdfar": "halving_doubling_far"}


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data lie beside the project")
def test_reference_times_where_ranks_are_the_only_bottleneck() -> None:
    """Eight hosts in one rack, an adapter each: 6.25e9 bytes/s and 500 ns at both ends."""
    with REFERENCE.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["mode"] == "full" and row["N"] == "8"]
    assert len(rows) == 6
    for row in rows:
        plan = plan_of(NAMES[row["alg"]], 8, float(row["bytes"]))
        assert closed_form(plan, 6.25e9, 1e-6) == pytest.approx(float(row["sim_time_s"]), rel=1e-9)
