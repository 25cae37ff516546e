"""Where a browser is required, its absence is a failure rather than a skipped test."""

from __future__ import annotations

import pytest

from tests.report_browser import conftest
from tests.report_browser.conftest import REQUIRED, needed


@pytest.mark.parametrize(("required", "outcome"), [("required", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_is_missing_is_skipped_or_fails(monkeypatch, required, outcome):
    monkeypatch.setenv(REQUIRED, required)
    with pytest.raises(outcome, match="no_such_module is not installed"):
        needed("no_such_module")


@pytest.mark.parametrize("lost", ["CHROMIUM", "CHROMEDRIVER"])
def test_without_a_browser_its_tests_fail_where_it_is_required(monkeypatch, lost, tmp_path_factory):
    monkeypatch.setenv(REQUIRED, "required")
    monkeypatch.setattr(conftest, lost, None)
    with pytest.raises(pytest.fail.Exception, match="are not installed, and DCSIM_BROWSER=required"):
        next(conftest.browser.__wrapped__(tmp_path_factory))
