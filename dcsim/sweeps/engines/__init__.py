"""Engines of sweeps: who carries the batches out. One file each; see ``plan`` for what they take and yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.sweeps.engines.plan import Engine

__all__ = ["AUTO", "chosen", "sweep_engine"]

sweep_engine: Registry[Engine] = Registry("engine", __name__)
"""``@sweep_engine("x", argument=check)``; ``check`` reads what stands behind ``x:`` and raises ValueError."""
AUTO = "auto"
"""Processes where that pays, this process otherwise."""


def chosen(text: str) -> tuple[str, str]:
    """Return the engine that a text names, and its argument.

    Raises
    ------
    InputError
        For an unknown engine, or an argument that it does not take.

    Examples
    --------
    >>> chosen("processes:4"), chosen("dask://10.0.0.1:8786"), chosen("auto")
    (('processes', '4'), ('dask', 'tcp://10.0.0.1:8786'), ('auto', ''))
    """
    name, _, argument = text.partition(":")
    if name == AUTO and not argument:
        return AUTO, ""
    if name not in sweep_engine:
        raise InputError([Problem.of_option("engine", sweep_engine.unknown(name))])
    try:
        return name, sweep_engine.get(name).facts["argument"](argument)
    except ValueError as error:
        raise InputError([Problem.of_option("engine", str(error))]) from None
