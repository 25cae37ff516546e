"""The catalogue: shipped and own entries, read, validated and cross-checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError

from dcsim.errors import InputError, Problem
from dcsim.spec.base import Sourced
from dcsim.spec.explain import explain, problem_at
from dcsim.spec.fabric import FABRICS, UnknownFabric
from dcsim.spec.hardware import HARDWARE_KINDS
from dcsim.spec.service import WORKLOAD_KINDS
from dcsim.spec.shelf import FOLDERS, Shelf
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Node, Path
from dcsim.spec.yaml import Document, load_yaml

__all__ = ["ENTRY_KINDS", "REFERENCES", "Catalog", "named_in", "singular", "spec_of"]

ENTRY_KINDS: dict[str, type[Sourced]] = {**HARDWARE_KINDS, **WORKLOAD_KINDS}
"""Spec of each kind of entry; for fabrics, what those of all types share."""
REFERENCES: Mapping[str, Mapping[Path, str]] = {
    "servers": {
        ("cpu",): "cpus",
        ("gpu",): "gpus",
        ("gpu_topology",): "gpu_topologies",
        ("nic",): "nics",
        ("head_node",): "servers",
    },
    "sleds": {("server",): "servers", ("nic",): "nics"},
    "racks": {("sled",): "sleds", ("switch",): "switches"},
    "fabrics": {("transport",): "transports"},
    "training": {
        ("model",): "models",
        ("reference_server",): "servers",
        ("reference_sled",): "sleds",
        ("dataset",): "datasets",
    },
    "learning": {("models",): "models"},
    "services": {
        ("serving", "load", "profile"): "diurnal",
        ("training", "recipe"): "training",
        ("user_models", "model"): "models",
        ("dataset",): "datasets",
    },
}
"""Which fields of an entry name other entries, or list such names, and of which kind."""
_SINGULAR = {
    "gpu_topologies": "GPU topology",
    "switches": "switch",
    "training": "training recipe",
    "learning": "learning workload",
    "diurnal": "diurnal profile",
    "experiments": "load of experiments",
}


def singular(kind: str) -> str:
    """Return the word for one entry of a kind.

    Examples
    --------
    >>> singular("gpus"), singular("switches")
    ('gpu', 'switch')
    """
    return _SINGULAR.get(kind, kind.removesuffix("s"))


def spec_of(kind: str, data: object) -> type[Sourced]:
    """Return the spec of an entry: that of its kind, and of its ``type:`` where the kind has several.

    Examples
    --------
    >>> spec_of("nics", {}).__name__, spec_of("fabrics", {"type": "fat_tree"}).__name__
    ('Nic', 'FatTree')
    """
    if kind != "fabrics":
        return ENTRY_KINDS[kind]
    written = data.get("type", "pods") if isinstance(data, dict) else "pods"
    return FABRICS.get(written, UnknownFabric) if isinstance(written, str) else UnknownFabric


def named_in(node: Node, kind: str) -> Iterator[tuple[Path, str, str]]:
    """Yield path, kind and name of every entry that an entry names."""
    for path, target in REFERENCES.get(kind, {}).items():
        found = node.at(path)
        if found is not None:
            items = found.children() if isinstance(found.value, list) else ()
            for place, name in [(path, found), *(((*path, index), item) for index, item in items)]:
                if isinstance(name.value, str):
                    yield place, target, name.value


class Catalog(Shelf):
    """Entries by kind and name.

    Parameters
    ----------
    overlays : sequence of Path
        A user's folders (``--catalog``); later ones win over earlier ones and over the shipped entries.
    shipped : bool
        Whether the shipped entries are found too.

    Examples
    --------
    >>> "servers" in ENTRY_KINDS and isinstance(Catalog().names("servers"), list)
    True
    """

    def __init__(self, overlays: Sequence[FilePath | str] = (), *, shipped: bool = True) -> None:
        super().__init__(overlays, shipped=shipped)
        self._read: dict[tuple[str, str], Document] = {}

    def raw(self, kind: str, name: str) -> Document:
        """Return an entry as it is written; of scenarios and sweeps, ``problems`` tells the values that were refused.

        Raises
        ------
        InputError
            For an unknown name, with the nearest known one, and for a file that is no clean YAML.
        """
        document = self._read.get((kind, name))
        if document is None:
            path = self.path(kind, name)
            if path is None:
                message = Suggester().unknown(singular(kind), name, self.names(kind))
                raise InputError([Problem("catalogue", 0, 0, "", message)])
            whole = kind in FOLDERS["scenarios"]
            layer = "profile" if kind in WORKLOAD_KINDS else "scenario" if whole else "catalogue"
            document = load_yaml(path, name=self.shown(path), layer=layer, lenient=whole)
            self._read[kind, name] = document
        return document

    def load(self, kind: str, name: str) -> Sourced:
        """Return an entry as its spec.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        document = self.raw(kind, name)
        model = spec_of(kind, document.data)
        try:
            return model.model_validate(document.data)
        except ValidationError as error:
            raise InputError(explain(error, document.root, model)) from None

    def asked(self, option: str, kind: str, name: str | None, problems: list[Problem]) -> Any:
        """Return an entry that an option names, as its spec; nothing where it names none, or one with problems.

        Parameters
        ----------
        option : str
            Whose problem it is if there is no such entry.
        kind : str
            Kind of the entry.
        name : str, optional
            Its name.
        problems : list of Problem
            Takes up what is wrong with the entry, and with those that it names.
        """
        try:
            return None if name is None else self.load(kind, name)
        except InputError:
            found = self.problems_of(kind, str(name))
            problems += [Problem.of_option(option, p.message) if p.file == "catalogue" else p for p in found]
            return None

    def problems_of(self, kind: str, name: str) -> list[Problem]:
        """Return every problem of an entry, and of the entries that it names, and of those that they name."""
        problems: list[Problem] = []
        waiting, seen = [(kind, name)], {(kind, name)}
        for each in waiting:
            try:
                document = self.raw(*each)
            except InputError as error:
                problems += error.problems
                continue
            problems += self.check(each[0], document)
            named = [(target, entry) for _, target, entry in named_in(document.root, each[0])]
            known = [one for one in dict.fromkeys(named) if one not in seen and self.path(*one) is not None]
            seen.update(known)
            waiting += known
        return problems

    def check(self, kind: str, document: Document) -> list[Problem]:
        """Return every problem of an entry: its fields, and the entries that it names."""
        problems = _invalid(document.root, spec_of(kind, document.data))
        ask = Suggester()
        for path, target, name in named_in(document.root, kind):
            if self.path(target, name) is None:
                problems.append(
                    problem_at(document.root, path, ask.unknown(singular(target), name, self.names(target)))
                )
        return problems


def _invalid(root: Node, model: type[BaseModel]) -> list[Problem]:
    try:
        model.model_validate(root.plain())
    except ValidationError as error:
        return explain(error, root, model)
    return []
