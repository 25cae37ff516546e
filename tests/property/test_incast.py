"""What must hold for any senders at any port."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcsim.kernels.incast import incast
from dcsim.kernels.incast_arrays import Framing, PortRule, Tcp
from tests.oracles.incast import Simulation

WIRE = 1538.0


@st.composite
def cases(draw):
    n, blocks, segments = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(1, 40))
    capacity = draw(st.sampled_from([1e7, 125e6, 6.25e9]))
    # Off the lattice of whole frames, on which rounding would decide what fits.
    buffer = draw(st.one_of(st.integers(1, 60).map(lambda frames: (frames + 0.37) * WIRE), st.just(np.inf)))
    mark = draw(st.sampled_from([1.37 * WIRE, 13.37 * WIRE, np.inf]))
    port = PortRule(capacity, buffer, draw(st.sampled_from([0.5, 1.0, 8.0, np.inf])), mark)
    sack = draw(st.booleans())
    tcp = Tcp(
        float(draw(st.integers(1, 12))), draw(st.integers(1, 60)), draw(st.sampled_from([2e-4, 1e-2])), 1.0, sack,
        draw(st.sampled_from([2e-3, np.inf])) if sack else np.inf, draw(st.floats(0.01, 1.0)),
    )  # fmt: skip
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    rate = capacity * draw(st.sampled_from([0.7, 1.0, 3.0]))
    framing = Framing(segments, WIRE, draw(st.sampled_from([91.0, WIRE])))
    start, rtt = rng.uniform(0.0, 1e-4, (blocks, n)), rng.uniform(1e-5, 1e-3, n)
    return start, rtt, np.full(n, rate), framing, port, tcp


@given(cases())
def test_frames_are_conserved_and_the_port_is_never_faster_than_its_rate(case):
    start, _, rate, framing, port, _ = case
    told = incast(*case)
    blocks, n = start.shape
    assert told.sent.sum() == told.delivered.sum() + told.dropped.sum() + told.on_the_wire.sum()
    assert (told.delivered >= blocks * framing.segments).all()
    own = (framing.segments - 1) * framing.wire + framing.last_wire
    least = max(n * own / port.capacity, own / rate[0])
    assert (told.finish - told.begin >= least * (1.0 - 1e-12)).all()
    assert (told.begin[1:] > told.finish[:-1]).all()
    if np.isinf(port.buffer):
        assert told.dropped.sum() == 0
    else:
        share = port.buffer if np.isinf(port.alpha) else port.alpha / (1.0 + port.alpha) * port.buffer + framing.wire
        assert told.peak.max() <= min(share, port.buffer) * (1.0 + 1e-12)


@given(cases())
def test_the_slow_simulator_tells_the_same(case):
    told, slow = incast(*case), Simulation(*case).run()
    assert told.sent.tolist() == slow.sent
    assert told.dropped.tolist() == slow.dropped
    assert told.timeouts.tolist() == slow.timeouts
    np.testing.assert_allclose(told.finish, slow.finish, rtol=1e-12)


@given(cases())
def test_the_same_arguments_give_the_same_bytes(case):
    for one, other in zip(incast(*case), incast(*case), strict=True):
        assert one.tobytes() == other.tobytes()
