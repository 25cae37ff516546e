"""The shipped phones against what was published of phones in the field."""

from __future__ import annotations

import itertools
import math

import pytest
from pydantic import ValidationError

from dcsim.edge.thermal import course, sustained_rate, time_to_throttle
from dcsim.spec.catalog import Catalog
from dcsim.spec.phone import Case, PhoneProcessor

CATALOG = Catalog()
PHONES = {name: CATALOG.load("phones", name) for name in CATALOG.names("phones")}
FLAGSHIP = PHONES["snapdragon_845"]


def test_the_entries_share_the_market():
    assert sum(phone.market_share for phone in PHONES.values()) == pytest.approx(1.0)


def test_peaks_differ_by_more_than_an_order_of_magnitude():
    peaks = [phone.processors["cpu"].peak for phone in PHONES.values()]
    assert max(peaks) > 10 * min(peaks)


def test_the_median_phone_has_a_gpu_as_fast_as_its_cpu_and_few_one_three_times_as_fast():
    ratios = sorted(
        (phone.processors["gpu"].peak / phone.processors["cpu"].peak, phone.market_share) for phone in PHONES.values()
    )
    below = itertools.accumulate(share for _, share in ratios)
    median = next(ratio for (ratio, _), so_far in zip(ratios, below, strict=True) if so_far >= 0.5)
    assert 0.8 < median < 1.25
    assert sum(share for ratio, share in ratios if ratio >= 3.0) == pytest.approx(0.11)


def test_a_dsp_is_faster_steadier_and_stays_cool():
    cpu, dsp = FLAGSHIP.processors["cpu"], FLAGSHIP.processors["dsp"]
    assert dsp.rate / cpu.rate == pytest.approx(1.91, rel=0.01)
    assert dsp.spread < cpu.spread / 2
    assert dsp.power == cpu.power / 2
    assert 400.0 < time_to_throttle(cpu, FLAGSHIP.case) < 600.0
    assert time_to_throttle(dsp, FLAGSHIP.case) == math.inf
    half_an_hour = course(cpu, FLAGSHIP.case, 1800.0)
    assert half_an_hour.clock[-60:].mean() < 0.95
    assert sustained_rate(dsp, FLAGSHIP.case) == 1.0


def test_wrong_phones_are_refused():
    sheds = {"resistance": "8 K/W", "capacity": "60 J/K", "period": "5 s"}
    with pytest.raises(ValidationError, match="clear is above trip"):
        Case(**sheds, trip="40 degC", clear="45 degC", clocks=(1.0,))
    with pytest.raises(ValidationError, match="clocks must fall from 1"):
        Case(**sheds, trip="45 degC", clear="40 degC", clocks=(1.0, 0.5, 0.6))
    with pytest.raises(ValidationError, match="rate is above peak"):
        PhoneProcessor(peak="1 GFLOP/s", rate="2 GFLOP/s", power="1 W", fixed_share=0.2, spread=0.1)
