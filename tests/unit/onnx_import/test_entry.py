"""Whole graphs: sizes, samples, notes, and everything that is refused."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from dcsim.errors import InputError
from dcsim.onnx_import.entry import import_model
from dcsim.spec.model import MlModel
from tests.unit.onnx_import.graphs import FLOAT, info, integers, node, rows, save, weight


def refused(path, **asked):
    with pytest.raises(InputError) as error:
        import_model(path, **asked)
    return [problem.message for problem in error.value.problems]


def dense(path, *shape):
    return save(path, [node("MatMul", ["x", "w"], "y")], [info("x", *shape)], [weight("w", 5, 7)])


def test_the_first_dimension_is_one_sample_where_it_is_open(tmp_path):
    fixed, opened = dense(tmp_path / "fixed.onnx", 1, 3, 5), dense(tmp_path / "open.onnx", "N", 3, 5)
    assert rows(opened) == rows(fixed)
    assert rows(dense(tmp_path / "nameless.onnx", None, 3, 5)) == rows(fixed)
    assert rows(opened, sizes={"N": 4}) == rows(fixed)


def test_several_samples_are_shared_out(tmp_path):
    many = dense(tmp_path / "many.onnx", 6, 3, 5)
    assert rows(many) == rows(dense(tmp_path / "one.onnx", 1, 3, 5))
    assert import_model(many).notes == ("6 samples in the graph; --batch says otherwise",)
    (whole,) = rows(many, batch=1).values()
    assert (whole.rows, whole.read) == (18, 4 * 6 * 3 * 5)
    assert import_model(many, batch=1).notes == ()
    assert refused(many, batch=4) == [
        "y MatMul: 18 rows of its product cannot be shared by 4 samples; say with --batch how many the graph holds"
    ]


def test_open_dimensions_need_a_size(tmp_path):
    path = dense(tmp_path / "open.onnx", "N", "words", 5)
    assert refused(path) == ["dimension 'words' has no fixed size; give it, such as --dim 'words=128'"]
    (layer,) = rows(path, sizes={"words": 3}).values()
    assert layer.rows == 3
    assert refused(path, sizes={"word": 3}) == [
        "--dim word: unknown open dimension 'word'; did you mean 'words'?",
        "dimension 'words' has no fixed size; give it, such as --dim 'words=128'",
    ]
    nameless = dense(tmp_path / "nameless.onnx", 1, None, 5)
    assert refused(nameless) == ["dimension 'x[1]' has no fixed size; give it, such as --dim 'x[1]=128'"]
    assert rows(nameless, sizes={"x[1]": 3})["y MatMul"].rows == 3


def test_sizes_that_are_computed_are_followed(tmp_path):
    """What exporters write for ``x.view(batch, words // 2, -1)`` and for a mask that is expanded."""
    nodes = [
        node("Shape", ["x"], "shape"),
        node("Gather", ["shape", "first"], "batch"),
        node("Gather", ["shape", "second"], "words"),
        node("Div", ["words", "two"], "half"),
        node("Unsqueeze", ["batch", "axis"], "batch1"),
        node("Unsqueeze", ["half", "axis"], "half1"),
        node("Concat", ["batch1", "half1", "rest"], "target", axis=0),
        node("Reshape", ["x", "target"], "halved"),
        node("MatMul", ["halved", "w"], "y"),
    ]
    weights = [
        weight("w", 10, 7), integers("rest", -1), integers("axis", 0),
        *(helper.make_tensor(name, TensorProto.INT64, [], [value]) for name, value in
          (("first", 0), ("second", 1), ("two", 2))),
    ]  # fmt: skip
    path = save(tmp_path / "m.onnx", nodes, [info("x", "batch", "words", 5)], weights)
    found = rows(path, sizes={"words": 8})
    assert list(found) == ["y MatMul"]
    assert (found["y MatMul"].rows, found["y MatMul"].depth) == (4, 10)


def test_unknown_operators_are_counted_by_their_sizes(tmp_path):
    nodes = [
        helper.make_node("Strange", ["x"], ["a"], domain="com.acme", name="one"),
        helper.make_node("Strange", ["a"], ["b"], domain="com.acme", name="two"),
        node("Relu", ["b"], "relu"),
    ]
    inputs, outputs = [info("x", 1, 4, 6)], [info("relu", 1, 4, 6)]
    path = save(tmp_path / "m.onnx", nodes, inputs, outputs=outputs)
    assert refused(path) == [
        "one Strange: the shape of 'a' does not follow from operator com.acme.Strange on [1, 4, 6]; "
        "export the model with fixed sizes and ONNX's own operators"
    ]
    model = onnx.load(path)
    model.graph.value_info.extend([info("a", 1, 4, 3), info("b", 1, 4, 6)])
    onnx.save(model, path)
    assert import_model(path).notes == ("operator com.acme.Strange (2 calls) is not known; counted as element-wise",)
    assert [(row.read, row.write) for row in rows(path).values()] == [(96, 48), (48, 96), (96, 96)]


def test_graphs_that_are_chosen_at_run_time_are_refused(tmp_path):
    branch = helper.make_graph([node("Identity", ["x"], "same")], "branch", [], [info("same", 1, 4)])
    nodes = [
        helper.make_node("If", ["which"], ["y"], name="fork", then_branch=branch, else_branch=branch),
        node("Relu", ["y"], "relu"),
        helper.make_node("Strange", ["x"], ["z"], domain="com.acme", name="odd"),
    ]
    inputs = [info("which", kind=TensorProto.BOOL), info("x", 1, 4)]
    path = save(tmp_path / "m.onnx", nodes, inputs, outputs=[info("relu", 1, 4)])
    assert refused(path) == [
        "fork If: operator If picks or repeats graphs at run time; export the model without it",
        "odd Strange: the shape of 'z' does not follow from operator com.acme.Strange on [1, 4]; "
        "export the model with fixed sizes and ONNX's own operators",
    ]


def test_files_that_are_no_graphs(tmp_path):
    (tmp_path / "text.onnx").write_text("no graph at all\n")
    (tmp_path / "empty.onnx").write_bytes(b"")
    reason = "holds no ONNX graph; export the model from its framework in the ONNX format"
    assert refused(tmp_path / "text.onnx") == [reason]
    assert refused(tmp_path / "empty.onnx") == [reason]
    assert refused(tmp_path / "none.onnx") == ["no such file or directory"]
    assert refused(tmp_path) == ["is a directory"]
    nothing = save(tmp_path / "idle.onnx", [node("Reshape", ["x", "s"], "y")], [info("x", 1, 4)], [integers("s", 4)])
    assert refused(nothing) == ["no node of its graph computes anything for a sample"]
    clash = dense(tmp_path / "clash.onnx", 1, 4)
    assert refused(clash) == [
        "y MatMul: the shape of 'y' does not follow from operator MatMul on [1, 4], [5, 7]; "
        "export the model with fixed sizes and ONNX's own operators"
    ]


def test_the_entry_says_where_it_comes_from_and_reads_back(tmp_path):
    path = dense(tmp_path / "tiny.onnx", 1, 3, 5)
    entry = import_model(path, title="A tiny one")
    back = yaml.safe_load(entry.to_yaml())
    assert MlModel.model_validate(back) == MlModel.model_validate(entry.data)
    assert back["title"] == "A tiny one"
    assert back["source"].startswith("imported from tiny.onnx (sha256 ")
    assert (back["family"], back["served_bytes"], entry.notes) == ("MLP", "140 B", ())
    assert import_model(path).data["title"] == "tiny"


@pytest.mark.parametrize("data", [True, False])
def test_weights_may_lie_elsewhere(tmp_path, data):
    """Only the sizes of weights are read: files without them, or with them in another file, give the same table."""
    path = save(tmp_path / "m.onnx", [node("MatMul", ["x", "w"], "y")], [info("x", 1, 40)], [weight("w", 40, 30)])
    before = rows(path)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    if not data:
        (tmp_path / "w.bin").unlink()
    assert rows(path) == before


def block(path, *, spelled_out):
    """A block of a transformer: 8 heads of 8, 16 words; its normalisation and GeLU are one operator or many."""
    half, root, one = (helper.make_tensor(name, FLOAT, [], [value]) for name, value in
                       (("half", 0.5), ("root", 2**0.5), ("one", 1.0)))  # fmt: skip
    weights = [weight("wqkv", 64, 192), weight("bqkv", 192), weight("wo", 64, 64), weight("bo", 64),
               weight("w1", 64, 256), weight("b1", 256), weight("w2", 256, 64), weight("b2", 64),
               weight("g", 64), weight("b", 64),
               integers("split", 1, 16, 3, 8, 8), integers("join", 1, 16, 64), half, root, one,
               integers("i0", 0), integers("i1", 1), integers("i2", 2), integers("axis", 2)]  # fmt: skip
    if spelled_out:
        norm = [
            node("ReduceMean", ["x"], "mean", axes=[-1]), node("Sub", ["x", "mean"], "centred"),
            node("Pow", ["centred", "two"], "square"), node("ReduceMean", ["square"], "variance", axes=[-1]),
            node("Add", ["variance", "epsilon"], "shifted"), node("Sqrt", ["shifted"], "deviation"),
            node("Div", ["centred", "deviation"], "scaled"), node("Mul", ["scaled", "g"], "gained"),
            node("Add", ["gained", "b"], "norm"),
        ]  # fmt: skip
        weights += [helper.make_tensor("two", FLOAT, [], [2.0]), helper.make_tensor("epsilon", FLOAT, [], [1e-5])]
        gelu = [
            node("Div", ["inner", "root"], "divided"), node("Erf", ["divided"], "erf"),
            node("Add", ["erf", "one"], "raised"), node("Mul", ["inner", "raised"], "product"),
            node("Mul", ["product", "half"], "gelu"),
        ]  # fmt: skip
    else:
        norm = [node("LayerNormalization", ["x", "g", "b"], "norm", axis=-1)]
        gelu = [node("Gelu", ["inner"], "gelu")]
    nodes = [
        *norm,
        node("MatMul", ["norm", "wqkv"], "qkv0"), node("Add", ["bqkv", "qkv0"], "qkv"),
        node("Reshape", ["qkv", "split"], "heads"),
        *(node("Gather", ["heads", f"i{index}"], f"part{index}", axis=2) for index in range(3)),
        *(node("Squeeze", [f"part{index}", "axis"], f"flat{index}") for index in range(3)),
        node("Transpose", ["flat0"], "q", perm=[0, 2, 1, 3]), node("Transpose", ["flat1"], "k", perm=[0, 2, 3, 1]),
        node("Transpose", ["flat2"], "v", perm=[0, 2, 1, 3]),
        node("MatMul", ["q", "k"], "scores"), node("Softmax", ["scores"], "softmax", axis=-1),
        node("MatMul", ["softmax", "v"], "context"), node("Transpose", ["context"], "back", perm=[0, 2, 1, 3]),
        node("Reshape", ["back", "join"], "joined"),
        node("MatMul", ["joined", "wo"], "out0"), node("Add", ["out0", "bo"], "out"),
        node("Add", ["out", "x"], "residual"),
        node("MatMul", ["residual", "w1"], "inner0"), node("Add", ["inner0", "b1"], "inner"),
        *gelu,
        node("MatMul", ["gelu", "w2"], "outer0"), node("Add", ["outer0", "b2"], "outer"),
    ]  # fmt: skip
    return save(path, nodes, [info("x", 1, 16, 64)], weights, opset=17 if spelled_out else 20)


def test_a_transformer_block(tmp_path):
    path = block(tmp_path / "block.onnx", spelled_out=False)
    found = rows(path)
    products = [(row.rows, row.depth, row.columns, row.groups) for row in found.values() if row.kind == "gemm"]
    assert products == [
        (16, 64, 192, 1), (16, 8, 16, 8), (16, 16, 8, 8), (16, 64, 64, 1), (16, 64, 256, 1), (16, 256, 64, 1),
    ]  # fmt: skip
    assert sum(row.parameters for row in found.values()) == 4 * 64 * 64 + 4 * 64 + 2 * 64 * 256 + 256 + 64 + 2 * 64
    assert found["norm LayerNormalization"].tensors == (64, 64)
    assert found["gelu"].flops == 8 * 16 * 256
    assert import_model(path).data["family"] == "TRANSFORMER"


def test_spelled_out_functions_are_the_ones_of_one_call(tmp_path):
    """Exports of older versions write normalisations and GeLU in simple operators, which frameworks compute in one."""

    def nameless(name):
        found = rows(block(tmp_path / name, spelled_out=name == "long")).values()
        return [row.model_copy(update={"name": ""}) for row in found]

    assert nameless("long") == nameless("short")


def test_parameters_that_are_literals_or_masks_are_not_trained(tmp_path):
    literal = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("", FLOAT, [4], np.ones(4)))
    nodes = [
        literal,
        node("Mul", ["x", "c"], "scaled"),
        node("Where", ["mask", "scaled", "low"], "masked"),
        node("Add", ["masked", "position"], "y"),
    ]
    weights = [weight("mask", 4, dtype=np.bool_), weight("low"), weight("position", 4)]
    found = rows(save(tmp_path / "m.onnx", nodes, [info("x", 1, 4)], weights))
    told = {name.split()[0]: (row.parameters, row.repeat) for name, row in found.items()}
    assert told == {"scaled": (0, 2), "y": (4, 1)}  # the first row is also the equal call after it
