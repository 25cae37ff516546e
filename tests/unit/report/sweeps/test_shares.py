"""Shares of parameters in the variance of answers, against a figure whose shares are known."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.report.payload import payload
from dcsim.report.sweep_sections import sweep_page
from dcsim.report.sweeps.shares import shares
from dcsim.report.sweeps.view import SweepView
from tests.unit.report.sweeps.conftest import make_sweep

SAMPLES = 512


def _settings():
    """Return samples A and B of three parameters, and A with each column of B in turn."""
    first, second = np.random.default_rng(3).random((2, SAMPLES, 3)).round(6)
    mixed = [np.where(np.arange(3) == column, second, first) for column in range(3)]
    return [dict(zip(("a.x", "b.y", "c.z"), map(str, row), strict=True)) for row in np.vstack([first, second, *mixed])]


def _answer(setting, _replica):
    """Cost = 2 x + y: four fifths of its variance are of x, one of y, none of z; one service is free."""
    x, y = float(setting["a.x"]), float(setting["b.y"])
    return [("cost", "USD", 2.0 * x + y, None, "ads"), ("cost", "USD", 0.0, None, "search")]


def _view(**more):
    return make_sweep(_settings(), _answer, replicas=1, design="sobol_indices", samples=SAMPLES, **more)


@pytest.fixture(scope="module")
def sweep():
    return _view()


def test_shares_are_told_in_words_a_chart_and_a_table(sweep):
    section = shares(SweepView(sweep))
    assert section.lead.startswith("a.x accounts for ")
    assert "of the variance of Cost (Ads) by itself" in section.lead
    chart, table = section.blocks
    alone, together = chart.series
    assert (alone.name, together.name) == ("alone", "with interactions")
    assert list(alone.x) == ["a.x", "b.y", "c.z"]
    for series in chart.series:
        assert np.asarray(series.y) == pytest.approx([0.8, 0.2, 0.0], abs=0.1)
        assert (np.asarray(series.high) - np.asarray(series.low) >= 0.0).all()
        assert dict(series.facets) == {"metric": "Cost (Ads)"}
    assert [row[1] for row in table.rows] == ["a.x", "b.y", "c.z"]
    assert [row[3].value for row in table.rows] == pytest.approx([0.8, 0.2, 0.0], abs=0.1)
    assert "±" in table.rows[0][2].text


def test_the_page_has_them_after_the_effects(sweep):
    page = sweep_page(sweep)
    ids = [section.id for section in page.sections]
    assert ids[1:3] == ["effects-of-parameters", "variance-shares"]
    assert "variance" in payload(page)["charts"]


def test_other_designs_have_none(study):
    assert shares(SweepView(study)) is None


def test_without_results_of_all_settings_there_is_no_telling():
    section = shares(SweepView(_view(failed={(5, 0)})))
    assert section.lead == "There is no telling which parameter accounts for what."
    (warning,) = section.blocks
    assert warning.form == "warning"
    assert warning.paragraphs == (
        "No shares in the variance of Cost (Ads): settings have no result, or too few of them differ.",
    )


def test_an_answer_that_differs_in_the_mixed_settings_only_has_no_shares():
    """Its samples A and B have no variance that could be shared out."""
    settings = _settings()
    odd = settings[-1]
    sweep = make_sweep(settings, lambda setting, _: [("cost", "USD", float(setting is odd), None, None)], replicas=1,
                       design="sobol_indices", samples=SAMPLES)  # fmt: skip
    (warning,) = shares(SweepView(sweep)).blocks
    assert "Cost" in warning.paragraphs[0]
