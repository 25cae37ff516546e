"""Sizes of a graph's inputs where the file leaves them open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.spec.suggest import Suggester

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import onnx

__all__ = ["fix_sizes"]


def fix_sizes(model: onnx.ModelProto, sizes: Mapping[str, int]) -> list[str]:
    """Give every open dimension of the inputs a size; return what is wrong.

    The first dimension of an input, and one whose name speaks of a batch, is one sample where ``sizes`` does not name
    it. What the file says of other tensors is dropped if a size was open, since it may speak of that size.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed.
    sizes : Mapping
        By the name of the dimension, such as ``sequence``, or ``input[1]`` where it has none.

    Returns
    -------
    list of str
        One line each; empty if every size is known now.
    """
    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    used = {name for node in graph.node for name in node.input}
    inputs = [info for info in graph.input if info.name not in stored and info.name in used]
    problems = [f"input '{info.name}' has no shape; export the model with fixed sizes"
                for info in inputs if not info.type.tensor_type.HasField("shape")]  # fmt: skip
    open_dims = [each for info in inputs for each in _open(info)]
    batch = {label for label, index, _ in open_dims if index == 0 or "batch" in label.lower()}
    missing: dict[str, None] = {}
    for label, _, dim in open_dims:
        size = sizes.get(label, 1 if label in batch else 0)
        if size:
            dim.dim_value = size
        else:
            missing[label] = None
    problems += [f"dimension '{label}' has no fixed size; give it, such as --dim '{label}=128'" for label in missing]
    known = {label for label, _, _ in open_dims}
    ask = Suggester()
    problems += [f"--dim {label}: {ask.unknown('open dimension', label, sorted(known))}" for label in sizes
                 if label not in known]  # fmt: skip
    if open_dims:
        del graph.value_info[:]
        for info in graph.output:
            info.type.tensor_type.ClearField("shape")
    return problems


def _open(info: onnx.ValueInfoProto) -> Iterator[tuple[str, int, onnx.TensorShapeProto.Dimension]]:
    """Yield name, place and dimension of what has no size."""
    for index, dim in enumerate(info.type.tensor_type.shape.dim):
        if dim.dim_value <= 0:
            yield dim.dim_param or f"{info.name}[{index}]", index, dim
