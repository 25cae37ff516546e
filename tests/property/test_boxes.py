"""Whatever the wiring of a server: nothing is faster than its links, and rings never share one in one direction."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.collectives import plan_of
from dcsim.network.box import box_topology
from dcsim.network.rings import rings_inside
from dcsim.spec.gpu_topology import GpuTopology
from dcsim.world.arena import Arena

LINK, PCIE = 20e9, 6e9


@st.composite
def wirings(draw):
    """Return up to six GPUs below two PCIe switches, and any direct links between them."""
    gpus = draw(st.integers(2, 6))
    pairs = [(a, b) for a in range(gpus) for b in range(a)]
    direct = draw(st.lists(st.tuples(st.sampled_from(pairs), st.integers(1, 3)), unique_by=lambda each: each[0]))
    links = [{"a": f"gpu{a}", "b": f"gpu{b}", "wire": "nvlink", "count": count} for (a, b), count in direct]
    links += [{"a": f"gpu{gpu}", "b": f"plx{draw(st.integers(0, 1))}", "wire": "pcie"} for gpu in range(gpus)]
    links += [{"a": f"plx{switch}", "b": "cpu0", "wire": "root"} for switch in range(2)]
    wires = {
        "nvlink": {"bandwidth": f"{LINK} B/s", "latency": "3 us"},
        "pcie": {"bandwidth": f"{PCIE} B/s", "latency": "2 us"},
        "root": {"bandwidth": f"{PCIE} B/s", "latency": "2 us"},
    }
    drawn = {"title": "drawn", "assumption": "a test", "gpus": gpus, "wires": wires, "links": links, "nics": ["cpu0"]}
    return GpuTopology.model_validate(drawn)


@settings(max_examples=60, deadline=None)
@given(wirings(), st.sampled_from([1e3, 1e6, 1e9]))
def test_no_all_reduce_is_faster_than_the_links_of_its_gpus(wiring, nbytes):
    """Each GPU must send 2 (p - 1) / p of the buffer, over all links that it has."""
    box = box_topology(wiring)
    rings = rings_inside(box)
    where = Arena(box, np.arange(box.hosts), 0.0, box.hosts, rings=rings)
    took = where.act(plan_of("ring", box.hosts, nbytes, rings=rings))
    widest = min(box.capacity[box.wiring.a == gpu].sum() for gpu in range(box.hosts))
    steps = 2 * (box.hosts - 1)
    assert took.time_s >= steps / box.hosts * nbytes / widest + steps * 2e-6
    assert took.time_s >= took.closed_form_s * (1 - 1e-9)


@settings(max_examples=60, deadline=None)
@given(wirings())
def test_rings_visit_all_gpus_and_share_no_link(wiring):
    box = box_topology(wiring)
    rings = rings_inside(box)
    assert all(sorted(ring) == list(range(box.hosts)) for ring in rings)
    used = Counter(hop for ring in rings for hop in zip(ring, ring[1:] + ring[:1], strict=True))
    counts = {(int(link.a[3:]), int(link.b[3:])): link.count for link in wiring.links if link.wire == "nvlink"}
    least = min(counts.values(), default=1)
    if len(rings) > 1:
        for (a, b), times in used.items():
            assert times <= round(counts.get((a, b), counts.get((b, a), 0)) / least)


@settings(max_examples=40, deadline=None)
@given(wirings())
def test_more_rings_are_never_slower_for_large_buffers(wiring):
    """Several rings against the first of them alone."""
    box = box_topology(wiring)
    rings = rings_inside(box)
    where = Arena(box, np.arange(box.hosts), 0.0, box.hosts, rings=rings)
    every, first = (where.act(plan_of("ring", box.hosts, 1e9, rings=some)).time_s for some in (rings, rings[:1]))
    assert every <= first * 1.001
