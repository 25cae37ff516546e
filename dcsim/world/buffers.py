"""How a gradient is cut into the buffers that are exchanged one after another."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.compute.buckets import buckets, tensors
from dcsim.units import parse_quantity

if TYPE_CHECKING:
    from dcsim.spec.model import MlModel

__all__ = ["FUSED", "Buffers", "read_buffers"]


@dataclass(frozen=True)
class Buffers:
    """Into what an amount of data is cut.

    Parameters
    ----------
    text : str
        As the user wrote it.
    limit : float
        Bytes from which a bucket is full; 0: every tensor by itself; infinite: all in one.
    model : str, optional
        Whose tensors; without it, the data come in even buckets and a rest.
    """

    text: str
    limit: float
    model: str | None = None

    def sizes(self, nbytes: float, model: MlModel | None = None) -> dict[float, int]:
        """Return how many buffers of each size add up to ``nbytes``.

        Tensors of a model are scaled by ``nbytes`` over the gradient of the model.

        Examples
        --------
        >>> read_buffers("4 MB").sizes(10e6)
        {4000000.0: 2, 2000000.0: 1}
        """
        if self.limit == math.inf:
            return {nbytes: 1}
        if model is None:
            full = int(nbytes // self.limit)
            rest = nbytes - full * self.limit
            return {size: count for size, count in ((self.limit, full), (rest, 1)) if size * count > 0.0}
        whole = tensors(model)
        return dict(Counter(buckets(whole * (nbytes / whole.sum()), self.limit).tolist()))


FUSED = Buffers("fused", math.inf)
"""Everything in one buffer."""


def read_buffers(text: str) -> Buffers:
    """Read ``fused``, ``per-tensor:MODEL``, ``SIZE`` or ``SIZE:MODEL``.

    Raises
    ------
    ValueError
        With the reason and the fix.

    Examples
    --------
    >>> read_buffers("25 MiB:resnet50")
    Buffers(text='25 MiB:resnet50', limit=26214400.0, model='resnet50')
    """
    head, _, model = text.partition(":")
    if text == FUSED.text:
        return FUSED
    if head == "per-tensor":
        if not model:
            raise ValueError("needs the model whose tensors are sent, such as 'per-tensor:resnet50'")
        return Buffers(text, 0.0, model)
    try:
        limit = parse_quantity(head, "data")
    except ValueError as error:
        raise ValueError(f"'{text}' is none of fused, per-tensor:MODEL, SIZE and SIZE:MODEL; a size {error}") from None
    if limit <= 0.0:
        raise ValueError("needs a size above zero, such as '25 MiB'")
    return Buffers(text, limit, model or None)
