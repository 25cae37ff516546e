"""Reads files of published figures, the shipped ones or a user's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from dcsim.errors import InputError, Problem
from dcsim.spec.explain import explain, problem_at
from dcsim.spec.shelf import shipped_root
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Node
from dcsim.spec.tree import Path as Steps
from dcsim.spec.yaml import load_yaml
from dcsim.validation.rows import NotAnswered, Row, RowFile

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Placed", "Rows", "read_rows", "shipped_files"]


@dataclass(frozen=True)
class Placed:
    """A row and where it stands.

    Parameters
    ----------
    row : Row
        The row.
    topic : str
        Title of its file.
    root : Node
        Content of the file.
    path : tuple
        Of the row in the file.
    """

    row: Row
    topic: str
    root: Node
    path: Steps

    def problem(self, message: str) -> Problem:
        """Return a problem with what predicts the row."""
        return problem_at(self.root, (*self.path, "predict"), message)


@dataclass(frozen=True)
class Rows:
    """Everything that was read.

    Parameters
    ----------
    rows : tuple of Placed
        Figures that are predicted, file by file.
    not_answered : tuple of NotAnswered
        Figures that are not.
    """

    rows: tuple[Placed, ...]
    not_answered: tuple[NotAnswered, ...]


def shipped_files() -> list[Path]:
    """Return the project's own files: of an installed package, or of a source checkout."""
    root = shipped_root()
    inside = root / "validation"
    return sorted((inside if inside.is_dir() else root / "tests" / "validation").glob("*.yaml"))


def read_rows(paths: Sequence[Path | str] = ()) -> Rows:
    """Read published figures.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders; the project's own where none is given.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    problems: list[Problem] = []
    rows: list[Placed] = []
    left: list[NotAnswered] = []
    for path in _files(paths, problems) if paths else shipped_files():
        try:
            found = _read(path, shown=str(path) if paths else path.name)
        except InputError as error:
            problems += error.problems
            continue
        rows += found.rows
        left += found.not_answered
    problems += _repeated(rows)
    if problems:
        raise InputError(problems)
    return Rows(tuple(rows), tuple(left))


def _files(paths: Sequence[Path | str], problems: list[Problem]) -> list[Path]:
    """Return the files, and those of the folders."""
    files: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not inside:
            problems.append(Problem(str(path), 0, 0, "", "holds no files that end in '.yaml'"))
        files += inside
    return list(dict.fromkeys(files))


def _read(path: Path, shown: str) -> Rows:
    """Read one file."""
    document = load_yaml(path, name=shown)
    filling = _Filling(document.root)
    root = filling.filled(document.root, ())
    problems = filling.problems or filling.unused()
    try:
        file = RowFile.model_validate(root.plain())
    except ValidationError as error:
        raise InputError([*problems, *explain(error, root, RowFile, partial=bool(filling.problems))]) from None
    if problems:
        raise InputError(problems)
    rows = (Placed(row, file.title, root, ("rows", place)) for place, row in enumerate(file.rows))
    return Rows(tuple(rows), file.not_answered)


class _Filling:
    """Puts set-ups in the place of every ``like: NAME`` of a file."""

    def __init__(self, root: Node) -> None:
        self.problems: list[Problem] = []
        self._root = root
        found = root.child("setups")
        self._setups = found if found is not None and isinstance(found.value, dict) else None
        self._used: set[object] = set()

    def filled(self, node: Node, path: Steps) -> Node:
        """Return a tree in which every ``like`` has given way to the fields of that set-up; own fields win."""
        if path and path[0] == "setups":
            return node
        if isinstance(node.value, list):
            inside = [self.filled(child, (*path, place)) for place, child in enumerate(node.value)]
            return Node(inside, node.mark, node.key, node.layer)
        if not isinstance(node.value, dict):
            return node
        own = {key: self.filled(child, (*path, key)) for key, child in node.value.items() if key != "like"}
        if "like" in node.value:
            own = {**self._setup(node.value["like"], (*path, "like")), **own}
        return Node(own, node.mark, node.key, node.layer)

    def unused(self) -> list[Problem]:
        """Return a problem for each set-up that nothing is like."""
        names = [name for name, _ in self._setups.children() if name not in self._used] if self._setups else []
        message = "no row is like it; remove it"
        return [problem_at(self._root, ("setups", name), message, key=True) for name in names]

    def _setup(self, named: Node, path: Steps) -> dict[str, Node]:
        """Return the fields of a set-up; nothing where there is no such one."""
        known = dict(self._setups.children()) if self._setups is not None else {}
        found = known.get(named.value) if isinstance(named.value, str) else None
        if found is not None and isinstance(found.value, dict):
            self._used.add(named.value)
            return dict(found.value)
        message = Suggester().unknown("set-up", str(named.plain()), map(str, known))
        self.problems.append(problem_at(self._root, path, message))
        return {}


def _repeated(rows: Sequence[Placed]) -> list[Problem]:
    """Return a problem for each name that an earlier row has."""
    seen = Counter[str]()
    problems = []
    for placed in rows:
        seen[placed.row.id] += 1
        if seen[placed.row.id] > 1:
            message = f"'{placed.row.id}' is the name of an earlier row; choose another"
            problems.append(problem_at(placed.root, (*placed.path, "id"), message))
    return problems
