"""The schedulers that the how-to page shows do nothing that none of ours may do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.errors import InputError
from dcsim.job_replay import replay_jobs
from dcsim.schedulers import scheduler
from tests.architecture.source import ROOT
from tests.property.job_traces import KINDS, audit, replays

PAGE = (ROOT / "docs" / "howto" / "write_a_scheduler.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```\w+\n(?=# (\S+)$)(.*?)^```$", PAGE, re.M | re.S))
SHOWN = sorted(name for name, text in FILES.items() if "@scheduler(" in text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Write the files of the page; forget the schedulers afterwards."""
    monkeypatch.setattr(scheduler, "_plugins", dict(scheduler._plugins))
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_page_shows_schedulers():
    assert SHOWN == ["smallest_first.py", "urgent.py"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_file_of_ones_own_is_a_scheduler(folder, name):
    replay = replay_jobs(folder / "jobs.csv", slots=8, scheduler=str(folder / name))
    assert (replay.scheduler.name, replay.engine) == (Path(name).stem, "world")

    @settings(max_examples=200)
    @given(st.sampled_from(KINDS).flatmap(replays))
    def check(drawn):
        audit(replay.scheduler.call, replay.scheduler.facts.get("order"), drawn)

    check()


def test_a_file_that_registers_something_else_is_told(folder):
    (folder / "largest.py").write_text(FILES["smallest_first.py"], encoding="utf-8")
    with pytest.raises(InputError, match=r'registers no scheduler \'largest\'; it needs @scheduler\("largest"\)'):
        replay_jobs(folder / "jobs.csv", slots=8, scheduler=str(folder / "largest.py"))
