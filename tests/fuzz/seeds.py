"""Files that are right, from which the wrong ones are made."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from onnx import TensorProto, helper

from dcsim.resolve import resolve
from dcsim.simulate import simulate
from dcsim.spec.shelf import FOLDERS
from tests.architecture.source import ROOT, SCENARIOS
from tests.fuzz.trees import Pool
from tests.scenarios.finished import TINY

SMALL = ("minimal", "replay_day", "shared_gpus", "hpca18_day", "shared_nic", "shared_fabric")
LONG = ("hpca18_region_loss", "hpca18_year", "off_peak_year")
_LARGEST = 4000


SWEEPS = (
    """\
scenario: minimal
description: How much the reserve costs
set:
  fleet.capacity_unit: [0.3, 0.4]
  harvest.reserve: 0..20:5 %
  harvest.notice: {from: 1 min, to: 16 min, factor: 2}
  duration: 2 h
replicas: 2
metrics: [harvest, cost]
""",
    """\
scenario: minimal
variant: [-, save_on_notice]
set: {harvest.reserve: {from: 0.01, to: 0.2, log: true}, fleet.failover_time: {from: 1 min, to: 60 min}, duration: 1 h}
design: sobol
samples: 8
design_seed: 3
replicas: 5
until: ci=5%:cost
max_replicas: 6
""",
)


@cache
def sweep_pool():
    """Return what may be borrowed from sweeps and scenarios."""
    return Pool([*SWEEPS, *scenarios().values()])


@cache
def scenarios():
    """Return the text of every scenario that is changed, by name."""
    texts = {name: (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8") for name in (*SMALL, *LONG)}
    texts["tiny"] = yaml.safe_dump(TINY, sort_keys=False)
    texts["written_out"] = resolve("minimal").to_yaml()
    return texts


@cache
def entries():
    """Return the text of the smaller entries of the catalogue by kind and name."""
    found = {}
    for folder, kinds in FOLDERS.items():
        for kind in kinds if folder != "scenarios" else ():
            for path in sorted((ROOT / folder / kind).glob("*.yaml")):
                text = path.read_text(encoding="utf-8")
                if len(text) <= _LARGEST:
                    found[kind, path.stem] = text
    return found


@cache
def users():
    """Return for each entry that scenarios use the names of some that do."""
    found = {}
    for name in SMALL:
        held = resolve(name).scenario.catalog
        for kind, entry in entries():
            if entry in (getattr(held, kind, None) or {}):
                found.setdefault((kind, entry), []).append(name)
    return found


@cache
def pool():
    """Return what may be borrowed from all of them; three entries stand for each kind."""
    kinds = {}
    for (kind, name), text in entries().items():
        kinds.setdefault(kind, {})[name] = text
    few = [text for entries_of in kinds.values() for text in list(entries_of.values())[:3]]
    return Pool([*scenarios().values(), *few])


@cache
def finished():
    """Return the files of a finished run by name."""
    with TemporaryDirectory() as folder:
        place = simulate(resolve("minimal", sets=["duration=2 h"]), Path(folder) / "run")
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


@cache
def network():
    """Return a small model in the ONNX format."""
    nodes = [helper.make_node("Gemm", ["x", "w"], ["h"], name="dense"), helper.make_node("Relu", ["h"], ["y"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 5])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 7])]
    weights = [helper.make_tensor("w", TensorProto.FLOAT, [5, 7], [1.0] * 35)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, weights)
    return helper.make_model(graph, ir_version=8).SerializeToString()


@cache
def replayed():
    """Return the files that lie beside a scenario of replays, by their names as seen from it."""
    folder = SCENARIOS / "replay_day"
    return {f"replay_day/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}
