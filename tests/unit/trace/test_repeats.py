"""Names that came before, against a dictionary of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.trace.repeats import Repeats


def _blocks(names, size):
    return [(names[at : at + size], np.arange(at, min(at + size, len(names)))) for at in range(0, len(names), size)]


def _slow(names):
    first = {}
    return [(line, first[name]) for line, name in enumerate(names) if first.setdefault(name, line) != line]


@given(st.lists(st.integers(0, 40).map(str)), st.integers(1, 9), st.booleans())
def test_like_a_dictionary(names, size, again):
    blocks = _blocks(names, size)
    repeats = Repeats((lambda: iter(blocks)) if again else None)
    assert [found for block in blocks for found in repeats.of(*block)] == _slow(names)


@given(st.integers(0, 30), st.lists(st.integers(0, 60).map(str), max_size=20), st.integers(1, 9))
def test_names_that_rise_for_a_while(rising, rest, size):
    names = [str(number) for number in range(rising)] + rest
    blocks = _blocks(names, size)
    repeats = Repeats(lambda: iter(blocks))
    assert [found for block in blocks for found in repeats.of(*block)] == _slow(names)


@pytest.mark.parametrize("form", ["{}", "job {}", "openb-pod-{:04d}"])
def test_nothing_is_kept_of_names_that_rise(form):
    def again():
        raise AssertionError("read again")

    repeats = Repeats(again)
    for names, lines in _blocks([form.format(number) for number in range(9000)], 1000):
        assert list(repeats.of(names, lines)) == []
    assert repeats._runs == []


def test_few_runs_of_many_names():
    repeats = Repeats()
    order = np.random.default_rng(3).permutation(20_000)
    for names, lines in _blocks([f"{number}" for number in order.tolist()], 100):
        assert list(repeats.of(names, lines)) == []
    assert len(repeats._runs) < 12
    assert sum(len(run) for run, _ in repeats._runs) == 20_000
