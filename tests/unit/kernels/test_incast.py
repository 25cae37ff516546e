"""Packets at one port: times and drops computed by hand, and a slow simulator that must tell the same."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.incast import incast
from dcsim.kernels.incast_arrays import SENDER, Framing, PortRule, Tcp, new_senders
from dcsim.kernels.incast_sender import next_segment, on_ack, on_timer
from tests.oracles.incast import Simulation

GBIT = 125e6
WIRE = 1500.0  # 12 us at 1 Gbit/s
RTT = 1e-4
ANY_LENGTH = PortRule(GBIT, np.inf, np.inf, np.inf)
RENO = Tcp(1.0, 1000, 0.2, 120.0, False, np.inf, 1 / 16)
SACK = RENO._replace(sack=True)


def act(port, tcp, *, n=1, segments=10, rate=GBIT, blocks=1, start=None, rtt=RTT):
    start = np.zeros((blocks, n)) if start is None else start
    framing = Framing(segments, WIRE, WIRE)
    return incast(start, np.full(n, rtt), np.full(n, rate), framing, port, tcp)


def took(told):
    return told.finish - told.begin


@pytest.mark.parametrize("tcp", [RENO, SACK])
def test_slow_start_doubles_every_round_trip(tcp):
    """One segment by 24 us, its answer at 124 us; two by 160 us, answered from 248 us; four more by 308 us."""
    assert took(act(ANY_LENGTH, tcp, segments=1))[0] == pytest.approx(24e-6)
    assert took(act(ANY_LENGTH, tcp, segments=3))[0] == pytest.approx(160e-6)
    assert took(act(ANY_LENGTH, tcp, segments=7))[0] == pytest.approx(308e-6)


def test_an_initial_window_and_the_receivers_go_out_at_once():
    ten = act(ANY_LENGTH, RENO._replace(initial_window=10.0), segments=10)
    assert took(ten)[0] == pytest.approx(11 * 12e-6)
    four = act(ANY_LENGTH, RENO._replace(initial_window=10.0, window=4), segments=10)
    # Windows of four leave 100 + 24 us apart, whose last frame is two frames' time in the network.
    assert took(four)[0] == pytest.approx(2 * 124e-6 + 3 * 12e-6)


def test_one_sender_with_a_wide_window_fills_the_port_from_the_second_block_on():
    told = act(ANY_LENGTH, RENO, segments=500, blocks=3)
    assert took(told)[0] > 501 * 12e-6 + RTT
    assert took(told)[1:] == pytest.approx(501 * 12e-6)
    assert told.begin[1:] == pytest.approx(told.finish[:-1] + RTT)
    assert told.sent.tolist() == [500, 500, 500]
    assert told.dropped.sum() == told.timeouts.sum() == 0


def test_senders_that_never_overflow_share_the_port_without_a_pause():
    told = act(ANY_LENGTH, RENO._replace(initial_window=50.0), n=20, segments=50)
    assert took(told)[0] == pytest.approx((20 * 50 + 1) * 12e-6)
    assert told.peak[0] < 20 * 50 * WIRE


def burst(port, tcp, **changes):
    """Eight senders far faster than the port, four frames each, all at once."""
    return act(port, tcp._replace(initial_window=4.0), n=8, segments=4, rate=1000 * GBIT, **changes)


@pytest.mark.parametrize("rto_min", [0.2, 1e-3])
def test_a_burst_beyond_the_buffer_loses_all_tails_and_waits_for_time_outs(rto_min):
    """Room for 16 of 32 frames: each sender's last two are lost, and no later frame tells of it."""
    told = burst(ANY_LENGTH._replace(buffer=16 * WIRE + 100.0), RENO._replace(rto_min=rto_min))
    assert (told.dropped[0], told.sent[0], told.timeouts[0]) == (16, 48, 8)
    assert told.delivered.tolist() == [4] * 8
    assert told.peak[0] == pytest.approx(16 * WIRE, abs=100.0)
    assert rto_min + 2 * RTT < took(told)[0] < rto_min + 6 * RTT


def test_the_dynamic_threshold_keeps_free_what_it_should():
    """The queue grows until it is alpha times what it leaves free: 9 frames of 16.5 with alpha 1, 12 with 2."""
    for alpha, most in ((1.0, 9), (2.0, 12), (np.inf, 16)):
        told = burst(PortRule(GBIT, 16.5 * WIRE, alpha, np.inf), RENO)
        assert told.peak[0] == pytest.approx(most * WIRE, abs=100.0), alpha
        assert told.dropped[0] >= 32 - most


def test_a_hole_is_told_by_later_segments_and_repaired_without_a_time_out():
    """From 10 to 1: the first windows of a lone sender overflow six frames, and later ones tell of it."""
    port = ANY_LENGTH._replace(buffer=6 * WIRE + 100.0)
    for tcp in (RENO, SACK):
        told = act(port, tcp._replace(initial_window=10.0), segments=40, rate=10 * GBIT)
        assert told.dropped[0] > 0
        assert told.timeouts[0] == 0
        assert took(told)[0] < 0.01


def test_selective_acknowledgements_repair_many_losses_in_one_round_trip():
    port, tcp = ANY_LENGTH._replace(buffer=40 * WIRE), RENO._replace(initial_window=30.0)
    slow, quick = (act(port, each, segments=400, rate=10 * GBIT) for each in (tcp, tcp._replace(sack=True)))
    assert slow.timeouts[0] == quick.timeouts[0] == 0
    assert took(quick)[0] == pytest.approx(400.1 * 12e-6)  # the port never rests
    assert took(slow)[0] > took(quick)[0] + 20 * RTT


def test_a_tail_loss_probe_comes_before_the_time_out():
    port, tcp = ANY_LENGTH._replace(buffer=16 * WIRE + 100.0), SACK._replace(probe=1e-2)
    told = burst(port, tcp)
    assert told.timeouts[0] == 0
    assert 0.01 < took(told)[0] < 0.012


def test_marks_keep_the_queue_short():
    """Two senders with wide windows: without marks they fill any buffer, with marks they stay near the threshold."""
    tcp = SACK._replace(initial_window=10.0)
    arguments = {"n": 2, "segments": 2000, "rate": 10 * GBIT, "blocks": 2}
    loss, marks = (
        act(PortRule(GBIT, 100 * WIRE, np.inf, mark), tcp, **arguments) for mark in (np.inf, 20 * WIRE)
    )
    assert loss.dropped[1] > 0
    assert marks.dropped[1] == marks.timeouts[1] == 0
    assert marks.peak[1] < 0.6 * loss.peak[1]
    assert took(marks)[1] == pytest.approx(4001 * 12e-6, rel=0.02)


def test_idle_time_shrinks_the_window():
    """A sender that waits longer than the time-out for its next block begins with a window halved as often."""
    start = np.zeros((2, 1))
    tcp = RENO._replace(rto_min=1e-3, initial_window=2.0)
    wide = took(act(ANY_LENGTH, tcp, segments=64, start=start))[1]
    start[1, 0] = 0.05
    narrow = took(act(ANY_LENGTH, tcp, segments=64, start=start))[1] - 0.05
    assert wide == pytest.approx(65 * 12e-6)
    # Windows of 2, 4 and 8 leave 124 us apart; then the port is busy with the 50 segments that are left.
    assert narrow == pytest.approx(3 * 124e-6 + 51 * 12e-6)


def sender(**fields):
    s = new_senders(np.full(1, RTT), RENO)[0]
    for name, value in {"end": 100, "nxt": 10, "top": 10, "cwnd": 10.0, "timer_at": 1.0, **fields}.items():
        s[name] = value
    return s


def test_the_time_out_follows_the_round_trip_and_doubles():
    s, none = sender(), np.zeros(128, np.int64)
    tcp = RENO._replace(rto_min=1e-6)
    on_ack(s, none, tcp, False, 1, 0, 0, 0.0, 3e-4)  # a sample of 300 us after an estimate of 100 +- 50 us
    assert (s["srtt"], s["rttvar"]) == pytest.approx((125e-6, 87.5e-6))
    assert s["timer_at"] == pytest.approx(3e-4 + 125e-6 + 4 * 87.5e-6)
    assert on_timer(s, none, tcp, 0.1) == 1
    assert s["timer_at"] == pytest.approx(0.1 + 2 * 475e-6)
    assert (s["cwnd"], s["ssthresh"], s["nxt"], s["una"]) == (1.0, 4.5, 1, 1)
    assert on_timer(s, none, tcp, 0.2) == 1
    assert s["timer_at"] == pytest.approx(0.2 + 4 * 475e-6)
    assert s["ssthresh"] == 4.5  # held by the second in a row
    assert on_timer(s, none, tcp._replace(rto_max=1e-3), 0.3) == 1
    assert s["timer_at"] == pytest.approx(0.301)


def test_three_duplicates_halve_the_window_and_new_data_leaves_before():
    s, none = sender(), np.zeros(128, np.int64)
    for told in (1, 2):
        on_ack(s, none, RENO, False, 0, told, 0, 0.0, 1e-4)
        assert next_segment(s, none, RENO) == 9 + told  # limited transmit
        assert next_segment(s, none, RENO) == -1
    on_ack(s, none, RENO, False, 0, 3, 0, 0.0, 1e-4)
    assert (s["ssthresh"], s["cwnd"], s["recover"]) == (6.0, 9.0, 12)
    assert next_segment(s, none, RENO) == 0
    on_ack(s, none, RENO, False, 5, 0, 0, 0.0, 2e-4)  # segment 5 is missing too
    assert next_segment(s, none, RENO) == 5
    assert s["cwnd"] == 5.0
    on_ack(s, none, RENO, False, 12, 5, 0, 0.0, 3e-4)
    assert (s["recovering"], s["cwnd"]) == (0, 2.0)  # nothing in flight: no burst


def random_case(seed):
    rng = np.random.default_rng(seed)
    n, blocks, segments = int(rng.integers(1, 9)), int(rng.integers(1, 4)), int(rng.integers(1, 80))
    capacity = GBIT * rng.choice([1, 10, 50])
    sack = bool(rng.integers(2))
    port = PortRule(
        capacity, rng.choice([8e3, 32e3, 64e3, np.inf]), rng.choice([0.5, 1.0, np.inf]), rng.choice([np.inf, 3e4])
    )
    tcp = Tcp(
        rng.choice([2.0, 3.0, 10.0]), int(rng.choice([4, 20, 45, 2000])), rng.choice([2e-4, 1e-3, 0.2]), 120.0, sack,
        rng.choice([np.inf, 1e-3, 1e-2]) if sack else np.inf, 1 / 16,
    )  # fmt: skip
    framing = Framing(segments, 1538.0, rng.choice([1538.0, 200.0]))
    start, rtt = rng.uniform(0.0, 1e-5, (blocks, n)), RTT * rng.uniform(1.0, 1.2, n)
    rate = np.full(n, capacity * rng.choice([0.3, 1.0, 4.0]))
    return start, rtt, rate, framing, port, tcp


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_the_slow_simulator(seed):
    case = random_case(seed)
    told, slow = incast(*case), Simulation(*case).run()
    assert told.sent.tolist() == slow.sent
    assert told.dropped.tolist() == slow.dropped
    assert told.timeouts.tolist() == slow.timeouts
    assert told.delivered.tolist() == slow.delivered
    np.testing.assert_allclose(told.begin, slow.begin, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(told.finish, slow.finish, rtol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_where_the_round_trip_is_spent_does_not_matter(seed):
    """With ways out spelt out, drops and times are the same; senders are fast, so that none ticks with the port."""
    start, rtt, rate, framing, port, tcp = random_case(1000 + seed)
    case = start, rtt, 4.0 * port.capacity * np.ones_like(rate), framing, port, tcp
    told, slow = incast(*case), Simulation(*case, way_out=0.4).run()
    assert told.dropped.sum() == sum(slow.dropped)
    assert told.timeouts.sum() == sum(slow.timeouts)
    np.testing.assert_allclose(told.finish, slow.finish, rtol=1e-9)


def test_the_slow_simulator_sees_losses_marks_and_time_outs():
    """Otherwise it would be no test of them."""
    runs = [Simulation(*random_case(seed)).run() for seed in range(40)]
    assert sum(sum(each.dropped) > 0 for each in runs) >= 10
    assert sum(sum(each.timeouts) > 0 for each in runs) >= 8
    assert sum(min(each.senders, key=lambda s: s.share).share < 1.0 for each in runs) >= 5


def test_every_field_of_a_sender_is_set_anew():
    fresh = new_senders(np.array([1e-4, 2e-4]), RENO)
    assert fresh.dtype == SENDER
    assert fresh["srtt"].tolist() == [1e-4, 2e-4]
    assert np.isinf(fresh["timer_at"]).all()
    assert (fresh["head"] == -1).all()
