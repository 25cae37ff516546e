"""A machine-learning model as a table of layers: what one pass costs, what its weights weigh."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import Bytes, Count, Flop, NonNegativeBytes, NonNegativeSeconds, PositiveInt, Sourced, Spec
from dcsim.spec.hardware import LayerKind

__all__ = ["Layer", "MlModel", "ModelFamily", "ModelInput"]

ModelFamily = Literal["LR", "SVM", "GBDT", "MLP", "CNN", "RNN", "TRANSFORMER", "RECOMMENDER", "SEARCH"]
"""Logistic regression, support vector machine, boosted trees, dense, convolutional and recurrent networks, attention
networks, dense networks over embedding tables, and indices of compressed vectors that are searched."""
PRODUCTS = ("gemm", "conv", "recurrent")
"""Kinds of layers that are matrix products."""


class Layer(Spec):
    """One kind of call of a model's forward pass.

    Parameters
    ----------
    name : str
        Name for people.
    kind : LayerKind
        Which efficiency of the device applies.
    flops : Flop
        Work of one call for one sample; one multiply-add counts two.
    read, write : NonNegativeBytes
        Activations (or table rows) moved by one call for one sample.
    weights : NonNegativeBytes
        Read once per call, whatever the batch.
    parameters : int
        Trained values that one call adds; 0 where it shares those of another row (further steps of a
        recurrence).
    repeat : int
        Equal calls, one after another.
    rows, depth, columns : int
        The matrix product that a call of kind gemm, conv or recurrent is for one sample, ``rows x depth`` times
        ``depth x columns``; of a convolution, the output positions, the window times the input channels, and the
        output channels (both of one group). The rows of all samples of a batch are multiplied together. A call of
        kind embedding looks up ``rows`` rows of ``columns`` values each, wherever they lie in its tables.
    groups : int
        Such products side by side in one call: groups of a convolution, heads of an attention.
    winograd : bool
        Whether the call is a convolution of 3x3 windows that move by one, which minimal filtering computes with fewer
        multiplications (Lavin and Gray, CVPR 2016).
    in_place : bool
        Whether the output overwrites the input, so that training keeps no further copy of it.
    tensors : tuple of int, optional
        Values in each trained tensor of one call, such as weights and bias; all parameters in one where not given.
    """

    name: str
    kind: LayerKind
    flops: Flop
    read: NonNegativeBytes
    write: NonNegativeBytes
    weights: NonNegativeBytes
    parameters: Count
    repeat: PositiveInt = 1
    rows: Count = 0
    depth: Count = 0
    columns: Count = 0
    groups: PositiveInt = 1
    winograd: bool = False
    in_place: bool = False
    tensors: tuple[PositiveInt, ...] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Layer:
        product = 2 * self.rows * self.depth * self.columns * self.groups
        if self.kind in PRODUCTS and not product:
            raise ValueError(f"a layer of kind {self.kind} needs the rows, depth and columns of its matrix product")
        if self.kind == "embedding":
            self._looks_up()
        elif self.kind not in PRODUCTS and (self.rows or self.depth or self.columns or self.winograd):
            raise ValueError(f"only layers of kind {', '.join(PRODUCTS)} have rows, depth and columns; remove them")
        if not product <= self.flops <= 1.2 * product and product:
            raise ValueError(f"flops must be 2 x rows x depth x columns x groups = {product} FLOP, or up to 20 % more")
        if self.winograd and self.kind != "conv":
            raise ValueError("only a layer of kind conv can be computed by minimal filtering; remove winograd")
        if self.tensors is not None and sum(self.tensors) != self.parameters:
            raise ValueError(f"tensors hold {sum(self.tensors)} values, parameters says {self.parameters}")
        return self

    def _looks_up(self) -> None:
        """Check the lookups of an embedding."""
        if self.depth or not self.rows or not self.columns:
            raise ValueError("a layer of kind embedding needs rows (lookups) and columns (values of a row), no depth")
        if self.read < 4 * self.rows * self.columns:
            raise ValueError(f"read must be at least 4 x rows x columns = {4 * self.rows * self.columns} B")


class ModelInput(Spec):
    """One sample on its way to the device.

    Parameters
    ----------
    stored : Bytes
        As it lies in storage.
    decoded : Bytes
        As the device receives it.
    core_time : NonNegativeSeconds
        Time of one core at 2.5 GHz to decode, transform and batch it, s.
    """

    stored: Bytes
    decoded: Bytes
    core_time: NonNegativeSeconds


class MlModel(Sourced):
    """A model: its layers, and what training and publishing it move.

    Parameters
    ----------
    family : ModelFamily
        Class of model.
    layers : tuple of Layer
        Forward pass; at least one.
    gradient_bytes : NonNegativeBytes, optional
        What one replica contributes to a synchronisation; 4 bytes per parameter where not given (sparse
        embeddings exchange only the rows they touched).
    backward_ratio : float
        Work of the backward pass over that of the forward pass, for layers that are no matrix products; those take
        one product for the gradient of their input and one for that of their weights.
    served_bytes : Bytes
        What publishing copies to a region.
    training_state : float
        Bytes of a checkpoint over bytes of the parameters (optimiser state).
    input : ModelInput, optional
        What reading and preparing one sample takes; nothing where not given.
    tokens : int, optional
        Tokens (words, word pieces) of one sample, for models whose throughput is published so.
    """

    family: ModelFamily
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]
    gradient_bytes: NonNegativeBytes | None = None
    backward_ratio: Annotated[float, Field(gt=0)]
    served_bytes: Bytes
    training_state: Annotated[float, Field(ge=1)]
    input: ModelInput | None = None
    tokens: PositiveInt | None = None

    @model_validator(mode="after")
    def _costs_something(self) -> MlModel:
        if not any(layer.flops or layer.read or layer.write or layer.weights for layer in self.layers):
            raise ValueError("needs a layer that computes or moves something; every layer is empty")
        return self
