"""Whether the files of a finished run are as they were written: those who tell of a run rely on it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dcsim.errors import InputError, Problem
from dcsim.spec.explain import explain
from dcsim.spec.resolved import ResolvedScenario
from dcsim.spec.yaml import load_yaml
from dcsim.trace.store import RUN_FILE, SCENARIO_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.results.run import Run

__all__ = ["check_intact"]

_NUMBER = (int, float)
_FORM: dict[str, Any] = {
    "run": {
        "scenario": str, "digest": str, "seed": int, "start": str, "simulated_s": _NUMBER, "events": int,
        "conservation": {"jobs": {"in": _NUMBER}},
    },
    "environment": {"dcsim": str},
    "measured": {"wall_s": _NUMBER, "cpu_s": _NUMBER},
}  # fmt: skip
_LARGEST = 1e300


def check_intact(run: Run) -> None:
    """Refuse a run whose ``run.json`` or scenario somebody changed, or something damaged.

    Raises
    ------
    InputError
        With every problem of both files.
    """
    problems = []
    for look in (_provenance, _scenario):
        try:
            problems += list(look(run))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def _scenario(run: Run) -> list[Problem]:
    document = load_yaml(run.path / SCENARIO_FILE)
    try:
        ResolvedScenario.model_validate(document.data)
    except ValidationError as error:
        return explain(error, document.root, ResolvedScenario)
    return []


def _provenance(run: Run) -> Iterator[Problem]:
    """Yield what is wrong with ``run.json``."""
    file, content = str(run.path / RUN_FILE), run.provenance
    for path, message in (*_unlike(content, _FORM, ""), *_odd_sheets(content)):
        yield Problem(file, 0, 0, path, f"{message}; the file is not as it was written")


def _unlike(value: Any, form: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the paths at which a value is not of a form, and why."""
    if isinstance(form, dict):
        if not isinstance(value, dict):
            yield path, "holds no fields"
            return
        for name, inner in form.items():
            below = f"{path}.{name}" if path else name
            if name in value:
                yield from _unlike(value[name], inner, below)
            else:
                yield below, "is missing"
    elif isinstance(value, bool) or not isinstance(value, form):
        yield path, "is no number" if form in {_NUMBER, int} else "is no text"
    elif form is not str and not 0 <= value < _LARGEST:
        yield path, "cannot be such a number"
    elif path == "run.start" and not _is_instant(value):
        yield path, "is no date and time with a zone"


def _is_instant(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _odd_sheets(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the balance sheets that are not made of two amounts or more."""
    run = content.get("run")
    sheets = run.get("conservation") if isinstance(run, dict) else None
    for name, sheet in sheets.items() if isinstance(sheets, dict) else ():
        amounts = list(sheet.values()) if isinstance(sheet, dict) else []
        sound = [type(amount) in _NUMBER and abs(amount) < _LARGEST for amount in amounts]
        if len(amounts) < 2 or not all(sound):
            yield f"run.conservation.{name}", "is no balance sheet of two amounts or more"
