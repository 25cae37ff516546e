"""A graph as a model of the catalogue."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem
from dcsim.onnx_import.fold import fold
from dcsim.onnx_import.fuse import fuse
from dcsim.onnx_import.graph import Graph, read_graph
from dcsim.onnx_import.moves import FREE, MOVES, elementwise
from dcsim.onnx_import.products import PRODUCTS
from dcsim.onnx_import.recurrent import RECURRENT, samples_of
from dcsim.spec.dump import dump_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dcsim.onnx_import.call import Call
    from dcsim.onnx_import.row import Row

__all__ = ["Entry", "import_model"]

VALUE_BYTES = 4
_OPERATORS = {**PRODUCTS, **RECURRENT, **MOVES}
_UNITS = {"flops": "FLOP", "read": "B", "write": "B", "weights": "B"}


@dataclass(frozen=True)
class Layer:
    """One row of the table, per sample; the fields are those of ``dcsim.spec.model.Layer``."""

    name: str
    kind: str
    flops: float
    read: float
    write: float
    weights: int
    parameters: int
    repeat: int = 1
    rows: int = 0
    depth: int = 0
    columns: int = 0
    groups: int = 1
    winograd: bool = False
    in_place: bool = False
    tensors: tuple[int, ...] | None = None

    def data(self) -> dict[str, Any]:
        """Return the row as it is written: quantities with units, without what is as by default."""
        shown: dict[str, Any] = {}
        for key, value in asdict(self).items():
            if key in _UNITS:
                shown[key] = f"{_number(value)} {_UNITS[key]}"
            elif value != getattr(Layer, key, ...):
                shown[key] = list(value) if key == "tensors" else value
        return shown


@dataclass(frozen=True)
class Entry:
    """A model of the catalogue, made from a graph.

    Parameters
    ----------
    data : dict
        The entry as plain data.
    notes : tuple of str
        What the user should know: operators that are guessed, samples in the graph.
    """

    data: dict[str, Any]
    notes: tuple[str, ...]

    def to_yaml(self) -> str:
        """Return the entry as YAML, a line for each layer."""
        head = {key: value for key, value in self.data.items() if key != "layers"}
        return dump_yaml(head) + "layers:\n" + "".join(f"  - {_flow(row)}\n" for row in self.data["layers"])


def import_model(
    path: Path, *, title: str | None = None, batch: int | None = None, sizes: Mapping[str, int] | None = None
) -> Entry:
    """Return an ONNX file as a model of the catalogue.

    Parameters
    ----------
    path : Path
        The file.
    title : str, optional
        For people; the name of the file where not given.
    batch : int, optional
        Samples that the graph computes at once; by default the first dimension of its first input, or the sequences
        of its first recurrent layer.
    sizes : Mapping, optional
        For dimensions that the file leaves open, by their names.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    graph = read_graph(path, sizes or {})
    samples = _samples(graph) if batch is None else batch
    notes = [f"{samples} samples in the graph; --batch says otherwise"] if batch is None and samples > 1 else []
    layers, unknown = _layers(graph, samples)
    notes += [
        f"operator {op} ({count} {'call' if count == 1 else 'calls'}) is not known; counted as element-wise"
        for op, count in unknown.items()
    ]
    return Entry(_data(graph, layers, title or path.stem, path), tuple(notes))


def _samples(graph: Graph) -> int:
    recurrent = (samples_of(call) for call in graph.calls)
    found = next((samples for samples in recurrent if samples), None)
    return found or (graph.first.shape[0] if graph.first.shape else 1) or 1


def _layers(graph: Graph, samples: int) -> tuple[list[Layer], Counter[str]]:
    """Return the rows of the table, equal ones in a row as one, and how often operators are not known."""
    unknown: Counter[str] = Counter()
    counted: set[str] = set()
    layers: list[Layer] = []
    problems = []
    for call in fold(fuse(graph.calls)):
        if call.op in FREE:
            continue
        if call.op not in _OPERATORS:
            unknown[call.op] += 1
        try:
            for row in _OPERATORS.get(call.op, elementwise)(call):
                layer = _layer(call, row, samples, counted)
                if layers and replace(layers[-1], name=layer.name, repeat=layer.repeat) == layer:
                    layers[-1] = replace(layers[-1], repeat=layers[-1].repeat + layer.repeat)
                else:
                    layers.append(layer)
        except ValueError as error:
            problems.append(Problem(graph.file, 0, 0, "", str(error)))
    if not layers and not problems:
        problems.append(Problem(graph.file, 0, 0, "", "no node of its graph computes anything for a sample"))
    if problems:
        raise InputError(problems)
    return layers, unknown


def _layer(call: Call, row: Row, samples: int, counted: set[str]) -> Layer:
    """Return a row per sample; weights that an earlier row brought are no further parameters."""
    rows, groups = row.rows, row.groups
    if row.kind == "embedding":
        rows = max(rows // samples, 1)
    elif rows and groups % samples == 0 and groups > 1 and row.kind == "gemm":
        groups //= samples
    elif rows % samples == 0:
        rows //= samples
    else:
        raise ValueError(f"{call.name}: {rows} rows of its product cannot be shared by {samples} samples; "
                         "say with --batch how many the graph holds")  # fmt: skip
    own = [value for value in row.weights if not row.shares and value.root not in counted]
    counted.update(value.root for value in own)
    tensors = tuple(value.stored for value in own)
    return Layer(
        name=call.name + row.suffix,
        kind=row.kind,
        flops=max(row.flops / samples, 2.0 * rows * row.depth * row.columns * groups),
        read=VALUE_BYTES * row.read / samples,
        write=VALUE_BYTES * row.write / samples,
        weights=0 if row.kind == "embedding" else VALUE_BYTES * sum(value.size for value in row.weights),
        parameters=sum(tensors),
        repeat=row.repeat,
        rows=rows,
        depth=row.depth,
        columns=row.columns,
        groups=groups,
        winograd=row.winograd,
        in_place=row.in_place,
        tensors=tensors if len(tensors) > 1 else None,
    )


def _data(graph: Graph, layers: Sequence[Layer], title: str, path: Path) -> dict[str, Any]:
    """Return the entry as plain data."""
    parameters = sum(layer.parameters * layer.repeat for layer in layers)
    served = VALUE_BYTES * parameters or path.stat().st_size
    return {
        "title": title,
        "source": f"imported from {path.name} (sha256 {graph.sha256})",
        "sources": {
            "served_bytes": f"{VALUE_BYTES} bytes for each parameter" if parameters else "size of the file",
            "layers": f"shapes of the graph, at {VALUE_BYTES} bytes a value whatever the type in the file",
        },
        "assumptions": {
            "family": "told by the operators of the graph",
            "backward_ratio": "element-wise calls read the gradient and one kept value and write a gradient, three "
            "passes for two",
            "training_state": "parameters plus one momentum value each",
            "layers.elementwise": "normalisation over a batch reads its input twice, all other calls once; FLOP an "
            "element by the kind of function",
            "layers.in_place": "activations that only clip, dropout and biases overwrite their input",
        },
        "family": _family(layers),
        "backward_ratio": 1.5,
        "served_bytes": f"{served} B",
        "training_state": 2.0,
        "layers": [layer.data() for layer in layers],
    }


def _family(layers: Sequence[Layer]) -> str:
    """Return the class of model that the kinds of layers speak of; scores and what they weigh are an attention."""
    kinds = {layer.kind for layer in layers}
    if "recurrent" in kinds:
        return "RNN"
    if sum(layer.repeat for layer in layers if layer.kind == "gemm" and not layer.weights) > 1:
        return "TRANSFORMER"
    if "conv" in kinds:
        return "CNN"
    return "RECOMMENDER" if "embedding" in kinds else "MLP"


def _number(value: float) -> str:
    """Return a number without a needless fraction.

    Examples
    --------
    >>> _number(4.0), _number(0.5)
    ('4', '0.5')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _flow(row: Mapping[str, Any]) -> str:
    """Return a row as a YAML mapping on one line; JSON's texts, lists and truth values are YAML's too.

    Examples
    --------
    >>> _flow({"name": "conv 1", "read": "8 B", "rows": 2, "tensors": [3, 4], "in_place": True})
    '{name: "conv 1", read: 8 B, rows: 2, tensors: [3, 4], in_place: true}'
    """
    plain = {"kind", *_UNITS}
    parts = (f"{key}: {value if key in plain else json.dumps(value)}" for key, value in row.items())
    return f"{{{', '.join(parts)}}}"
