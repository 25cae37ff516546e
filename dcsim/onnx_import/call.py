"""A node of a graph and the tensors it works on, apart from the file they come from."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Call", "Value"]


@dataclass(frozen=True)
class Value:
    """A tensor of the graph.

    Parameters
    ----------
    name : str
        As in the graph.
    shape : tuple of int
        Size in each dimension.
    constant : bool
        Whether it is the same for every sample.
    root : str
        For a constant, the stored tensor it is made of; tells weights that are used twice.
    stored : int
        Elements of that stored tensor.
    trained : bool
        Whether training can set it: a constant of numbers with fraction that is no literal of the graph.
    """

    name: str
    shape: tuple[int, ...]
    constant: bool = False
    root: str = ""
    stored: int = 0
    trained: bool = False

    @property
    def size(self) -> int:
        """Elements."""
        return prod(self.shape)


@dataclass(frozen=True)
class Call:
    """One node that is computed for each batch.

    Parameters
    ----------
    op : str
        Operator, with its domain unless that is ONNX's own.
    name : str
        Of the node, or of what it yields.
    inputs : tuple of Value or None
        In the order of the operator; None for optional ones left out.
    outputs : tuple of Value
        Those that are used, or the first one.
    attributes : Mapping
        Numbers, texts and lists.
    alone : bool
        Whether nothing else reads the first input that is no constant, so that it may be overwritten.
    """

    op: str
    name: str
    inputs: tuple[Value | None, ...]
    outputs: tuple[Value, ...]
    attributes: Mapping[str, Any]
    alone: bool

    @property
    def given(self) -> tuple[Value, ...]:
        """Inputs that are there."""
        return tuple(value for value in self.inputs if value is not None)

    def input(self, index: int) -> Value | None:
        """Return an input, None if it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def needed(self, index: int) -> Value:
        """Return an input that must be there.

        Raises
        ------
        ValueError
            When it is left out.
        """
        found = self.input(index)
        if found is None:
            raise ValueError(f"lacks input {index + 1}")
        return found
