"""What holds for every gang: nobody is faster than the mean's slowest, and no sample is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.compute.stragglers import balance, slowest, slowest_of
from tests.oracles import stragglers as oracle

SPREADS = st.floats(0.0, 0.9)
WORKERS = st.integers(1, 5000)


@given(spread=SPREADS, more=SPREADS, workers=WORKERS, others=WORKERS)
def test_more_workers_and_more_spread_never_help(spread, more, workers, others):
    found = slowest(spread, workers)
    assert found >= 1.0
    assert slowest(spread + more, workers) >= found
    assert slowest(spread, workers + others) >= found


@given(spread=SPREADS, workers=WORKERS, steps=st.integers(1, 100), less=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0))
def test_rare_waits_never_cost_more_and_persistence_never_less(spread, workers, steps, less, more):
    low, high = sorted((less, more))
    between = slowest(spread, workers, steps=steps, persistence=low)
    assert slowest(spread, workers, steps=steps + 1, persistence=low) <= between * (1.0 + 1e-12)
    assert between <= slowest(spread, workers, steps=steps, persistence=high) * (1.0 + 1e-12)
    assert between <= slowest(spread, workers) * (1.0 + 1e-12)


@settings(max_examples=15, deadline=None)
@given(spread=st.floats(0.001, 0.5), workers=st.integers(2, 24), steps=st.integers(1, 4), stays=st.floats(0.0, 1.0))
def test_sampled_gangs_agree(spread, workers, steps, stays):
    expected, error = oracle.slowest(spread, workers, steps=steps, persistence=stays, rounds=20_000)
    found = slowest(spread, workers, steps=steps, persistence=stays)
    assert abs(found - expected) <= 6.0 * error


@given(times=st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20), spread=st.floats(0.0, 0.3))
def test_a_gang_is_no_faster_than_its_slowest_and_than_equal_ones_at_its_pace(times, spread):
    found = slowest_of(times, spread)
    assert found >= max(times) * (1.0 - 1e-4)
    assert found <= max(times) * slowest(spread, len(times)) * (1.0 + 1e-4)


@given(rates=st.lists(st.floats(0.01, 1e6), min_size=1, max_size=40), batch=st.integers(1, 100_000))
def test_shares_sum_to_the_batch_and_never_lose_to_even_ones(rates, batch):
    found = balance(rates, batch)
    assert found.shares.sum() == batch
    assert (found.shares >= 0).all()
    assert found.balanced_s >= batch / sum(rates) * (1.0 - 1e-12)
    assert found.loss >= -1e-12
