"""Names of points by content: equal keys, equal results, whatever the files are called and whoever carries them out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.errors import InputError
from dcsim.spec.authored import ancestry, author, open_scenario
from dcsim.spec.catalog import Catalog
from dcsim.spec.shelf import FOLDERS, KINDS
from dcsim.spec.yaml import is_file
from dcsim.sweeps.code_digest import code_digest
from dcsim.sweeps.data_files import FIELD, named_in, renamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcsim.spec.tree import Node
    from dcsim.spec.yaml import Document
    from dcsim.sweeps.points import Point

__all__ = ["Keys", "digests", "inputs_digest", "keys_of", "read_again"]

_NAMES_FILES = re.compile(rf"\b{FIELD}\b".encode())


@dataclass(frozen=True)
class Keys:
    """Makes the keys of points, from files as they were when it was made: it reads none.

    Parameters
    ----------
    inputs : str
        Hash of everything that all points share, see ``inputs_digest``.
    files : tuple of (str, str)
        Names of the files in values of points, and hashes of what is in them.
    """

    inputs: str
    files: tuple[tuple[str, str], ...] = ()

    def of(self, point: Point) -> str:
        """Return the key of a point: a hash of all that decides its results, and nothing else.

        The number of the setting is no part of it: with a value added to an axis, the others keep their results. Nor
        are the names of files.
        """
        sets = point.sets
        if self.files:
            sets = tuple(_by_content(text, self.files) for text in sets)
        said = [self.inputs, sorted(sets), sorted(point.variants)]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def keys_of(
    scenario: str,
    catalog: tuple[str, ...],
    metrics: tuple[str, ...],
    variants: Iterable[str],
    values: Iterable[tuple[str, str]] = (),
) -> Keys:
    """Return what makes the keys of a sweep's points; it reads all files, so ask for it once for each sweep.

    Parameters
    ----------
    scenario, catalog, metrics, variants
        See ``inputs_digest``.
    values : iterable of (str, str)
        Path and value of every axis and each of its values.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    names = {name for path, value in values for name in named_in(path, value)}
    return Keys(inputs_digest(scenario, catalog, metrics, tuple(sorted(set(variants)))), digests(names))


def digests(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return names and hashes of the files among them that exist, sorted."""
    return tuple((name, _digest(Path(name))) for name in sorted(names) if is_file(Path(name)))


def inputs_digest(
    scenario: str, catalog: tuple[str, ...], metrics: tuple[str, ...], variants: tuple[str, ...]
) -> str:
    """Return a hash of what all points share, dcsim itself included.

    Parameters
    ----------
    scenario : str
        A scenario: its bytes, those of the scenarios that it extends and of the files that it replays count.
    catalog : tuple of str
        Folders with own entries: every entry counts, those shipped with dcsim too, and the files that services replay.
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
    files = [(FIELD, "", path) for path in _replayed(document, variants, shelf)]
    kinds = [kind for kind in KINDS if kind not in FOLDERS["scenarios"]]
    entries = [(kind, name, shelf.path(kind, name)) for kind in kinds for name in shelf.names(kind)]
    every = [(kind, name, _digest(path)) for kind, name, path in (*line, *files, *entries) if path is not None]
    said = [code_digest(), sorted(set(metrics)), every]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def read_again(scenario: str, catalog: tuple[str, ...], variants: Iterable[str], keys: Keys) -> list[Path]:
    """Return the files that are read again for every setting or point, which must not change meanwhile."""
    shelf = Catalog(catalog)
    document = open_scenario(scenario, shelf)
    extended = [each.path for each in ancestry(document, shelf)[1:]]
    return [*extended, *_replayed(document, tuple(variants), shelf), *(Path(name) for name, _ in keys.files)]


def _replayed(document: Document, variants: tuple[str, ...], shelf: Catalog) -> list[Path]:
    """Return the files that a scenario and its variants replay, and those of services of the catalogue."""
    found: dict[Path, None] = {}
    for chosen in ([], *([name] for name in variants)):
        authored = author(document, shelf, chosen)
        places = [(authored.folders.get(node.mark.file), node.value) for node in _files(authored.root)]
        found |= dict.fromkeys(folder / name for folder, name in places if folder is not None and isinstance(name, str))
    for service in shelf.names("services"):
        path = shelf.path("services", service)
        if path is not None and _NAMES_FILES.search(path.read_bytes()):
            with contextlib.suppress(InputError):  # of one that is not used; others are told when they are
                names = [node.value for node in _files(shelf.raw("services", service).root)]
                found |= dict.fromkeys(path.parent / name for name in names if isinstance(name, str))
    return [path for path in found if is_file(path)]


def _files(node: Node) -> Iterator[Node]:
    """Yield the values of every field that names a file."""
    for step, child in node.children():
        if step == FIELD:
            yield child
        yield from _files(child)


@lru_cache(maxsize=1024)
def _by_content(text: str, files: tuple[tuple[str, str], ...]) -> str:
    """Return what ``--set`` takes with hashes in place of files."""
    path, _, value = text.partition("=")
    contents = {name: f"sha256:{digest}" for name, digest in files}
    return f"{path}={renamed(path, value, contents)}" if contents.keys() & named_in(path, value) else text


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
