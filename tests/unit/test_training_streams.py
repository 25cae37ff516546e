"""Streams too large to simulate are refused before any arrival is made."""

from __future__ import annotations

import pytest

from dcsim.assemble import assemble
from dcsim.errors import InputError
from dcsim.resolve import resolve

STREAM = "training=[{{name: jobs, recipe: news_feed_ranking, generator: {}}}]"
PERIOD = "services.news_feed.training.every.period"


def _told(*sets):
    with pytest.raises(InputError) as caught:
        assemble(resolve("hpca18_day", sets=sets))
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    "sets", ["fleet.nic.bandwidth=1 kbit/s", "catalog.training.news_feed_ranking.checkpoint_every=1 ns"]
)
def test_a_training_of_more_than_a_thousand_periods(sets):
    told = _told(sets, f"{PERIOD}=1 day")
    assert told.startswith(f"--set: {PERIOD}: one training with its workflow takes ")
    assert told.endswith(
        " s, more than 1000 periods; lengthen the period, or speed up recipe 'news_feed_ranking' (its checkpoints and "
        "the NICs count too)"
    )


def test_the_limit_of_periods_is_a_thousand():
    resolved = resolve("hpca18_day", sets=[f"{PERIOD}=1 day"])
    stream = next(each for each in assemble(resolved).plan.streams if each.name == "news_feed")
    timing = stream.timing
    length = max(timing.beside_s, timing.before_s + stream.nominal_s() + timing.after_s)
    assert "more than 1000 periods" in _told(f"{PERIOD}={length / 1001} s")
    assemble(resolve("hpca18_day", sets=[f"{PERIOD}={length / 999} s", "services.news_feed.training.every.models=1"]))


def test_a_service_of_too_many_models():
    told = _told(f"{PERIOD}=12 h", "services.news_feed.training.every.models=20000000")
    assert told.startswith(f"--set: {PERIOD}: gives ")
    assert "at most 20,000,000 fit, so let them come less often" in told


@pytest.mark.parametrize(("written", "key"), [("cadence, every: 1 us", "every"), ("poisson, rate: 1e6 /s", "rate")])
def test_a_stream_of_too_many_jobs(written, key):
    told = _told(STREAM.format(written))
    assert told.startswith(f"--set: training[0].{key}: gives ")
    assert "trainings over 8.64e+04 s and the " in told
