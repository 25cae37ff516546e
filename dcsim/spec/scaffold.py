"""Beginnings of scenarios: the commented one, another under a new name, or only what differs from another."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.spec.tree import Path as TreePath

if TYPE_CHECKING:
    from dcsim.spec.tree import Node
    from dcsim.spec.yaml import Document

__all__ = ["SCAFFOLD", "extending", "files_named", "renamed"]

SCAFFOLD = Path(__file__).with_name("scaffold.yaml")
"""The commented scenario; each line that begins with ``#-`` is a part to switch on, whole in itself."""

_SCALAR = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s#,}]+")
"""A name as it may be written in YAML."""
_PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
_FILES: tuple[TreePath, ...] = (("services", "*", "serving", "load", "file"), ("training", "*", "file"))


def renamed(text: str, document: Document, name: str, shown: str) -> str:
    r"""Return the text of a scenario under another name: in ``name:``, and in commands that comments give.

    Comments, order and layout stay as they are.

    Parameters
    ----------
    text : str
        The file.
    document : Document
        The same, read.
    name : str
        The new name.
    shown : str
        The new file, as commands are to call it.

    Examples
    --------
    >>> from dcsim.spec.yaml import Document, parse_yaml
    >>> text = "# dcsim run old --set seed=1\nname: old  # short\nseed: 0\n"
    >>> document = Document("old.yaml", parse_yaml(text, "old.yaml"), Path("old.yaml"))
    >>> print(renamed(text, document, "new", "new.yaml"), end="")
    # dcsim run new.yaml --set seed=1
    name: new  # short
    seed: 0
    """
    old = document.root.child("name")
    if old is None:
        return f"name: {name}\n{text}"
    lines = text.splitlines(keepends=True)
    row, column = old.mark.line - 1, old.mark.column - 1
    written = _SCALAR.match(lines[row], column)
    lines[row] = lines[row][:column] + name + lines[row][written.end() if written else column :]
    stems = "|".join(sorted({re.escape(str(old.value)), re.escape(document.path.stem)}))
    command = re.compile(rf"(\bdcsim [a-z]+ )(?:{stems})(?:\.yaml)?(?![\w.])")
    parts = (line.partition("#") for line in lines)
    return "".join(said + mark + command.sub(lambda found: found[1] + shown, comment) for said, mark, comment in parts)


def extending(base: str, description: str, variants: list[str], name: str, shown: str) -> str:
    """Return a scenario that says only what differs from another.

    Parameters
    ----------
    base : str
        Name of the scenario that is extended, or its file as seen from the folder of the new one.
    description : str
        Of the scenario that is extended.
    variants : list of str
        Variants that it offers, which the new one inherits.
    name : str
        The new name.
    shown : str
        The new file, as commands are to call it.

    Examples
    --------
    >>> print(extending("minimal", "Small", ["calm"], "mine", "mine.yaml").splitlines()[5])
    extends: minimal  # Small
    """
    inherited = f"Inherited variants: {', '.join(variants)}" if variants else f"{base} offers no variants"
    return "\n".join((
        f"# What differs from {base}; all else is as there. Mappings merge, lists and scalars replace.",
        f"# 'dcsim resolve {shown}' prints the whole; with '--why KEY' it says where a value comes from.",
        "# Lines that begin with '#-' are examples to switch on: take the '#-' away.",
        f"name: {name}",
        f"description: {_scalar(f'As {base}, but')}",
        f"extends: {_scalar(base)}  # {' '.join(description.split())}".rstrip(" #"),
        "",
        "#-duration: 6 h",
        "#-fleet: {nic: {bandwidth: 100 Gbit/s}}  # of every NIC of the fleet",
        "",
        f"# {inherited}. One more:",
        "#-variants: {coarse: {resolution: 1 h}}",
        "",
    ))  # fmt: skip


def files_named(root: Node) -> list[tuple[TreePath, str]]:
    """Return where a scenario names files, and which: traces that it replays, and a file that it extends.

    Examples
    --------
    >>> from dcsim.spec.yaml import parse_yaml
    >>> files_named(parse_yaml("{extends: a.yaml, training: [{file: t/jobs.csv}]}", "x"))
    [(('extends',), 'a.yaml'), (('training', 0, 'file'), 't/jobs.csv')]
    """
    base = root.child("extends")
    by_file = base is not None and str(base.value).endswith((".yaml", ".yml"))
    extended: list[tuple[TreePath, str]] = [(("extends",), str(base.value))] if base is not None and by_file else []
    return [*extended, *(found for pattern in _FILES for found in _matching(root, pattern, ()))]


def _matching(node: Node | None, pattern: TreePath, path: TreePath) -> list[tuple[TreePath, str]]:
    """Return the texts below a node at the places of a pattern."""
    if node is None:
        return []
    if not pattern:
        return [(path, node.value)] if isinstance(node.value, str) else []
    steps = [step for step, _ in node.children()] if pattern[0] == "*" else [pattern[0]]
    return [found for step in steps for found in _matching(node.child(step), pattern[1:], (*path, step))]


def _scalar(text: str) -> str:
    """Return a text as YAML reads it back."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
