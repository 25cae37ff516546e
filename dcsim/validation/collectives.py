"""Figures of collectives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.collective_table import Comparison, compare
from dcsim.collectives import plan_of

if TYPE_CHECKING:
    from dcsim.validation.bench import Bench
    from dcsim.validation.forms import CollectiveForm, FitForm

__all__ = ["predict_collective", "predict_fit"]


def predict_collective(form: CollectiveForm, bench: Bench) -> float:
    """Return a quantity of a collective, or of its plan.

    Raises
    ------
    InputError
        With every problem of what is asked.
    ValueError
        When there is no such plan for the ranks.
    """
    if form.quantity in {"steps", "sent_bytes"}:
        plan = plan_of(form.algorithm, form.ranks, form.bytes)
        return float(plan.steps() if form.quantity == "steps" else plan.sent().max())
    options = form.model_dump(exclude={"algorithm", "ranks", "bytes", "fidelity", "overhead", "quantity"})
    given = {name: value for name, value in options.items() if value is not None}
    asked = Comparison(
        algorithms=(form.algorithm,),
        ranks=(form.ranks,),
        nbytes=(form.bytes,),
        fidelities=(form.fidelity,),
        overhead_s=form.overhead,
        **given,
    )
    return float(getattr(compare(asked, bench.catalog)[0], form.quantity))


def predict_fit(form: FitForm, bench: Bench) -> float:
    """Return latency or bandwidth of the line through the times of a ring all-reduce at two sizes.

    Raises
    ------
    InputError
        With every problem of what is asked.
    """
    asked = Comparison(
        algorithms=("ring",),
        ranks=(form.ranks,),
        nbytes=(form.small, form.large),
        server=form.server,
        fabric=form.fabric or Comparison.fabric,
    )
    small, large = compare(asked, bench.catalog)
    turns = 2.0 * (form.ranks - 1)
    per_byte = (large.time_s - small.time_s) / (form.large - form.small)
    if form.quantity == "bandwidth_bytes_per_s":
        return float(turns / form.ranks / per_byte)
    return float((small.time_s - per_byte * form.small) / turns)
