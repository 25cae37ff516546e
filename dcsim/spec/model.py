"""A machine-learning model as a table of layers: what one pass costs, what its weights weigh."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import Bytes, Count, Flop, NonNegativeBytes, PositiveInt, Sourced, Spec
from dcsim.spec.hardware import LayerKind

__all__ = ["Layer", "MlModel", "ModelFamily"]

ModelFamily = Literal["LR", "SVM", "GBDT", "MLP", "CNN", "RNN"]
"""Logistic regression, support vector machine, boosted trees, dense, convolutional and recurrent networks."""


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
    """

    name: str
    kind: LayerKind
    flops: Flop
    read: NonNegativeBytes
    write: NonNegativeBytes
    weights: NonNegativeBytes
    parameters: Count
    repeat: PositiveInt = 1


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
        Work of the backward pass over that of the forward pass.
    served_bytes : Bytes
        What publishing copies to a region.
    training_state : float
        Bytes of a checkpoint over bytes of the parameters (optimiser state).
    """

    family: ModelFamily
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]
    gradient_bytes: NonNegativeBytes | None = None
    backward_ratio: Annotated[float, Field(gt=0)]
    served_bytes: Bytes
    training_state: Annotated[float, Field(ge=1)]

    @model_validator(mode="after")
    def _costs_something(self) -> MlModel:
        if not any(layer.flops or layer.read or layer.write or layer.weights for layer in self.layers):
            raise ValueError("needs a layer that computes or moves something; every layer is empty")
        return self
