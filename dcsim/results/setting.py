"""Settings of a sweep, chosen by number or by values, and the values of their rows by seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dcsim.errors import InputError, Problem
from dcsim.results.headline import Row, row_of
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dcsim.results.sweep import Sweep

__all__ = ["chosen_settings", "open_parameters", "rows_by_seed"]


def chosen_settings(
    sweep: Sweep, parts: Sequence[str], name: str, alike: Callable[[str, str], bool]
) -> list[int]:
    """Return the numbers of the settings that a user chose; all where nothing was said.

    Parameters
    ----------
    sweep : Sweep
        Where they are.
    parts : sequence of str
        A number, or ``path=value`` of parameters; a setting has all of the values.
    name : str
        What the user named, for messages.
    alike : callable
        Whether two texts are the same value.

    Raises
    ------
    InputError
        With every problem, and the parameters and values that there are.
    """
    settings = sweep.settings
    chosen = pd.Series(data=True, index=settings.index)
    problems = []
    for part in parts:
        path, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            number = int(part) if part.isdecimal() and part.isascii() else -1
            found = pd.Series(settings.index == number, index=settings.index)
            message = f"has no setting {quoted(part)}; settings are numbers from 0 to {settings.index.max()}"
        elif path in sweep.parameters:
            known = settings[path].astype(str)
            found = pd.Series([alike(text, value) for text in known], index=settings.index)
            message = f"has no setting with {path}={value}; {Suggester()(value, dict.fromkeys(known))}"
        else:
            found = pd.Series(data=False, index=settings.index)
            message = f"has no parameter {quoted(path)}; {Suggester()(path, sweep.parameters)}"
        chosen &= found
        if not found.any():
            problems.append(Problem(name, 0, 0, "", message))
    if not problems and not chosen.any():
        problems.append(Problem(name, 0, 0, "", "has no setting with all of these values; name fewer of them"))
    if problems:
        raise InputError(problems)
    return [int(number) for number in settings.index[chosen]]


def open_parameters(sweep: Sweep, numbers: Sequence[int]) -> tuple[str, ...]:
    """Return the parameters that have several values in some settings."""
    chosen = sweep.settings.loc[list(numbers)]
    return tuple(name for name in sweep.parameters if len(set(chosen[name])) > 1)


def rows_by_seed(
    sweep: Sweep, numbers: Sequence[int], parameters: Sequence[str]
) -> tuple[dict[int, dict[Row, float]], dict[Row, str]]:
    """Return the values of rows by seed, and their units; parameters come first among the dimensions, as written."""
    frame = sweep.frame[sweep.frame["setting"].isin(list(numbers))]
    texts = sweep.settings.loc[list(numbers)]
    written = {number: [(name, str(texts.loc[number, name])) for name in parameters] for number in numbers}
    values: dict[int, dict[Row, float]] = {}
    units: dict[Row, str] = {}
    for record in _records(frame, ["metric", *sweep.dimensions, "unit", "value", "setting", "seed"]):
        setting, seed = record.pop("setting"), record.pop("seed")
        metric, dimensions = row_of(record)
        row = metric, (*written[setting], *dimensions)
        values.setdefault(seed, {})[row] = record["value"]
        units[row] = record["unit"]
    return values, units


def _records(frame: pd.DataFrame, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield rows as mappings, without what does not apply."""
    columns = [frame[name].astype(object).tolist() for name in names]
    for row in zip(*columns, strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if value == value}  # noqa: PLR0124  # NaN

