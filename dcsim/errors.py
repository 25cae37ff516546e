"""The one exception tree.

::

    DcsimError
    ├── InputError        the user's files or arguments are wrong: exit code 2, nothing written
    └── RunError          the machine let us down: exit code 1
        └── Interrupted   Ctrl-C or SIGTERM: exit code 130

``Problem`` is one line of an ``InputError``: every problem is told at once, where it stands and how to mend it.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

__all__ = ["DcsimError", "InputError", "Interrupted", "Problem", "RunError", "one_line"]


def one_line(text: str) -> str:
    r"""Return text that a terminal shows as it is, on one line: line breaks and control characters as escapes.

    Examples
    --------
    >>> print(one_line("two\nlines"))
    two\nlines
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong (or without effect) in what a user wrote.

    Parameters
    ----------
    file : str
        File name as the user gave it, or ``--set`` for the command line.
    line, column : int
        One-based position; 0 where the file as a whole is meant.
    path : str
        Dotted path of the value, such as ``fleet.regions.lulea.pue``; empty for the file as a whole.
    message : str
        What is wrong, and the fix.

    Examples
    --------
    >>> print(Problem("a.yaml", 3, 14, "duration", "needs a number and a unit, such as '24 h'"))
    a.yaml:3:14: duration: needs a number and a unit, such as '24 h'
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    @classmethod
    def of_option(cls, option: str, message: str) -> Problem:
        """Return a problem of an option of the command line, named with or without its dashes.

        Examples
        --------
        >>> print(Problem.of_option("hosts_per_nic", "needs at least 1, not 0"))
        --hosts-per-nic: needs at least 1, not 0
        """
        return cls(f"--{option.removeprefix('--').replace('_', '-')}", 0, 0, "", message)

    def __str__(self) -> str:
        """Return ``file:line:col: path: message`` on one line, without the parts that do not apply."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"
        return one_line(text)


class DcsimError(Exception):
    """Base of everything that dcsim raises on purpose."""

    exit_code = 1


class InputError(DcsimError):
    """What the user wrote cannot be simulated; holds every problem found.

    Parameters
    ----------
    problems : sequence of Problem
        At least one; kept in order of file and position.
    """

    exit_code = 2

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(set(problems), key=attrgetter("file", "line", "column", "path", "message")))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        """Say how another process makes the same error."""
        return type(self), (self.problems,)


class RunError(DcsimError):
    """A run could not be finished or saved: disk full, directory not writable."""


class Interrupted(RunError):  # noqa: N818  # what happened, as in KeyboardInterrupt
    """The user or the system stopped the run."""

    exit_code = 130
