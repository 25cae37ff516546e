"""What a sweep file says: which scenario, what is varied, by which design, with which seeds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from dcsim.spec.base import Count, PositiveInt, Spec

__all__ = ["DESIGNS", "Design", "RangeSpec", "SweepSpec"]

Design = Literal["grid", "latin_hypercube", "sobol", "sobol_indices"]
"""How settings are chosen."""
DESIGNS: tuple[Design, ...] = ("grid", "latin_hypercube", "sobol", "sobol_indices")


def _several(value: object) -> object:
    """Take a single word for a list of one."""
    return (value,) if isinstance(value, str) else value


def _rising(value: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Refuse a seed that is named twice."""
    if value is not None and (twice := sorted({each for each in value if value.count(each) > 1})):
        raise ValueError(f"names {twice[0]} more than once; name each seed once")
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_several)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
End = Annotated[str | int | float, Field(union_mode="left_to_right")]


class RangeSpec(Spec):
    """A range of values: ``{from: 10 Gbit/s, to: 100 Gbit/s, step: 10 Gbit/s}``.

    Without ``step``, ``factor`` and ``points`` it is a span, from which a design draws.

    Parameters
    ----------
    from_ : str or number
        First value.
    to : str or number
        Last value, which the steps must meet.
    step : str or number, optional
        Difference between one value and the next.
    factor : float, optional
        Ratio between one value and the next.
    points : int, optional
        How many values, evenly spaced on a logarithmic scale (needs ``log``).
    log : bool
        Whether values are spaced, or drawn, evenly on a logarithmic scale.
    """

    from_: Annotated[End, Field(alias="from")]
    to: End
    step: End | None = None
    factor: Annotated[float, Field(gt=1)] | Annotated[int, Field(gt=1)] | None = None
    points: Annotated[int, Field(ge=2)] | None = None
    log: bool = False


class SweepSpec(Spec):
    """A study: one scenario over values, designs and seeds.

    Parameters
    ----------
    scenario : str
        A scenario by name, or a file as seen from the folder of this one.
    description : str
        The question, for people.
    variant : tuple of str
        Variants to take with every setting, or, where an item lists several (``packed,spread``), an axis of them;
        ``-`` stands for the scenario without any.
    set : dict
        Values by path: one value, a list, the text of a range (``0..20:5 %``) or a range as a mapping.
    design : Design
        How settings are chosen: every combination (``grid``), or ``samples`` of them (``latin_hypercube``, ``sobol``,
        ``sobol_indices``).
    samples : int, optional
        How many settings a design draws.
    design_seed : int
        Of the design's own draws; apart from the seeds of the simulations.
    seeds : tuple of int, optional
        Seeds of the simulations, the same for every setting.
    replicas : int
        How many seeds where none are listed: the scenario's own and the next ones.
    metrics : tuple of str
        Which metrics to keep; all where none is named.
    until : str, optional
        Precision at which a setting has replicas enough, such as ``ci=2%`` or ``ci=2%:goodput``.
    max_replicas : int, optional
        Replicas of a setting at which ``until`` gives up.
    catalog : tuple of str
        Folders with entries of one's own, as seen from the folder of this file.
    """

    scenario: str
    description: str = ""
    variant: Words = ()
    set: dict[str, Any] = {}
    design: Design = "grid"
    samples: PositiveInt | None = None
    design_seed: Count = 0
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(_rising)] | None = None
    replicas: PositiveInt | None = None
    metrics: Words = ()
    until: str | None = None
    max_replicas: PositiveInt | None = None
    catalog: Words = ()
