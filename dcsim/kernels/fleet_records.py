"""Record types of the fleet kernels: what belongs to one service, pool, cohort and so on, side by side in memory.

A record is passed to a kernel by reference, so a kernel that works on one cohort takes one argument and not the many
arrays that it would otherwise pick its numbers from. Sizes as in :mod:`dcsim.kernels.fleet_arrays`; numbers are
``float64`` unless said otherwise. Nothing here needs numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "BOOK", "COHORT", "LENDING", "LOAD", "POOL", "ROUTED", "SERVICE", "SITE", "SUSPENDED", "TALLY", "USER_MODELS",
    "WAITING", "Record", "Records", "new_records", "pack",
]  # fmt: skip

Record = Any
"""One record; its fields are attributes."""
Records = Any
"""An array of records; a field of all of them is ``records["name"]``."""


def _dtype(fields: str, integers: str = "", flags: str = "") -> np.dtype[np.void]:
    """Return a record type of floats, and of fields of other types after them."""
    kinds: tuple[tuple[str, type], ...] = ((fields, np.float64), (integers, np.int64), (flags, np.bool_))
    types = [(name, kind) for names, kind in kinds for name in names.split()]
    return np.dtype(types, align=True)


SERVICE = _dtype("target limit service_time budget", "kind")
"""One service, see :class:`~dcsim.kernels.fleet_arrays.Services`."""

POOL = _dtype("hosts speed cores idle_power peak_power exponent", "region kind")
"""One pool, see :class:`~dcsim.kernels.fleet_arrays.Pools`."""

LENDING = _dtype(
    "notice reserve job_steps checkpoint_every checkpoint_bytes restart step_time checkpoint_time",
    "group hosts_per_nic",
    "saves_on_notice spread",
)
"""Lending of one pool, see :class:`~dcsim.kernels.fleet_arrays.Lending`; the two times, in s, are those under the
NIC share of the present step."""

USER_MODELS = _dtype("work", "kind")
"""One class, see :class:`~dcsim.kernels.fleet_arrays.UserModels`."""

COHORT = _dtype("restart_left compute written committed uncommitted notice_left told_in", "gangs")
"""Gangs in the same state, and how many (``gangs``).

``restart_left``: until the first step, s. ``compute``: since the last commit, s per gang. ``written``: share of the
present checkpoint, in [0, 1). ``committed``, ``uncommitted``: steps of the present job up to the last commit, and
since. ``notice_left``: until the hosts return, s; infinite where no notice was given. ``told_in``: when in the present
step notice is given, s; infinite where it is not.
"""

SUSPENDED = _dtype("committed", "jobs")
"""Jobs that lost their hosts, and the steps that each has behind it."""

BOOK = _dtype("jobs_left", "cohorts suspended")
"""Of one pool: jobs on offer that were never started, infinite where endless; cohorts and suspended entries in use."""

WAITING = _dtype("backlog backlog_age held held_age")
"""Trainings of user models: at the hosts of the region and for how long there are some, s; of its users, reaching no
region, and for how long, s."""

ROUTED = _dtype("arrivals wished", "target")
"""Trainings of user models in one step: at the hosts of the region; reference hosts that they would use; region that
trains for its users, -1 for none."""

SITE = _dtype("whole work hosts cores used needed busy", "", "over")
"""Region and kind in one step.

``whole``: reference hosts, up or not. ``work``: of them, what serving may use; ``hosts``, ``cores``: the same counted
as hosts and as cores. ``used``: reference hosts that serve; ``over``: whether beyond the target utilisation.
``needed``: what load and user models would use if nothing were lent. ``busy``: what trained user models.
"""

LOAD = _dtype("wanted left assigned switched utilisation")
"""Service and region in one step.

``wanted``: work of the region's users that reaches some region; ``left``: of it, not yet placed. ``assigned``: work on
the region's hosts; ``switched``: reference hosts switched to the service, ``utilisation``: their busy share.
"""

TALLY = _dtype(
    "compute useful lost checkpoint restart notice written steps started evicted finished free",
)
"""What the gangs of one pool did in one step.

Seconds times gangs up to ``notice``, then checkpoints ``written``, training ``steps`` kept, gangs ``started`` and
``evicted``, jobs ``finished``. ``free``: mean hosts of the pool that serving may use.
"""


def new_records(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Records:
    """Return records of zeros.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array.
    dtype : dtype
        One of the record types of this module.

    Returns
    -------
    recarray
        Fields of its records are attributes.
    """
    return np.zeros(shape, dtype).view(np.recarray)


def pack(columns: tuple[np.ndarray[Any, Any], ...], names: tuple[str, ...], dtype: np.dtype[np.void]) -> Records:
    """Return the records of columns, those that the record type has.

    Parameters
    ----------
    columns : tuple of arrays
        Of equal length.
    names : tuple of str
        Name of each column.
    dtype : dtype
        One of the record types of this module.

    Returns
    -------
    recarray
        As long as the columns; fields without a column, or whose column is a table, are zero.
    """
    records = new_records((len(columns[0]),), dtype)
    for name, column in zip(names, columns, strict=True):
        if column.ndim == 1:
            records[name] = column
    return records
