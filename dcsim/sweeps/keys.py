"""Names of points by content: equal keys, equal results, whatever the files are called and whoever carries them out."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.errors import InputError
from dcsim.resolve import resolve_document
from dcsim.spec.authored import ancestry, author, open_scenario
from dcsim.spec.catalog import Catalog
from dcsim.spec.shelf import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcsim.spec.tree import Node
    from dcsim.spec.yaml import Document
    from dcsim.sweeps.points import Point

__all__ = ["Keys", "inputs_digest", "keys_of"]


@dataclass(frozen=True)
class Keys:
    """Makes the keys of points.

    Parameters
    ----------
    inputs : str
        Hash of everything that all points share, see ``inputs_digest``.
    """

    inputs: str

    def of(self, point: Point) -> str:
        """Return the key of a point: a hash of all that decides its results, and nothing else.

        The number of the setting is no part of it: with a value added to an axis, the others keep their results.
        """
        files = [
            [path, _digest(Path(text))]
            for path, text in point.values
            if path.rpartition(".")[2] == "file" and Path(text).is_file()
        ]
        said = [self.inputs, sorted(point.sets), sorted(point.variants), files]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def keys_of(scenario: str, catalog: tuple[str, ...], metrics: tuple[str, ...], variants: Iterable[str]) -> Keys:
    """Return what makes the keys of a sweep's points."""
    return Keys(inputs_digest(scenario, catalog, metrics, tuple(sorted(set(variants)))))


@lru_cache(maxsize=64)
def inputs_digest(
    scenario: str, catalog: tuple[str, ...], metrics: tuple[str, ...], variants: tuple[str, ...]
) -> str:
    """Return a hash of what all points share.

    Parameters
    ----------
    scenario : str
        A scenario: its bytes, those of the scenarios that it extends and of the files that it replays count.
    catalog : tuple of str
        Folders with own entries: every entry counts, those shipped with dcsim too.
    metrics : tuple of str
        Metrics that are asked for.
    variants : tuple of str
        Variants of the scenario that occur; the files that they replay count.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    shelf = Catalog(catalog)
    document = open_scenario(scenario, shelf)
    line = [("scenario", "", each.path) for each in ancestry(document, shelf)]
    files = [("file", "", Path(name)) for name in _replayed(document, variants, shelf)]
    kinds = [kind for kind in KINDS if kind != "scenarios"]
    entries = [(kind, name, shelf.path(kind, name)) for kind in kinds for name in shelf.names(kind)]
    every = [(kind, name, _digest(path)) for kind, name, path in (*line, *files, *entries) if path is not None]
    said = [importlib.metadata.version("dcsim"), sorted(set(metrics)), every]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _replayed(document: Document, variants: tuple[str, ...], shelf: Catalog) -> list[str]:
    """Return the files that a scenario and its variants replay, those that its profiles name included.

    A scenario that cannot be resolved without the settings of the points is read for what it names itself.
    """
    found: dict[str, None] = {}
    for chosen in ([], *([name] for name in variants)):
        try:
            found |= dict.fromkeys(resolve_document(document, [], chosen, shelf).replayed)
        except InputError:
            authored = author(document, shelf, chosen)
            named = [(authored.folders.get(node.mark.file), node.value) for node in _files(authored.root)]
            paths = [folder / value for folder, value in named if folder is not None and isinstance(value, str)]
            found |= dict.fromkeys(str(path) for path in paths if path.is_file())
    return list(found)


def _files(node: Node) -> Iterator[Node]:
    """Yield the values of every field called ``file``."""
    for step, child in node.children():
        if step == "file":
            yield child
        yield from _files(child)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
