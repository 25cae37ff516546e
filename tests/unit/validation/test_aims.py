"""What is wanted of predictions, and which of it is so."""

from __future__ import annotations

from dcsim.validation.aims import aims
from dcsim.validation.headlines import headlines
from tests.unit.validation.test_scaling import result as scaled
from tests.unit.validation.test_scaling import step
from tests.unit.validation.test_statistics import result


def told(results):
    return {aim.wanted: (aim.reached, aim.found) for aim in aims(results)}


def test_aims_that_are_reached_and_missed():
    good = told([result(105.0), result(100.0), result(90.0)])
    assert good["a median error of at most 6%"] == (True, "5.0%")
    assert good["90% of the rows within 15%"] == (True, "100.0% of them")
    assert good["no row beyond 30% without a reason"] == (True, "0 without")
    bad = told([result(107.0), result(93.0), result(131.0)])
    assert bad["a median error of at most 6%"] == (False, "7.0%")
    assert bad["90% of the rows within 15%"] == (False, "66.7% of them")
    assert bad["no row beyond 30% without a reason"] == (False, "1 without")
    assert told([result(131.0, comment="Why.")])["no row beyond 30% without a reason"][0]


def test_only_validation_that_was_read_counts():
    assert aims([result(150.0, use="calibrate"), result(150.0, tag="R")]) == []


def test_scaling_is_wanted_within_three_points():
    one = scaled("one", step(1), 100.0, 100.0)
    for predicted, reached, found in ((1440.0 / 2, True, "1 of 1"), (760.0, False, "0 of 1")):
        many = scaled("eight", step(8), 700.0, predicted)
        assert told([one, many])["all scaling efficiencies within 3 points"] == (reached, found)


def test_headlines_tell_rows_that_follow_apart_and_which_aims_are_missed():
    lines = headlines([result(140.0, comment="Why."), result(101.0, follows=("a",))])
    assert lines[0].startswith("validation: 2 measured figures, error 20.5% in the median")
    assert lines[1].startswith("validation, without those that follow from rows of calibration: 1 measured figures, ")
    assert "error 40.0% in the median" in lines[1]
    assert "aim: a median error of at most 6%; missed, 20.5%" in lines
    assert "aim: no row beyond 30% without a reason; reached, 0 without" in lines


def test_headlines_tell_how_scaling_goes():
    rows = [
        scaled("one", step(1), 100.0, 100.0),
        scaled("two", step(2), 190.0, 200.0),
        scaled("four", step(4), 400.0, 396.0),
    ]
    line = next(line for line in headlines(rows) if line.startswith("scaling: "))
    assert line == (
        "scaling: 2 efficiencies, 3.0 points off in the median, 4.6 at the 90th percentile and 5.0 at most; "
        "1 within 3 points, 1 predicted too high"
    )
