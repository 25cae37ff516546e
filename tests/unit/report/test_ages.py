"""Ages of what is served, against one look at each version."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.report.ages import Ages, mean_and_largest

VERSIONS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=6)


def slowly(sequence, time):
    """Return the age at a time: that of the newest data among what was published by then."""
    newest = max((data for data, published in sequence if published <= time), default=None)
    return None if newest is None else time - newest


@settings(max_examples=100, deadline=None)
@given(st.lists(VERSIONS, min_size=1, max_size=5), st.sets(st.integers(-60, 80), min_size=1, max_size=20))
def test_every_sequence_is_looked_through(sequences, times):
    ordered = [sorted(sequence, key=lambda version: version[1]) for sequence in sequences]
    start = np.cumsum([0, *map(len, ordered)])
    data, published = np.array([version for sequence in ordered for version in sequence], dtype=float).T
    mean, largest = mean_and_largest(start, data, published, np.array(sorted(times), dtype=float))
    for time, middle, oldest in zip(sorted(times), mean, largest, strict=True):
        ages = [age for age in (slowly(sequence, time) for sequence in ordered) if age is not None]
        assert middle == pytest.approx(np.mean(ages) if ages else np.nan, nan_ok=True)
        assert oldest == pytest.approx(max(ages, default=np.nan), nan_ok=True)


def test_the_sample(sample_run):
    ages = Ages(sample_run)
    assert ages.services == ["ads", "facer"]
    assert ages.regions == ["lulea", "altoona"]
    # The data of 3600 s is served from 5400 s in lulea and from 12600 s in altoona, that of -3600 s before.
    mean, largest = ages.at(np.array([0.0, 6000.0, 14000.0]), "ads")
    assert mean.tolist() == [3600.0, 6000.0, 10400.0]
    assert largest.tolist() == [3600.0, 9600.0, 10400.0]
    assert ages.at(np.array([6000.0]), "ads", "lulea")[0].tolist() == [2400.0]
    assert np.isnan(ages.at(np.array([-3000.0]), "ads")[0]).all()
    assert np.isnan(ages.at(np.array([0.0]), "nothing")[1]).all()
