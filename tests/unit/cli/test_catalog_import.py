"""``dcsim catalog import``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

from dcsim.cli.main import main


@pytest.fixture
def tiny(tmp_path):
    """Write a dense layer of 5 inputs and 7 outputs."""
    nodes = [helper.make_node("Gemm", ["x", "w"], ["y"], name="dense")]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 5])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 7])]
    weights = [helper.make_tensor("w", TensorProto.FLOAT, [5, 7], [1.0] * 35)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, weights)
    path = tmp_path / "tiny.onnx"
    path.write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    return path


def run(*words):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, [*map(str, words)])


def test_an_entry_is_printed_or_written_and_then_found(tiny, tmp_path):
    done = run("catalog", "import", tiny)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("title: tiny\nsource: imported from tiny.onnx (sha256 ")
    assert done.stdout.endswith(
        '  - {name: "dense Gemm", kind: gemm, flops: 70 FLOP, read: 20 B, write: 28 B, weights: 140 B, parameters: 35, '
        "rows: 1, depth: 5, columns: 7}\n"
    )
    out = tmp_path / "mine" / "models" / "mlp_tiny.yaml"
    wrote = run("catalog", "import", tiny, "--out", out, "--name", "A tiny one")
    assert (wrote.exit_code, wrote.stdout, wrote.stderr) == (0, f"{out}\n", "")
    assert run("check", out).exit_code == 0
    shown = run("catalog", "show", "models", "mlp_tiny", "--catalog", tmp_path / "mine")
    assert shown.stdout == done.stdout.replace("title: tiny", "title: A tiny one")


def test_json_holds_the_entry_and_the_notes(tiny):
    told = json.loads(run("catalog", "import", tiny, "--dim", "N=3", "--json").stdout)
    assert told["file"] is None
    assert told["notes"] == ["3 samples in the graph; --batch says otherwise"]
    assert told["entry"]["layers"][0]["rows"] == 1
    assert run("catalog", "import", tiny, "--dim", "N=3").stderr == (
        "note: 3 samples in the graph; --batch says otherwise\n"
    )


def test_every_problem_at_once_and_nothing_written(tiny, tmp_path):
    before = sorted(tmp_path.iterdir())
    done = run(
        *("catalog", "import", tmp_path / "none.onnx", "--out", tiny / "models" / "x.yaml"),
        *("--batch", "0", "--dim", "words", "--dim", "N=many"),
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "--batch: '0' is not a whole number above zero",
        "--dim: 'many' is not a whole number above zero",
        "--dim: 'words' must be a name and a size, such as sequence=128",
        f"--out: '{tiny}' is no folder",
        f"{tmp_path / 'none.onnx'}: no such file or directory",
        f"5 problems in {tmp_path / 'none.onnx'}",
    ]
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_is_replaced_only_by_force(tiny, tmp_path):
    out = tmp_path / "entry.yaml"
    out.write_text("kept")
    done = run("catalog", "import", tiny, "--out", out)
    assert (done.exit_code, out.read_text()) == (2, "kept")
    assert done.stderr.splitlines()[0] == f"--out: '{out}' exists; give another name, or --force to replace it"
    assert run("catalog", "import", tiny, "--out", out, "--force").exit_code == 0
    assert out.read_text().startswith("title: tiny\n")
    (tmp_path / "folder.yaml").mkdir()
    folder = run("catalog", "import", tiny, "--out", tmp_path / "folder.yaml", "--force")
    assert folder.stderr.startswith(f"--out: '{tmp_path / 'folder.yaml'}' is a folder; name a file in it\n")
    assert run("catalog", "import", tiny, "--out", tmp_path / "entry.json").stderr.startswith(
        f"--out: '{tmp_path / 'entry.json'}' must end in .yaml\n"
    )


def test_without_the_package_the_fix_is_told(tiny, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("dcsim.onnx_import")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    done = run("catalog", "import", tiny)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        f"{tiny}: needs the package onnx; install it with: pip install 'dcsim[onnx]'"
    )
