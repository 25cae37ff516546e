"""What a report is of: the directory of a run or of a sweep, told apart by what lies in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dcsim.report.page import run_page
from dcsim.report.sweep_sections import sweep_page
from dcsim.results.intact import check_intact
from dcsim.results.run import load
from dcsim.results.sweep import Sweep
from dcsim.results.sweep_files import PARTS_FOLDER, RESULTS_FILE, SWEEP_FILE
from dcsim.trace.store import RUN_FILE

if TYPE_CHECKING:
    from os import PathLike

    from dcsim.report.section import Page

__all__ = ["page_of", "what_is"]

_SWEEP = (RESULTS_FILE, SWEEP_FILE, PARTS_FOLDER)


def what_is(path: str | PathLike[str]) -> Literal["run", "sweep", "replay"]:
    """Return what lies at a path: a sweep (finished or not), another directory (a run, if anything), or a file."""
    place = Path(path)
    if not place.is_dir():
        return "replay"
    run = (place / RUN_FILE).is_file() or any(place.glob(f"seed=*/{RUN_FILE}"))
    return "sweep" if not run and any((place / name).exists() for name in _SWEEP) else "run"


def page_of(path: str | PathLike[str]) -> Page:
    """Return what the report of a run or of a sweep says.

    Parameters
    ----------
    path : path-like
        Its directory.

    Raises
    ------
    InputError
        If there is neither, or one that is not finished.
    """
    if what_is(path) == "sweep":
        return sweep_page(Sweep(path))
    run = load(path)
    check_intact(run)
    return run_page(run)
