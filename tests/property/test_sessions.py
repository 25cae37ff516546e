"""Random gangs on random links: no link above its capacity, nobody faster than alone, every byte and second once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.world.contention import shared_speeds
from dcsim.world.sessions import Session
from tests.unit.world.test_sessions import NAMES, World, exchanger, reader

seeds = st.integers(0, 2**32 - 1)


def random_demand(rng):
    links = sorted(rng.choice(len(NAMES), int(rng.integers(1, len(NAMES) + 1)), replace=False).tolist())
    if rng.random() < 0.4:
        return reader(float(rng.uniform(0.05, 1.0)), *links)
    return exchanger(float(rng.uniform(0.05, 1.0)), *links, burst=float(rng.uniform(0.1, 1.0)))


def random_world(seed, **changes):
    rng = np.random.default_rng(seed)
    world = World(resolution=float(rng.choice([5.0, 13.0])), horizon=200.0)
    plans = []
    for number in range(int(rng.integers(1, 9))):
        length = float(rng.uniform(5.0, 80.0))
        at = float(rng.choice([0.0, 10.0, rng.uniform(0.0, 60.0)]))
        until = at + float(rng.uniform(1.0, 60.0)) if rng.random() < 0.3 else None
        plans.append((at, f"gang {number}", random_demand(rng), length, until))
        world.gang(*plans[-1])
    return world, plans


@settings(max_examples=60)
@given(seed=seeds)
def test_books_of_random_gangs(seed):
    world, plans = random_world(seed)
    ends = world.run(5000.0)
    carried = np.zeros((3, len(NAMES)))
    for at, name, demand, length, until in plans:
        end, ran = ends[name]
        assert -1e-9 <= ran <= min(length, end - at) + 1e-9
        assert until is not None or abs(ran - length) < 1e-9
        carried[:, demand.links] += demand.means * ran
        added = sum(
            (row[3] - row[2]) * (1.0 - 1.0 / row[4]) for row in world.rows.spans if row[1] == name
        )
        np.testing.assert_allclose(added, end - at - ran, rtol=1e-6, atol=1e-6)
    rows = world.rows
    held, link = rows.column("held_s"), rows.column("link")
    assert rows.column("utilisation_ratio").max() <= 1.0 + 1e-9
    for use, name in enumerate(("training", "readers", "checkpoints")):
        moved = np.bincount(link, weights=rows.column(f"{name}_bytes_per_s") * held, minlength=len(NAMES))
        if max(end for end, _ in ends.values()) <= 200.0:
            np.testing.assert_allclose(moved, carried[use], rtol=1e-9, atol=1e-9)


@settings(max_examples=60)
@given(seed=seeds)
def test_no_link_is_ever_above_its_capacity(seed):
    rng = np.random.default_rng(seed)
    links = World().sessions._links
    sessions = [
        Session(number, number, f"s{number % 3}", random_demand(rng), None, 0.0, 1.0)
        for number in range(int(rng.integers(1, 12)))
    ]
    serving = rng.choice([0.0, 0.4], len(NAMES)).tolist()
    found = shared_speeds(sessions, range(len(NAMES)), links, serving)
    load = np.array(serving)
    for session, (speed, slowed) in zip(sessions, found, strict=True):
        assert 0.0 < speed <= 1.0
        assert (slowed is None) == (speed == 1.0)
        load[session.demand.links] += session.demand.total * speed
    assert (load <= 1.0 + 1e-9).all()


@given(seed=seeds)
def test_alone_nobody_is_ever_slowed(seed):
    rng = np.random.default_rng(seed)
    world, length = World(), float(rng.uniform(1.0, 50.0))
    world.gang(1.0, "one", random_demand(rng), length)
    end, ran = world.run()["one"]
    assert abs(end - 1.0 - length) < 1e-9
    assert ran == end - 1.0
    assert world.rows.spans == []


@settings(max_examples=40)
@given(seed=seeds)
def test_another_gang_never_speeds_one_up(seed):
    """On one link; with more links a gang that is slowed elsewhere may leave room."""
    rng = np.random.default_rng(seed)
    links = World().sessions._links
    parts = [float(part) for part in rng.uniform(0.1, 0.9, int(rng.integers(2, 9)))]
    sessions = [Session(n, n, "s", exchanger(part), None, 0.0, 1.0) for n, part in enumerate(parts)]
    few = [speed for speed, _ in shared_speeds(sessions[:-1], [0], links, [0.0] * 3)]
    many = [speed for speed, _ in shared_speeds(sessions, [0], links, [0.0] * 3)]
    assert all(after <= before + 1e-9 for before, after in zip(few, many, strict=False))
