"""Notebooks are committed as they ran: with outputs, without errors, and with an answer at the end."""

from __future__ import annotations

import json
import re

import pytest

from tests.architecture.source import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGE = ROOT / "docs" / "howto" / "notebooks.md"


def _cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_as_it_ran(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    code = _cells(path, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data"}
    assert not re.findall(r"/(?:tmp|root|home|work)/", json.dumps(outputs)), "paths of the machine"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_a_question_and_ends_with_the_answer(path):
    assert "?" in "".join(_cells(path, "markdown")[0]["source"])
    (last,) = _cells(path, "code")[-1]["outputs"]
    assert "**" in "".join(last["data"]["text/markdown"])


def test_the_page_about_notebooks_leads_to_all_of_them():
    assert re.findall(r"\.\./notebooks/(\w+)\.ipynb", PAGE.read_text(encoding="utf-8")) == [
        path.stem for path in NOTEBOOKS
    ]


@pytest.mark.slow
def test_what_the_page_about_notebooks_shows_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(names["figure"].axes) > 4
    assert len(names["study"].mean("useful_server_hours")) == 3
