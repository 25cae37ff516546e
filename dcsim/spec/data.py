"""A data set that models are trained on, and where it lies."""

from __future__ import annotations

from dcsim.spec.base import Bytes, Name, Sourced

__all__ = ["Dataset"]


class Dataset(Sourced):
    """A data set.

    Parameters
    ----------
    size : Bytes
        Stored bytes of the whole set.
    bytes_per_sample : Bytes
        Stored bytes of one training sample.
    storage : tuple of Name
        Regions that hold it; empty means every region with storage racks.
    """

    size: Bytes
    bytes_per_sample: Bytes
    storage: tuple[Name, ...] = ()
