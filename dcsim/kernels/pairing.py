"""Flows of one class in order of end: a pairing heap whose pointers stand in the records of the flows.

``child`` is the first of the flows that come after a flow, ``next`` the following one among those, and ``back`` the one
before among them, or their parent for the first; -1 stands for none, and an empty heap has the root -1. Putting in
takes constant time and taking out time that grows with the logarithm of the flows, over many (Fredman, Sedgewick,
Sleator and Tarjan, "The pairing heap: a new form of self-adjusting heap", Algorithmica 1, 1986).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel

if TYPE_CHECKING:
    from dcsim.kernels.fleet_records import Records

__all__ = ["add_end", "drop_end", "following"]


@lean_kernel
def _meld(flows: Records, one: int, two: int) -> int:
    """Join two heaps that have a root each, and return the root of both."""
    if flows[two].end < flows[one].end:
        one, two = two, one
    parent, child = flows[one], flows[two]
    child.next = parent.child
    if child.next >= 0:
        flows[child.next].back = two
    child.back = one
    parent.child = two
    return one


@lean_kernel
def _meld_children(flows: Records, first: int) -> int:
    """Join the heaps of siblings, by pairs from the first on and then from the last back; return the root."""
    pairs = -1
    while first >= 0:
        one, first = first, flows[first].next
        if first >= 0:
            two, first = first, flows[first].next
            one = _meld(flows, one, two)
        flows[one].next = pairs
        pairs = one
    root = pairs
    if root >= 0:
        pairs = flows[root].next
        while pairs >= 0:
            one, pairs = pairs, flows[pairs].next
            root = _meld(flows, root, one)
        flows[root].next = flows[root].back = -1
    return root


@lean_kernel
def add_end(flows: Records, root: int, f: int) -> int:
    """Put a flow into a heap, in order of its ``end``.

    Parameters
    ----------
    flows : FLOW[N]
        Of the state.
    root : int
        Of the heap.
    f : int
        Flow that is in no heap.

    Returns
    -------
    int
        Root after it.
    """
    flow = flows[f]
    flow.child = flow.next = flow.back = -1
    return f if root < 0 else _meld(flows, root, f)


@lean_kernel
def drop_end(flows: Records, root: int, f: int) -> int:
    """Take a flow out of a heap, be it the first to end or not.

    Parameters
    ----------
    flows : FLOW[N]
        Of the state.
    root : int
        Of the heap.
    f : int
        Flow in it.

    Returns
    -------
    int
        Root after it; -1 where the heap is now empty.
    """
    flow = flows[f]
    if f != root:
        if flows[flow.back].child == f:
            flows[flow.back].child = flow.next
        else:
            flows[flow.back].next = flow.next
        if flow.next >= 0:
            flows[flow.next].back = flow.back
    rest = _meld_children(flows, flow.child)
    if f == root:
        return rest
    return root if rest < 0 else _meld(flows, root, rest)


@lean_kernel
def following(flows: Records, f: int) -> int:
    """Return the flow after one in a walk over all flows of a heap from its root on, in no order of end; -1 at last.

    Parameters
    ----------
    flows : FLOW[N]
        Of the state.
    f : int
        Flow in the heap.

    Returns
    -------
    int
        Flow.
    """
    if flows[f].child >= 0:
        return int(flows[f].child)
    while f >= 0 and flows[f].next < 0:
        while flows[f].back >= 0 and flows[flows[f].back].child != f:  # back to the first of the siblings
            f = flows[f].back
        f = flows[f].back
    return int(flows[f].next) if f >= 0 else -1
