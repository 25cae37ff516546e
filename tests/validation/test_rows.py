"""The published figures: copied right, used as the split says, and predicted as well as was reached before."""

from __future__ import annotations

import csv
import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest

from dcsim.spec.catalog import Catalog
from dcsim.validation.aims import POINTS, aims
from dcsim.validation.reading import read_rows, shipped_files
from dcsim.validation.report import report
from dcsim.validation.results import validate
from dcsim.validation.scaling import scalings
from dcsim.validation.units import FACTORS
from tests.architecture.source import ROOT
from tests.validation.calibrate import cases

FACTS = ROOT.parent / "shared" / "facts" / "validation.csv"
MEDIAN, P90, WITHIN_15_PERCENT, BEYOND_30_PERCENT = 0.05, 0.215, 0.855, 9
"""Errors of the rows of validation, as reached: a guard against getting worse, not what is wanted (``MISSED``)."""
INDEPENDENT_MEDIAN, INDEPENDENT_P90 = 0.06, 0.28
"""The same without those that follow from rows of calibration."""
CALIBRATION_MEDIAN = 0.02
SCALING_MEDIAN, SCALING_P90, SCALING_LARGEST, SCALING_WITHIN = 2.6, 9.5, 24.0, 0.58
"""Scaling efficiencies, as reached: points off in the median, at the 90th percentile and at most; share within 3."""
MISSED = {
    "90% of the rows within 15%": (
        "outliers of one size of all-reduce, iterations of Caffe2 on eight GPUs, GNMT and DLRM on many GPUs, narrow "
        "products and inference of few images: each says why at its row"
    ),
    "all scaling efficiencies within 3 points": (
        "what TensorFlow, PyTorch, GNMT and DLRM lose beyond one GPU is more than the exchange that is modelled"
    ),
}
"""Aims that are not reached, and why: strict, so that the one who reaches one has to strike it out."""
ELSEWHERE = (
    "HW-*", "AB-*", "AR-M40-0[1-5]", "AR-M40-3[1-5]", "AR-BW-[1-7]", "GO-30", "GO-36", "GO-37", "FA-1", "FA-7b",
    "EA-1", "EA-S*", "PC-*",
)  # fmt: skip
"""Rows that numbers were taken from or fitted to other than by ``calibrate.py``: peaks and bandwidths of devices; the
smallest and the largest all-reduces, of which the alpha-beta fits (AB) are fits; three errors by batch, for the edge
(workloads/learning); one search each for how many codes a query visits and how fast a GPU scans them; the gain by the
square root of the replicas; how the topologies of Big Sur are wired."""
SPELLED = {
    "images/s": "images/s", "seq/s": "sequences/s", "tok/s": "tokens/s", "ratio": "x", "bool": "x", "us/query": "us",
    "lookups": "count", "GPUs": "count", "images": "count", "iterations": "steps", "GPU-days": "days",
    "workers/trainer": "count", "cores": "count", "%-points": "%",
}  # fmt: skip
"""Units of the collection that rows spell in another way."""


@pytest.fixture(scope="module")
def rows():
    return read_rows()


@pytest.fixture(scope="module")
def results(rows):
    return validate(rows.rows, Catalog())


@pytest.fixture(scope="module")
def facts():
    if not FACTS.exists():
        pytest.skip(f"needs the collection of published figures, {FACTS.name}, beside the project")
    with FACTS.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def test_figures_are_those_of_the_collection(rows, facts):
    copied = [placed.row for placed in rows.rows if placed.row.id in facts]
    assert len(copied) > 300
    for row in copied:
        fact = facts[row.id]
        unit = SPELLED.get(fact["unit"], fact["unit"])
        assert (row.id, row.published, row.unit) == (row.id, float(fact["value"]), unit)
        assert f"[{row.tag}" in fact["source"], row.id


def test_every_figure_that_was_read_is_predicted_or_left_with_a_reason(rows, facts):
    answered = {placed.row.id for placed in rows.rows}
    left = Counter(name for each in rows.not_answered for name in each.ids)
    assert set(left) & answered == set()
    assert max(left.values()) == 1
    assert set(left) <= set(facts)
    read = {name for name, fact in facts.items() if re.search(r"\[V2?\b", fact["source"])}
    assert read - answered - set(left) == set()
    assert all(len(each.reason) > 20 for each in rows.not_answered)


def test_rows_not_in_the_collection_say_where_they_are_from(rows, facts):
    own = [placed.row for placed in rows.rows if placed.row.id not in facts]
    assert {row.tag for row in own} <= {"M", "V"}
    assert all(len(row.source) > 10 for row in own)


def test_rows_of_calibration_are_those_that_numbers_were_fitted_to(rows):
    fitted = {case.name for case in cases() if case.fit}
    assert len(fitted) > 50
    for placed in rows.rows:
        row = placed.row
        elsewhere = any(fnmatchcase(row.id, pattern) for pattern in ELSEWHERE)
        assert row.use == ("calibrate" if row.id in fitted or elsewhere else "validate"), row.id
    assert all(any(fnmatchcase(placed.row.id, pattern) for placed in rows.rows) for pattern in ELSEWHERE)


def test_rows_that_follow_from_calibration_say_so(rows, results):
    uses = {placed.row.id: placed.row.use for placed in rows.rows}
    predicted = {result.row.id: result for result in results}
    asked = {placed.row.predict.given for placed in rows.rows if placed.row.use == "calibrate"}
    for placed in rows.rows:
        row = placed.row
        assert {uses[other] for other in row.follows} <= {"calibrate"}
        assert bool(row.follows) <= (row.use == "validate")
        if row.use == "validate" and row.predict.modelled and row.predict.given in asked:
            assert row.follows, row.id
        if len(row.follows) == 1 and predicted[row.follows[0]].row.unit == row.unit:
            assert predicted[row.id].predicted == pytest.approx(predicted[row.follows[0]].predicted, rel=0.01)


def test_units_of_published_figures_are_known(rows):
    assert {placed.row.unit for placed in rows.rows} <= set(FACTORS)


def test_rows_that_do_not_fit_say_why(results):
    silent = [result.row.id for result in results if not result.fits and result.row.comment is None]
    assert silent == []
    assert all(len(result.row.comment or "") > 20 for result in results if not result.fits)


def test_accuracy_stays_as_reached(results):
    told = report(results)
    found = told["validation"]
    assert found["count"] > 150
    assert found["median"] <= MEDIAN
    assert found["p90"] <= P90
    assert found["beyond_15_percent"] <= (1.0 - WITHIN_15_PERCENT) * found["count"]
    assert found["beyond_30_percent"] <= BEYOND_30_PERCENT
    own = found["independent"]
    assert 100 < own["count"] < found["count"]
    assert own["median"] <= INDEPENDENT_MEDIAN
    assert own["p90"] <= INDEPENDENT_P90
    assert told["calibration"]["median"] <= CALIBRATION_MEDIAN


def test_scaling_stays_as_reached(results):
    off = np.abs([pair.points for pair in scalings(result for result in results if result.read)])
    assert off.size > 40
    assert np.median(off) <= SCALING_MEDIAN
    assert np.percentile(off, 90) <= SCALING_P90
    assert off.max() <= SCALING_LARGEST
    assert np.mean(off <= POINTS) >= SCALING_WITHIN


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(name, marks=[pytest.mark.xfail(reason=MISSED[name], strict=True)] if name in MISSED else [])
        for name in (
            "a median error of at most 6%", "90% of the rows within 15%", "no row beyond 30% without a reason",
            "all scaling efficiencies within 3 points",
        )
    ],
)  # fmt: skip
def test_aims_are_reached(results, wanted):
    told = {aim.wanted: aim for aim in aims(results)}
    assert told[wanted].reached, told[wanted].found


def test_goyal_scales_within_three_points(results):
    found = {result.row.id: result.points for result in results if result.row.id in {"GO-09", "GO-10"}}
    assert len(found) == 2
    assert all(abs(points) <= POINTS for points in found.values()), found


def test_topologies_come_in_the_order_of_the_talk(results):
    """D is the slowest where communication counts, and costs AlexNet more than VGG and that more than GoogLeNet."""
    gain = {result.row.id: (result.predicted, result.row.published) for result in results}
    for place in (0, 1):
        to_a, to_e = (gain[f"PC-AlexNet--D{other}"][place] for other in "AE")
        assert min(to_a, to_e) > 1.0
        assert to_a > gain["PC-VGG-DA"][place] > gain["PC-GoogLeNe-DA"][place]
        assert to_e > gain["PC-VGG-DE"][place] > gain["PC-GoogLeNe-DE"][place]


def test_files_reach_the_wheel():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for path in shipped_files():
        place = Path("tests/validation") / path.name
        assert f'"{place.as_posix()}" = "dcsim/_data/validation/{path.name}"' in text
