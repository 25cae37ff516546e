"""What updating the weights moves, and how long it takes."""

# ruff: noqa: D102 - every property of a protocol means what the field of that name in dcsim.spec means

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcsim.compute.device import Device
    from dcsim.compute.like import LayerLike, ModelLike

__all__ = [
    "FORMATS", "Format", "OptimiserLike", "Rule", "checkpointed_rule", "format_of", "is_sparse", "optimiser_time",
    "update_bytes", "updated_values",
]  # fmt: skip

_VALUE = 4.0


class OptimiserLike(Protocol):
    """A rule of updating weights."""

    @property
    def states(self) -> float: ...
    @property
    def row_states(self) -> int: ...
    @property
    def read(self) -> float: ...
    @property
    def written(self) -> float: ...
    @property
    def calls(self) -> int: ...


@dataclass(frozen=True)
class Rule:
    """A rule of updating weights that no catalogue entry describes.

    Parameters
    ----------
    states, row_states, read, written, calls
        As for ``dcsim.spec.optimiser.Optimiser``.
    """

    states: float
    row_states: int
    read: float
    written: float
    calls: int = 1


@dataclass(frozen=True)
class Format:
    """Bytes of one value of each kind at one precision.

    Parameters
    ----------
    value : float
        Of an activation, of a weight as layers use it, and of a gradient.
    master : float
        Of a further copy of each weight in FP32, which the optimiser updates; 0 where the weight itself is FP32.
    trains : bool
        Whether models are trained in it.
    """

    value: float
    master: float
    trains: bool = True


_HALF = Format(2.0, 4.0)
FORMATS: Mapping[str, Format] = {
    "fp32": Format(4.0, 0.0),
    "tf32": Format(4.0, 0.0),
    "bf16": _HALF,
    "fp16": _HALF,
    "tensor_fp16": _HALF,
    "mixed": _HALF,
    "int8": Format(1.0, 0.0, trains=False),
}
"""By precision. Narrow weights are trained on an FP32 copy, without which small updates round to nothing (Micikevicius
et al., "Mixed precision training", ICLR 2018)."""


def format_of(precision: str, *, training: bool = True) -> Format:
    """Return the sizes of a precision.

    Raises
    ------
    ValueError
        For a precision that is unknown, or in which nothing is trained.

    Examples
    --------
    >>> format_of("mixed")
    Format(value=2.0, master=4.0, trains=True)
    """
    found = FORMATS.get(precision)
    if found is None:
        raise ValueError(f"unknown precision '{precision}'; known: {', '.join(FORMATS)}")
    if training and not found.trains:
        raise ValueError(f"models are not trained in {precision}; it is for inference")
    return found


def checkpointed_rule(model: ModelLike) -> Rule:
    """Return the rule that keeps what a model's checkpoints hold besides its parameters, for recipes that name none."""
    states = model.training_state - 1.0
    return Rule(states=states, row_states=0, read=2.0 + states, written=1.0 + states)


def is_sparse(model: ModelLike, layer: LayerLike) -> bool:
    """Return whether only the rows of a layer that a batch touched get gradients.

    Those of embeddings, in models that say by their ``gradient_bytes`` that they exchange less than all parameters.
    """
    return layer.kind == "embedding" and model.gradient_bytes is not None


def updated_values(model: ModelLike, batch: float) -> float:
    """Return how many values one step changes: all, but of sparse tables the rows of the batch, each another one."""
    values = 0.0
    for layer in model.layers:
        held = float(layer.parameters * layer.repeat)
        if is_sparse(model, layer):
            held = min(held, batch * layer.rows * layer.columns * layer.repeat)
        values += held
    return values


def update_bytes(optimiser: OptimiserLike, precision: str = "fp32") -> float:
    """Return the bytes that one update moves for each changed value.

    Parameter, states and what passes hand on are FP32. The gradient is as narrow as the precision, and a narrow weight
    is written beside its FP32 copy.

    Examples
    --------
    >>> adam = Rule(states=2, row_states=0, read=4, written=3)
    >>> update_bytes(adam), update_bytes(adam, "mixed")
    (28.0, 28.0)
    """
    size = format_of(precision)
    narrower = _VALUE - size.value
    copied = size.value if size.master else 0.0
    return _VALUE * (optimiser.read + optimiser.written) - narrower + copied


def optimiser_time(
    model: ModelLike, device: Device, optimiser: OptimiserLike, precision: str = "fp32", *, batch: float = 1.0
) -> float:
    """Return the time of one update of the weights (s).

    ``values x bytes / bandwidth``, and one call for each pass of the rule: a few operations a value are far below what
    any device computes while it moves them.

    Parameters
    ----------
    model : ModelLike
        What is trained.
    device : Device
        Where, at the same precision.
    optimiser : OptimiserLike
        The rule.
    precision : str
        A key of ``FORMATS``.
    batch : float
        Samples on the device, which say how many rows of sparse tables are touched.

    Raises
    ------
    ValueError
        For a precision in which nothing is trained.
    """
    # a device's bandwidth is that of layers given at 4 bytes a value, whatever their width in truth
    bandwidth = device.bandwidth * format_of(precision).value / _VALUE
    moved = updated_values(model, batch) * update_bytes(optimiser, precision)
    return moved / bandwidth + optimiser.calls * device.launch
