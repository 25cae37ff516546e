"""Gangs on shared links: clocks, ends and reasons, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import simpy

from dcsim.world.demands import Demand
from dcsim.world.link_meter import LinkMeter
from dcsim.world.sessions import Sessions
from dcsim.world.shared_links import SharedLinks

NAMES = ("a up", "a down", "b up")


class Rows:
    """A recorder that keeps its rows."""

    def __init__(self):
        self.spans, self.blocks = [], []

    def span(self, table, *values):
        assert table == "contention"
        self.spans.append(values)

    def block(self, table, columns):
        assert table == "links"
        self.blocks.append({name: np.broadcast_to(value, np.shape(columns["link"])) for name, value in columns.items()})

    def column(self, name):
        return np.concatenate([block[name] for block in self.blocks])


class World:
    """Three links of 1 byte/s."""

    def __init__(self, resolution=10.0, horizon=100.0):
        self.env, self.rows = simpy.Environment(), Rows()
        zeros = np.zeros(3, np.int64)
        links = SharedLinks(NAMES, zeros, zeros, zeros, np.ones(3), (), (), (), {}, (), {}, (), [])
        self.meter = LinkMeter(links, resolution, horizon, self.rows)
        self.sessions = Sessions(self.env, links, self.meter, self.rows)
        self.ends, self.jobs = {}, 0

    def gang(self, at, name, demand, length, until=None):
        job, self.jobs = self.jobs, self.jobs + 1

        def life():
            yield self.env.timeout(at)
            session = self.sessions.join(job, name, demand, length)
            yield session.over if until is None else session.over | self.env.timeout(until - at)
            self.ends[name] = (self.env.now, self.sessions.leave(session))

        self.env.process(life())

    def run(self, until=100.0):
        self.env.run(until)
        self.meter.close(until)
        return self.ends


def reader(rate, *links):
    """Return the demand of a gang that only reads, all the time."""
    links = np.array(links or (0,), np.int32)
    means = np.zeros((3, len(links)))
    means[1] = rate
    flows = np.ones((2, len(links)))
    return Demand(links, np.zeros(len(links)), means, flows, np.array([1.0, 0, 0, 0, 0, 1]), 1.0)


def exchanger(part, *links, burst=1.0):
    """Return the demand of a gang that exchanges for a part of its step of 1 s, with whole links."""
    links = np.array(links or (0,), np.int32)
    means = np.zeros((3, len(links)))
    means[0] = part * burst
    flows = np.ones((2, len(links)))
    gang = np.array([1.0 - part, 0.0, part, 0.0, 0.0, 1.0])
    return Demand(links, np.full(len(links), burst), means, flows, gang, 1.0)


def test_alone_nobody_is_slowed():
    world = World()
    world.gang(3.0, "one", exchanger(0.7, 0, 1), 40.0)
    assert world.run() == {"one": (43.0, 40.0)}
    assert world.rows.spans == []


def test_two_readers_of_a_full_link_take_turns_at_their_share():
    world = World()
    world.gang(0.0, "one", reader(0.8), 40.0)
    world.gang(10.0, "two", reader(0.8), 40.0)
    ends = world.run(200.0)
    # from 10 s on both run at 0.5 / 0.8; the first has 30 s left, which take 48 s, the second then 10 s of its 40
    assert ends["one"] == pytest.approx((58.0, 40.0))
    assert ends["two"] == pytest.approx((68.0, 40.0))
    first, second = sorted(world.rows.spans)
    assert first == pytest.approx((0, "one", 10.0, 58.0, 1.6, "a up", 1, "two", 0.5))
    assert second == pytest.approx((1, "two", 10.0, 58.0, 1.6, "a up", 1, "one", 0.5))


def test_who_wants_less_than_its_share_is_not_slowed():
    world = World()
    world.gang(0.0, "small", reader(0.3), 20.0)
    world.gang(0.0, "large", reader(0.9), 14.0)
    ends = world.run(200.0)
    assert ends["small"] == (20.0, 20.0)
    # 0.7 of 0.9 for 18 s do all of its 14 s
    assert ends["large"] == pytest.approx((18.0, 14.0))
    assert [row[1] for row in world.rows.spans] == ["large"]


def test_exchanges_collide_below_saturation():
    world = World()
    world.gang(0.0, "one", exchanger(0.4), 50.0)
    world.gang(0.0, "two", exchanger(0.4), 50.0)
    ends = world.run(200.0)
    exchange = (-0.2 + np.sqrt(0.2**2 + 4 * 0.5 * 0.24)) / (2 * 0.5)  # see the kernel's test by hand
    assert ends["one"] == pytest.approx((50.0 * (0.6 + exchange), 50.0))
    assert ends["two"] == ends["one"]


def test_a_gang_that_stops_frees_its_links():
    world = World()
    world.gang(0.0, "one", reader(0.8), 40.0)
    world.gang(10.0, "two", reader(0.8), 40.0, until=26.0)
    ends = world.run(200.0)
    assert ends["two"] == pytest.approx((26.0, 10.0))
    assert ends["one"] == pytest.approx((26.0 + 20.0, 40.0))


def test_gangs_are_joined_by_what_is_between_them():
    world = World()
    world.gang(0.0, "left", reader(0.8, 0), 30.0)
    world.gang(0.0, "both", reader(0.8, 0, 2), 30.0)
    world.gang(0.0, "right", reader(0.9, 2), 30.0)
    ends = world.run(200.0)
    # links 0 and 2 are full: half each
    assert ends["left"][0] == pytest.approx(30.0 * 0.8 / 0.5)
    links = {row[1]: row[5] for row in world.rows.spans}
    assert links["left"] == "a up"
    assert links["right"] == "b up"


def test_serving_goes_first():
    world = World()
    world.gang(0.0, "one", reader(0.6), 30.0)

    def serve():
        yield world.env.timeout(10.0)
        world.sessions.serve(np.array([0.7, 0.0, 0.0]))
        yield world.env.timeout(10.0)
        world.sessions.serve(np.zeros(3))

    world.env.process(serve())
    ends = world.run()
    # 10 s at full speed, 10 s at 0.3 / 0.6, and 15 s for the rest
    assert ends["one"] == pytest.approx((35.0, 30.0))
    (span,) = world.rows.spans
    assert span == pytest.approx((0, "one", 10.0, 20.0, 2.0, "a up", 0, "serving", 0.7))


def test_serving_that_fills_a_link_leaves_a_thousandth():
    world = World()
    world.gang(0.0, "one", reader(0.5), 30.0, until=90.0)
    world.sessions.serve(np.array([1.0, 0.0, 0.0]))
    assert world.run(100.0)["one"][1] == pytest.approx(90.0 * 0.001 / 0.5)


def test_the_meter_adds_up_bytes():
    world = World(resolution=7.0)
    world.gang(0.0, "one", reader(0.8, 0, 1), 40.0)
    world.gang(10.0, "two", reader(0.8), 40.0)
    world.run(100.0)
    rows = world.rows
    link, held = rows.column("link"), rows.column("held_s")
    moved = [float((rows.column("readers_bytes_per_s") * held)[link == number].sum()) for number in range(3)]
    assert moved == pytest.approx([0.8 * 80.0, 0.8 * 40.0, 0.0])
    assert rows.column("utilisation_ratio").max() <= 1.0 + 1e-12
    full = (link == 0) & (rows.column("time_s") >= 14.0) & (rows.column("time_s") + held <= 56.0)
    np.testing.assert_allclose(rows.column("utilisation_ratio")[full], 1.0)
    assert (rows.column("training_bytes_per_s") == 0).all()


def test_the_last_step_may_be_shorter():
    world = World(resolution=30.0, horizon=40.0)
    world.gang(0.0, "one", reader(0.5), 100.0, until=39.0)
    world.run(40.0)
    assert world.rows.column("held_s").tolist() == [30.0, 10.0]
    assert world.rows.column("readers_bytes_per_s").tolist() == pytest.approx([0.5, 0.45])
