"""States of the fluid network: made, and given more places when flows come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.kernels.fleet_records import Records, new_records
from dcsim.kernels.fluid_records import CHANGE, CLASS, CROSSING, FLOW, LINK, NETWORK, TALLY, FluidState
from dcsim.kernels.fluid_routes import MOST, keep_used, lay_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["lay_out_exactly", "new_state", "with_lists", "with_places"]


def _for_classes(links: int, classes: int, crossings: int) -> dict[str, Any]:
    """Return the arrays of a state whose sizes depend on classes, all places free."""
    table = 16
    while table < 2 * classes:
        table *= 2
    return {
        "classes": new_records((classes,), CLASS),
        "crossings": new_records((crossings,), CROSSING),
        "changed": new_records((classes,), CHANGE),
        "fill_keys": np.empty(links + classes),
        "fill_items": np.empty(links + classes, np.int32),
        "fill_place": np.full(links + classes, -1, np.int32),
        "tallies": new_records((classes,), TALLY),
        "due_keys": np.empty(classes),
        "due_items": np.empty(classes, np.int32),
        "due_place": np.full(classes, -1, np.int32),
        "table": np.full(table, -1, np.int32),
    }


def new_state(
    capacity: NDArray[np.float64], now: float = 0.0, *, flows: int = 64, classes: int = 64, crossings: int = 256
) -> FluidState:
    """Return a network without flows.

    Parameters
    ----------
    capacity : float64[L]
        Of each link, bytes/s, >= 0; 0 for one that has failed, infinite for one that limits nobody.
    now : float
        Present time, s.
    flows, classes, crossings : int
        Places to begin with; more are made when they are needed.

    Returns
    -------
    FluidState
        To be given to the functions of :mod:`dcsim.kernels.fluid`, which change it in place.
    """
    links = new_records((len(capacity),), LINK)
    links["capacity"] = np.minimum(capacity, MOST)
    network = new_records((1,), NETWORK)
    network["now"], network["sweep"], network["free"] = now, 1, -1
    return FluidState(
        links=links,
        members=np.empty(0, np.int32),
        flows=new_records((flows,), FLOW),
        queue=np.empty(flows, np.int32),
        ended=np.empty(flows, np.int32),
        moved=np.zeros(len(capacity)),
        network=network,
        **_for_classes(len(capacity), classes, crossings),
    )


def _longer(array: Any, size: int) -> Any:
    """Return a copy of an array with more entries at its end; the new ones of records are zero."""
    longer: Records = new_records((size,), array.dtype) if array.dtype.names else np.empty(size, array.dtype)
    longer[: len(array)] = array
    return longer


def with_places(state: FluidState, flows: int, crossings: int) -> FluidState:
    """Return a state that has places for some more flows, be each of a class of its own.

    Parameters
    ----------
    state : FluidState
        Not to be used any more.
    flows : int
        How many.
    crossings : int
        Of all of them.

    Returns
    -------
    FluidState
        The same, or with longer arrays from which classes that nobody uses are gone.
    """
    network = state.network[0]
    if network.classes + flows > len(state.classes) or network.crossings + crossings > len(state.crossings):
        used = state.tallies["users"][: network.classes] > 0
        crossed = (state.classes["stop"] - state.classes["start"])[: network.classes][used].sum()
        fresh = state._replace(
            **_for_classes(len(state.links), 2 * (int(used.sum()) + flows), 2 * (int(crossed) + crossings)),
        )
        fresh.due_keys[: network.due] = state.due_keys[: network.due]
        keep_used(state, fresh)
        state = fresh
    if network.flows + flows > len(state.flows) + network.idle:
        size = 2 * (network.flows - network.idle + flows)
        names = ("flows", "queue", "ended")
        state = state._replace(**{name: _longer(getattr(state, name), size) for name in names})
    return state


def with_lists(state: FluidState) -> FluidState:
    """Return a state whose lists have places for all classes.

    Parameters
    ----------
    state : FluidState
        Not to be used any more.

    Returns
    -------
    FluidState
        The same, or with longer lists, where one was too short.
    """
    if state.network[0].crowded:
        members = np.empty(2 * int(state.links["classes"].sum()) + len(state.links), np.int32)
        lay_out(state, members, 1)
        state = state._replace(members=members)
    return state


def lay_out_exactly(state: FluidState) -> FluidState:
    """Return a state whose lists have places for its classes and no others.

    Parameters
    ----------
    state : FluidState
        Not to be used any more.

    Returns
    -------
    FluidState
        With new lists.
    """
    members = np.empty(int(state.links["classes"].sum()), np.int32)
    lay_out(state, members, 0)
    return state._replace(members=members)
