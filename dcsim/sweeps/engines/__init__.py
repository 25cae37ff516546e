"""Engines of sweeps: who carries the batches out. One file each; see ``plan`` for what they take and yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.sweeps.engines.plan import Engine

__all__ = ["AUTO", "chosen", "reach", "sweep_engine", "with_workers"]

sweep_engine: Registry[Engine] = Registry("engine", __name__)
"""``@sweep_engine("x", argument=check)``; ``check`` reads what stands behind ``x:`` and raises ValueError.

An engine whose workers are somewhere else also gives ``reach=``, which takes that argument and raises InputError where
nobody answers.
"""
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


def with_workers(engine: str, workers: int | str | None) -> str:
    """Return the text of an engine with a number of workers; of one that is not named, who has so many.

    Raises
    ------
    InputError
        Where the number is none, the engine cannot have so many, or its text says already who they are.

    Examples
    --------
    >>> with_workers("auto", 4), with_workers("auto", 1), with_workers("dask", 2), with_workers("dask:3", None)
    ('processes:4', 'in_process', 'dask:2', 'dask:3')
    """
    if workers is None:
        return engine
    if ":" in engine:
        message = f"cannot stand beside engine '{engine}', which says already who its workers are; keep one of them"
        raise InputError([Problem.of_option("workers", message)])
    count = str(workers) or "none"
    name = engine if engine != AUTO else "in_process" if count == "1" else "processes"
    if name not in sweep_engine:
        return engine  # which ``chosen`` refuses
    try:
        argument = sweep_engine.get(name).facts["argument"](count)
    except ValueError as error:
        raise InputError([Problem.of_option("workers", str(error))]) from None
    return f"{name}:{argument}" if argument else name


def reach(name: str, argument: str) -> None:
    """Make sure that the workers of an engine can be reached, before anything is written for their sake.

    Parameters
    ----------
    name, argument : str
        As ``chosen`` returned them.

    Raises
    ------
    InputError
        If nobody answers.
    """
    check = sweep_engine.get(name).facts.get("reach") if name != AUTO else None
    if check is not None:
        check(argument)
