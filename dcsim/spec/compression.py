"""Ways to make gradients smaller before they are exchanged."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcsim.spec.base import Ratio, Sourced

__all__ = ["Compression"]


class Compression(Sourced):
    """One way: what is sent for each value, and what that costs.

    Parameters
    ----------
    bits : float
        Sent for each value of the gradient; no more than the value itself takes.
    passes : float
        Times that the device reads or writes the bytes of each gradient to make it small and to read it again.
    reducible : bool
        Whether what devices send can be added up on the way, as an all-reduce does; otherwise every device
        gathers what all others send.
    accuracy_loss : Ratio
        Share of the reached quality that training loses by it.
    """

    bits: Annotated[float, Field(gt=0, le=32)]
    passes: Annotated[float, Field(ge=0)]
    reducible: bool
    accuracy_loss: Ratio
