"""All-reduces round by round against completion times of another simulator with exact max-min sharing."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dcsim.collectives import plan_of
from dcsim.network.build import build_topology
from dcsim.spec.catalog import Catalog
from dcsim.world.collective import plan_time
from dcsim.world.placement import place

TABLE = Path(__file__).resolve().parents[3] / "shared" / "golden" / "allreduce" / "allreduce.csv"
ALGORITHMS = {"ring": "ring", "hd": "halving_doubling", "hdfar": "halving_doubling_far"}
PLACEMENTS = {"contig": "contiguous", "strided": "strided"}


def _rows():
    if not TABLE.is_file():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _id(row):
    return "-".join(row[key] for key in ("alg", "mode", "placement", "N", "bytes"))


@pytest.mark.skipif(not TABLE.is_file(), reason="needs the reference data beside the project")
@pytest.mark.parametrize("row", _rows(), ids=_id)
def test_completion_time(row):
    ranks, nbytes = int(row["N"]), float(row["bytes"])
    per_sled = 4 if row["mode"] == "shared" else 1
    plan = plan_of(ALGORITHMS[row["alg"]], ranks, nbytes)
    fabric = Catalog().load("fabrics", f"rack16_50g_{row['mode']}")
    hosts = place(ranks, per_sled, per_sled, PLACEMENTS[row["placement"]])
    done = plan_time(plan, build_topology(fabric, int(hosts.max()) + 1), hosts)
    assert done.time_s == pytest.approx(float(row["sim_time_s"]), rel=1e-9, abs=0.0)
    crossings = plan_crossings(plan, build_topology(fabric, int(hosts.max()) + 1), hosts)
    np.testing.assert_allclose(done.moved, crossings, rtol=1e-12)


def plan_crossings(plan, topology, hosts):
    """Return the bytes that the routes of all messages put on each link, message by message."""
    total = np.zeros(topology.links)
    for step in plan.phases:
        routes = topology.routes(hosts[step.src], hosts[step.dst])
        np.add.at(total, routes.link, step.repeat * step.nbytes)
    return total
