"""What a model needs of a device's memory, and the largest batch that fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypedDict

from dcsim.compute.optimiser import checkpointed_rule, format_of, is_sparse

if TYPE_CHECKING:
    from typing import Unpack

    from dcsim.compute.like import LayerLike, ModelLike
    from dcsim.compute.optimiser import Format, OptimiserLike

__all__ = [
    "LARGEST", "Footprint", "HoldsLike", "Memory", "Part", "footprint", "largest_batch", "memory", "recipe_shortage",
    "shortage",
]  # fmt: skip

LARGEST = 2**31 - 1
"""The largest batch that is looked for."""
_VALUE = 4.0


class HoldsLike(Protocol):
    """A GPU of the catalogue as something that holds a model."""

    @property
    def memory(self) -> float:
        """Capacity (bytes)."""

    @property
    def reserved(self) -> float:
        """What its software takes of it (bytes)."""


class Part(TypedDict, total=False):
    """What of a model lies on one device, and how.

    Parameters
    ----------
    share, activation_share : float
        Part of the weights of all layers, and of what they keep for the backward pass, for plans that split a model; 1
        where not given.
    table_share : float
        Part of the embedding tables, for plans that spread them over devices and copy all else; 1 where not given. The
        device then looks rows of its tables up for the samples of all devices.
    in_flight : int
        Micro-batches whose activations are kept at once; 1 where not given.
    recompute : bool
        Whether only some activations are kept, and those between them are computed again in the backward pass.
    reserved : float
        What the device's software takes whatever the model; none where not given (bytes).
    """

    share: float
    activation_share: float
    table_share: float
    in_flight: int
    recompute: bool
    reserved: float


@dataclass(frozen=True)
class Memory:
    """Bytes of one device's memory.

    Parameters
    ----------
    parameters : float
        Weights as layers use them.
    gradients : float
        Of the weights; of sparse tables, those of the rows that the batch touched.
    optimiser : float
        What the optimiser keeps, FP32 copies of narrow weights included.
    activations : float
        Outputs of layers that the backward pass needs.
    workspace : float
        What passes through the call that moves most, and what the device's software reserves.
    """

    parameters: float
    gradients: float
    optimiser: float
    activations: float
    workspace: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.parameters + self.gradients + self.optimiser + self.activations + self.workspace


@dataclass(frozen=True)
class Footprint:
    """What a model needs of a device, apart by how it grows with the batch.

    Parameters
    ----------
    parameters, optimiser, reserved : float
        Whatever the batch (bytes).
    dense : float
        Gradients of what every step changes (bytes).
    tables : tuple of tuple of float
        Of each sparse table: gradients of all its rows, and of those that one sample touches (bytes).
    activations, passing : float
        For each sample: what is kept, and what passes through the call that moves most (bytes).
    """

    parameters: float
    optimiser: float
    reserved: float
    dense: float
    tables: tuple[tuple[float, float], ...]
    activations: float
    passing: float

    def memory(self, batch: float) -> Memory:
        """Return what a batch needs."""
        touched = sum(min(held, batch * each) for held, each in self.tables)
        return Memory(
            parameters=self.parameters,
            gradients=self.dense + touched,
            optimiser=self.optimiser,
            activations=batch * self.activations,
            workspace=batch * self.passing + self.reserved,
        )

    def largest_batch(self, capacity: float) -> int:
        """Return the largest batch that needs at most a capacity (bytes), up to ``LARGEST``; 0 where not even one does.

        Exact: what is needed never falls as the batch grows, so the last batch that fits is found by bisection.
        """
        if self.memory(1).total > capacity:
            return 0
        room, each = capacity - self.memory(0).total, self.activations + self.passing
        high = LARGEST if each * LARGEST <= room else math.ceil(room / each) + 1
        low = 1 if self.tables else max(1, high - 3)
        if self.memory(low).total > capacity:
            low = 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.memory(middle).total <= capacity else (low, middle - 1)
        return low


def footprint(
    model: ModelLike, precision: str = "fp32", optimiser: OptimiserLike | None = None, **part: Unpack[Part]
) -> Footprint:
    """Return what a model needs of a device, apart by how it grows with the batch.

    Kept for the backward pass is what each call writes, but for calls that work in place. Backward, the gradients of
    what a call reads and writes pass through, of one call at a time. Inference keeps nothing and passes as much.

    Parameters
    ----------
    model : ModelLike
        What is trained or served.
    precision : str
        A key of ``dcsim.compute.optimiser.FORMATS``; layer tables count 4 bytes a value.
    optimiser : OptimiserLike, optional
        Rule of the update; none for inference.
    **part
        As ``Part`` says.

    Raises
    ------
    ValueError
        For a precision that is unknown, or in which nothing is trained.
    """
    size, training = format_of(precision, training=optimiser is not None), optimiser is not None
    share, scale = part.get("share", 1.0), size.value / _VALUE
    parameters = states = dense = passing = 0.0
    tables = []
    for layer in model.layers:
        table = layer.kind == "embedding"
        values = share * (part.get("table_share", 1.0) if table else 1.0) * layer.parameters * layer.repeat
        sparse = training and is_sparse(model, layer)
        # nobody keeps a second, narrow copy of a table of which a step reads a few rows
        parameters += values * (_VALUE if sparse else size.value)
        if optimiser is not None:
            states += _state_bytes(layer, values, optimiser, size, sparse=sparse)
        if sparse:
            each = share * layer.rows * layer.columns * layer.repeat
            tables.append((values * size.value, each * size.value))
        else:
            dense += values * size.value
        passing = max(passing, layer.read + layer.write)
    kept = 0.0
    if training:
        kept = _checkpointed(model) if part.get("recompute", False) else _kept(model)
    return Footprint(
        parameters=parameters,
        optimiser=states,
        reserved=part.get("reserved", 0.0),
        dense=dense if training else 0.0,
        tables=tuple(tables),
        activations=part.get("in_flight", 1) * part.get("activation_share", 1.0) * kept * scale,
        passing=passing * scale,
    )


def memory(
    model: ModelLike,
    batch: float,
    precision: str = "fp32",
    optimiser: OptimiserLike | None = None,
    **part: Unpack[Part],
) -> Memory:
    """Return what a model needs of a device at a batch; see ``footprint``."""
    return footprint(model, precision, optimiser, **part).memory(batch)


def largest_batch(
    model: ModelLike,
    capacity: float,
    precision: str = "fp32",
    optimiser: OptimiserLike | None = None,
    **part: Unpack[Part],
) -> int:
    """Return the largest batch that needs at most a capacity (bytes); see ``Footprint.largest_batch``."""
    return footprint(model, precision, optimiser, **part).largest_batch(capacity)


def shortage(needs: Footprint, batch: float, capacity: float, device: str = "device") -> str | None:
    """Return why a batch does not fit a device, and what would; None where it fits.

    Examples
    --------
    >>> shortage(Footprint(3e9, 3e9, 1e9, 3e9, (), 1e8, 1e7), 64, 16e9)
    'needs 17.0 GB of memory on each device, which has 16.0 GB; at most 54 samples fit'
    """
    total = needs.memory(batch).total
    if total <= capacity:
        return None
    most = needs.largest_batch(capacity)
    fits = f"at most {most} samples fit" if most > 1 else "only one sample fits" if most else "not even one sample fits"
    return f"needs {_gigabytes(total)} of memory on each {device}, which has {_gigabytes(capacity)}; {fits}"


def recipe_shortage(model: ModelLike, batch: float, precision: str, gpu: HoldsLike, name: str) -> str | None:
    """Return why a training recipe does not fit a GPU called ``name``; None where it fits.

    The optimiser keeps what the model's checkpoints hold.

    Raises
    ------
    ValueError
        For a precision that is unknown, or in which nothing is trained.
    """
    needs = footprint(model, precision, checkpointed_rule(model), reserved=gpu.reserved)
    return shortage(needs, batch, gpu.memory, name)


def _gigabytes(nbytes: float) -> str:
    return f"{nbytes / 1e9:.4g} GB" if nbytes >= 1e11 else f"{nbytes / 1e9:.1f} GB"


def _state_bytes(layer: LayerLike, values: float, optimiser: OptimiserLike, size: Format, *, sparse: bool) -> float:
    """Return what the optimiser keeps of a layer."""
    master = 0.0 if sparse else values * size.master
    if layer.kind == "embedding" and optimiser.row_states:
        return values / layer.columns * optimiser.row_states * _VALUE + master
    return values * optimiser.states * _VALUE + master


def _kept(model: ModelLike) -> float:
    """Return what one sample leaves in memory for the backward pass, at 4 bytes a value."""
    return sum(layer.write * layer.repeat for layer in model.layers if not layer.in_place)


def _checkpointed(model: ModelLike) -> float:
    """Return the same where the calls are cut into about as many pieces as each piece has calls.

    The last output of each piece is kept, and all outputs of one piece at a time (Chen et al. 2016, "Training deep nets
    with sublinear memory cost").
    """
    writes = [layer.write for layer in model.layers if not layer.in_place for _ in range(layer.repeat)]
    budget = sum(writes) / math.sqrt(max(len(writes), 1))
    pieces, piece = [], 0.0
    for write in writes:
        piece += write
        if piece > budget:
            pieces.append((piece, write))
            piece = 0.0
    pieces.append((piece, 0.0))
    ends = sum(end for _, end in pieces)
    return max(ends - end + whole for whole, end in pieces)
