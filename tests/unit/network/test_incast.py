"""The classic collapse, what undoes it, and what the flow level is told."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import dcsim.network.incast as module
from dcsim.network.incast import Port, congestion, port_of
from dcsim.spec.catalog import Catalog

FRAMING = 1448 / 1538
GBIT = 1e9 / 8 * FRAMING  # goodput of 1 Gbit/s
SRU = 256e3
KB, MIB = 1e3, 2.0**20
BLOCKS = 60


@pytest.fixture(scope="module")
def catalog():
    return Catalog()


@pytest.fixture(scope="module")
def classic(catalog):
    """1 Gbit/s, 64 kB of buffer for the port, round trips of 0.1 ms, time-outs of 200 ms."""
    return port_of(catalog.load("transports", "linux_reno_2009"), GBIT, 64 * KB)


def ratio(port, senders, nbytes=SRU, rate=GBIT):
    return congestion(port, senders, nbytes, rate, blocks=BLOCKS).goodput_ratio


def test_goodput_falls_by_nine_tenths_past_the_buffer(classic):
    """Phanishayee et al., FAST 2008: near line rate with few servers, a tenth of it with many."""
    roomy = replace(classic, buffer=128 * KB)
    assert all(ratio(roomy, few) > 0.95 for few in (1, 2, 3))
    assert all(ratio(port, many) < 0.2 for port in (classic, roomy) for many in (16, 32, 48))
    found = congestion(classic, 32, SRU, GBIT, blocks=BLOCKS)
    assert found.goodput_ratio < 0.12
    assert found.timeouts > 10
    assert 0.01 < found.loss_ratio < 0.2


@pytest.mark.parametrize("rto_min", [1e-3, 2e-4])
def test_short_time_outs_restore_it(classic, rto_min):
    """Vasudevan et al., SIGCOMM 2009."""
    for senders, least in ((8, 0.85), (16, 0.8), (32, 0.7), (48, 0.7)):
        assert ratio(replace(classic, rto_min=rto_min), senders) > least, senders


def test_the_onset_moves_with_the_buffer(classic):
    """FAST 2008: twice the buffer carries about twice the servers. 32 kB each are enough, 8 kB are far too little."""
    for size in (32, 128, 256):
        assert ratio(replace(classic, buffer=size * KB), size // 32) > 0.95, size
    for size in (32, 64, 128, 256):
        assert ratio(replace(classic, buffer=size * KB), size // 8) < 0.35, size
    assert all(ratio(replace(classic, buffer=1000 * KB), senders) > 0.9 for senders in (4, 8, 16, 32))


def test_marks_move_the_onset_to_where_two_packets_each_fill_the_buffer(classic):
    """Alizadeh et al., SIGCOMM 2010: the least windows of 2 packets by 21 senders are 64 kB."""
    dctcp = replace(classic, sack=True, marking_delay=20 * 1538 / 125e6, gain=1 / 16)
    assert all(ratio(dctcp, senders) > 0.95 for senders in (2, 4, 8, 12, 16))
    assert all(ratio(dctcp, senders) < 0.6 for senders in (32, 48))


def test_selective_acknowledgements_do_not_undo_it(classic):
    """FAST 2008: they help few servers, but not many."""
    sack = replace(classic, sack=True)
    assert ratio(sack, 3) > 0.9
    assert all(ratio(sack, senders) < 0.2 for senders in (16, 32))


def test_longer_transfers_lose_less_of_the_port(classic):
    """The time-outs are spread over more bytes; transfers that fit the buffer lose nothing."""
    shares = [ratio(classic, 32, nbytes) for nbytes in (64e3, 256e3, 1e6, 8e6)]
    assert shares == sorted(shares)
    assert shares[-1] > 4 * shares[0]
    assert ratio(classic, 6, 10e3) > 0.95


def test_four_hosts_of_a_sled_do_not_overrun_a_trident(catalog):
    """16 MiB, of which one queue may hold half, are more than four windows' worth of bursts."""
    line = 50 * GBIT
    port = port_of(catalog.load("transports", "linux_reno"), line, 16 * MIB)
    for nbytes in (64e3, 1e6, 4e6):
        found = congestion(port, 4, nbytes, line, blocks=BLOCKS)
        assert found.goodput_ratio > 0.95, nbytes
        assert found.timeouts == 0.0, nbytes
    assert ratio(replace(port, buffer=1 * MIB), 32, 1e6, line) < 0.5


def test_occupancy_of_other_ports_takes_its_share(catalog):
    line = 50 * GBIT
    port = port_of(catalog.load("transports", "linux_reno"), line, 4 * MIB)
    assert port.share == 2 * MIB
    crowded = replace(port, held=3 * MIB)
    assert crowded.share == MIB / 2
    free, held = (congestion(each, 16, 64e3, line, blocks=BLOCKS) for each in (port, crowded))
    assert free.loss_ratio == 0.0
    assert held.loss_ratio > 0.0
    assert held.goodput_ratio < free.goodput_ratio


def test_one_sender_and_lossless_ports_keep_the_whole_port(classic):
    assert congestion(classic, 1, SRU, GBIT).goodput_ratio == 1.0
    assert congestion(replace(classic, buffer=math.inf), 64, SRU, GBIT).goodput_ratio == 1.0
    assert congestion(classic, 64, 0.0, GBIT).goodput_ratio == 1.0
    assert congestion(classic, 8, SRU, GBIT / 8).goodput_ratio == 1.0


def test_without_loss_the_packets_take_what_the_flow_level_says(classic):
    """Equal to it but for the framing of the last, shorter packet of each sender."""
    for senders in (2, 5, 20):
        found = congestion(replace(classic, buffer=1e9), senders, 100 * 1448, GBIT, blocks=20)
        assert found.fluid_s == pytest.approx(senders * 100 * 1538 / 125e6)
        assert found.time_s == pytest.approx(found.fluid_s, rel=1e-9)
        assert (found.loss_ratio, found.timeouts) == (0.0, 0.0)


def test_a_sender_faster_than_the_port_is_held_back_by_its_window(classic):
    found = congestion(replace(classic, receive_window=10 * 1448), 1, 1e6, 10 * GBIT, blocks=20)
    round_trip = classic.rtt + 1538 / 125e6 * 1.1  # ten packets each
    assert found.goodput_ratio == pytest.approx(10 * 1538 / 125e6 / round_trip, rel=0.1)


def test_ratio_time_and_bounds_agree(classic):
    for senders in (2, 8, 33):
        found = congestion(classic, senders, SRU, GBIT, blocks=12)
        assert found.fluid_s == pytest.approx(senders * SRU / GBIT)
        assert found.goodput_ratio == pytest.approx(found.fluid_s / found.time_s)
        assert 0.0 < found.goodput_ratio <= 1.0
        assert 0.0 <= found.loss_ratio < 1.0


def test_the_same_question_has_the_same_answer_and_is_asked_once(classic):
    first = congestion(classic, 7, SRU, GBIT, blocks=11)
    asked = module._measured.cache_info().misses
    assert congestion(classic, 7, SRU, GBIT, blocks=11) is first
    assert module._measured.cache_info().misses == asked
    module._measured.cache_clear()
    module._blocks.cache_clear()
    assert congestion(classic, 7, SRU, GBIT, blocks=11) == first
    assert congestion(classic, 7, SRU, GBIT, blocks=11, seed=1) != first


def test_long_transfers_are_extended_from_shorter_ones(catalog, monkeypatch):
    """A tenth of the packets tells the ratio of the whole, with time-outs that are not rare."""
    line = 50 * GBIT
    port = port_of(catalog.load("transports", "datacenter_tcp_1ms"), line, 4 * MIB)
    whole = congestion(port, 16, 8e6, line, blocks=4)
    monkeypatch.setattr(module, "MOST_PACKETS", 40_000)
    part = congestion(port, 16, 8e6, line, blocks=5)
    assert part.fluid_s == whole.fluid_s
    assert part.goodput_ratio == pytest.approx(whole.goodput_ratio, abs=0.06)
    monkeypatch.setattr(module, "MOST_PACKETS", 4_000)
    longer = congestion(port, 16, 80e6, line, blocks=5)
    assert longer.time_s > 5 * part.time_s


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, SRU, GBIT), "needs senders"),
        ((2, -1.0, GBIT), "needs senders"),
        ((2, SRU, 0.0), "above zero"),
    ],
)
def test_impossible_questions_are_refused(classic, arguments, message):
    with pytest.raises(ValueError, match=message):
        congestion(classic, *arguments)


def test_a_buffer_must_hold_a_packet():
    port = Port(capacity=GBIT, buffer=64 * KB, rtt=1e-4, rto_min=0.2, held=62 * KB)
    with pytest.raises(ValueError, match="no room for a packet"):
        congestion(port, 2, SRU, GBIT)


@pytest.mark.parametrize("name", ["linux_reno", "linux_reno_2009", "datacenter_tcp_1ms", "dctcp"])
def test_a_port_takes_every_number_of_its_transport(catalog, name):
    spec = catalog.load("transports", name)
    port = port_of(spec, GBIT, MIB, held=5.0, rtt=3e-4)
    assert (port.capacity, port.buffer, port.held, port.rtt) == (GBIT, MIB, 5.0, 3e-4)
    assert port_of(spec, GBIT, MIB).rtt == spec.rtt
    for field in ("jitter", "rto_min", "rto_max", "initial_window", "receive_window", "segment", "framing"):
        assert getattr(port, field) == getattr(spec, field), field
    assert port.threshold == (spec.threshold or math.inf)
    assert port.sack is (spec.recovery == "sack")
    assert math.isfinite(port.marking_delay) is (spec.congestion_control == "dctcp")
    assert math.isfinite(port.probe) is (spec.tail_probe is not None)
