"""Errors of results, and what they come to."""

from __future__ import annotations

import pytest

from dcsim.validation.report import page, report, table
from dcsim.validation.results import Result
from dcsim.validation.rows import NotAnswered, Row
from dcsim.validation.statistics import summarise, worst

STEP = {"step": {"model": "resnet50", "server": "dgx1_p100", "quantity": "step_s"}}


def result(predicted, *, published=100.0, unit="s", tolerance="10 %", tag="V", use="validate", form=STEP, **more):
    row = Row(
        id=f"r{predicted}", what="w", published=published, unit=unit, tolerance=tolerance, source="s", tag=tag, use=use,
        predict=form, **more,
    )  # fmt: skip
    return Result(row, "Topic", predicted)


def test_errors_and_points():
    off = result(110.0)
    assert (off.error, off.points, off.fits, off.measured) == (pytest.approx(0.1), None, True, True)
    share = result(0.87, published=0.9, unit="fraction", tolerance="3 points")
    assert share.points == pytest.approx(-3.0)
    assert (share.fits, share.measured) == (True, False)
    percent = result(-1.0, published=0.0, unit="%", tolerance="2 points")
    assert (percent.error, percent.points, percent.fits) == (None, -1.0, True)


def test_si_and_use():
    timed = result(1.0, published=2.0, unit="ms", use="calibrate")
    assert (timed.published_si, timed.calibrated) == (0.002, True)


def test_a_summary_keeps_kinds_of_rows_apart():
    count = {"count": {"model": "resnet50", "quantity": "parameters"}}
    found = summarise(
        [
            *(result(100.0 + error) for error in (0, -5, 10, 20, -40)),
            result(0.88, published=0.9, unit="fraction", tolerance="3 points"),
            result(1.3, published=1.0, unit="x", tolerance="3 points"),
            result(100.0, unit="count", form=count),
            result(120.0, unit="count", form=count),
            result(5.0, published=1.0, unit="x", tolerance="at least"),
        ]
    )
    assert found.count == 5
    assert (found.median, found.largest) == (pytest.approx(0.1), pytest.approx(0.4))
    assert found.p90 == pytest.approx(0.32)
    assert (found.within_tolerance, found.beyond_15_percent, found.beyond_30_percent) == (3, 2, 1)
    assert (found.points_count, found.points_within_tolerance) == (2, 1)
    assert (found.points_median, found.points_largest) == (pytest.approx(16.0), pytest.approx(30.0))
    assert (found.exact_count, found.exact_within_tolerance) == (3, 2)


def test_the_worst_come_first():
    assert [each.predicted for each in worst([result(101.0), result(50.0), result(120.0)], 2)] == [50.0, 120.0]


def test_headlines_count_figures_that_were_read():
    told = report([result(110.0), result(200.0, tag="R"), result(101.0, tag="V2", use="calibrate")])
    assert (told["validation"]["count"], told["validation"]["all_tags"]["count"]) == (1, 2)
    assert told["calibration"]["median"] == pytest.approx(0.01)
    assert [row["predicted"] for row in told["rows"]] == [110.0, 200.0, 101.0]


def test_rows_that_follow_from_calibration_are_left_out_of_the_independent_ones():
    told = report([result(110.0), result(101.0, follows=("a", "b"))])
    assert told["validation"]["count"] == 2
    assert told["validation"]["independent"]["median"] == pytest.approx(0.1)
    assert told["rows"][1]["follows"] == ["a", "b"]
    assert {aim["wanted"]: aim["reached"] for aim in told["aims"]}["90% of the rows within 15%"]


def test_text_names_the_rows_farthest_off():
    text = table([result(110.0), result(200.0), result(60.0)])
    assert "validation: 3 measured figures, error 40.0% in the median" in text
    assert "aim: a median error of at most 6%; missed, 40.0%" in text
    assert text.splitlines()[-1] == "farthest off: r200.0 +100.0%, r60.0 -40.0%"


def test_page_has_sources_comments_and_what_is_left():
    text = page([result(200.0, comment="Too | much.")], [NotAnswered(ids=("A-1", "A-2"), reason="no part of a step")])
    assert text.startswith("# Predictions beside published measurements\n")
    assert "| `r200.0` | w | 200 | 100 | s | +100.0% | 10 % | no | validate | s [V] |" in text
    assert "- `r200.0`: Too | much." in text
    assert "| `A-1`, `A-2` | no part of a step |" in text


def test_page_shows_scaling_the_picture_and_what_is_no_evidence():
    one = result(100.0, unit="images/s", form={"step": {**STEP["step"], "gpus": 1, "quantity": "throughput_per_s"}})
    form = {"step": {**STEP["step"], "gpus": 8, "quantity": "throughput_per_s"}}
    many = result(760.0, published=700.0, unit="images/s", form=form, follows=("a", "b"))
    text = page([one, many], picture="errors.png")
    assert "](errors.png)\n" in text
    assert "| `r760.0` | `r100.0` | 1 to 8 | 87.5% | 95.0% | +7.5 |" in text
    assert "- `r760.0`: the same set-up as `a` and `b`, to which numbers were fitted" in text
    assert "## Scaling" not in page([one])
    assert "![" not in page([one])
