"""The whole input as one tree: what the user wrote over workload profiles over catalogue entries.

The tree has every service and region in full, and under ``catalog`` every entry that the scenario comes to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from dcsim.errors import InputError, Problem
from dcsim.spec.authored import Authored
from dcsim.spec.catalog import ENTRY_KINDS, Catalog, named_in, singular
from dcsim.spec.explain import problem_at
from dcsim.spec.fabric import FABRICS
from dcsim.spec.layered import empty_changes, merge
from dcsim.spec.shelf import FIXED
from dcsim.spec.site import ROLES
from dcsim.spec.sources import Source, check_sources
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Node, Path, quoted

__all__ = ["INLINE", "LIBRARY_KINDS", "Composition", "compose"]

INLINE = {"services": "services", "regions": "fleet.regions"}
"""Kinds that a scenario holds in full, and where."""
LIBRARY_KINDS: tuple[str, ...] = tuple(kind for kind in ENTRY_KINDS if kind not in INLINE and kind != FIXED)
"""Kinds whose entries are told under ``catalog``."""


@dataclass
class Composition:
    """The whole tree, and what was found while it was laid out.

    Parameters
    ----------
    root : Node
        Every service and region in full, every entry in use under ``catalog``. Unknown services and regions are left
        out.
    problems : list of Problem
        Unknown names, problems of the entries' files, and keys that generators do not read.
    warnings : list of Problem
        Overrides of entries that nothing uses.
    complete : bool
        Whether the tree has all that the user names.
    """

    root: Node
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    complete: bool = True


class _Work(Composition):
    """A composition in the making."""

    def __init__(self, root: Node, catalog: Catalog) -> None:
        super().__init__(root)
        self.catalog = catalog
        self.ask = Suggester()

    def refuse(self, *problems: Problem) -> None:
        """Remember problems that leave a hole in the tree."""
        self.problems += problems
        self.complete = False


def compose(authored: Authored, catalog: Catalog, source: Callable[[str], Source | None]) -> Composition:
    """Lay what a user wrote over profiles and catalogue.

    Parameters
    ----------
    authored : Authored
        What the user wrote.
    catalog : Catalog
        Profiles and entries; an empty one for a scenario that is resolved already.
    source : callable
        What a generator reads, by name; see ``dcsim.spec.sources``.
    """
    work = _Work(_copied(authored.root), catalog)
    work.complete = authored.complete
    work.warnings += authored.warnings
    _inline(work, ("services",), "services")
    _inline(work, ("fleet", "regions"), "regions")
    work.root = _copied(work.root)
    work.problems += check_sources(work.root, source)
    overrides = _overrides(work)
    used = _entries(work, overrides)
    _unused(work, overrides, used)
    library: dict[str, Node] = {}
    mark = (overrides or work.root).mark
    for kind in LIBRARY_KINDS:
        found = {name: used[kind, name] for name in sorted(name for of, name in used if of == kind)}
        if found:
            library[kind] = Node(found, mark, None, work.root.layer)
    work.root.value["catalog"] = Node(library, mark, None, work.root.layer)
    return work


def _copied(node: Node) -> Node:
    """Return a copy of a tree, so that a document that others read is not changed."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _copied(child) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_copied(child) for child in value]
    twin = Node(value, node.mark, node.key, node.layer)
    twin.below = node.below
    return twin


def _inline(work: _Work, path: Path, kind: str) -> None:
    """Merge each service or region over its entry; leave out those that nothing is known of."""
    holder = work.root.at(path)
    if holder is None or not isinstance(holder.value, dict):
        return
    known = work.catalog.names(kind)
    for name in list(holder.value):
        node = holder.value[name]
        if not isinstance(node.value, dict):
            continue
        if name in known:
            base = _raw(work, kind, name)
            if base is None:
                del holder.value[name]
            else:
                if node.value:
                    work.warnings += empty_changes(base, node, (*path, name))
                holder.value[name] = merge(base, node)
        elif known and not _defines(node, kind):
            work.refuse(_unknown(work, (*path, name), kind, name, key=True))
            del holder.value[name]


def _defines(node: Node, kind: str) -> bool:
    """Whether a user gave fields of an entry of their own, rather than a wrong name of a known one."""
    model = ENTRY_KINDS[kind]
    needed = {name for name, field in model.model_fields.items() if field.is_required()} - {"title"}
    return bool(needed & set(node.value))


def _raw(work: _Work, kind: str, name: str) -> Node | None:
    try:
        return work.catalog.raw(kind, name).root
    except InputError as error:
        work.refuse(*error.problems)
        return None


def _unknown(work: _Work, path: Path, kind: str, name: str, *, key: bool = False) -> Problem:
    message = work.ask.unknown(singular(kind), name, work.catalog.names(kind))
    return problem_at(work.root, path, message, key=key)


def _overrides(work: _Work) -> Node | None:
    """Return the ``catalog`` of the scenario without what cannot stand there."""
    node = work.root.child("catalog")
    if node is None or not isinstance(node.value, dict):
        if node is not None:
            work.refuse(problem_at(work.root, ("catalog",), "needs a mapping of kinds of entry ('servers: ...')"))
        return None
    for kind in list(node.value):
        path = ("catalog", kind)
        if kind in INLINE:
            work.refuse(problem_at(work.root, path, f"write it under '{INLINE[kind]}'", key=True))
        elif kind not in LIBRARY_KINDS:
            message = f"unknown kind of entry; {work.ask(str(kind), LIBRARY_KINDS)}"
            work.refuse(problem_at(work.root, path, message, key=True))
        elif not isinstance(node.value[kind].value, dict):
            work.refuse(problem_at(work.root, path, "needs a mapping of entry names to changes"))
    return node


def _entries(work: _Work, overrides: Node | None) -> dict[tuple[str, str], Node]:
    """Return every entry that the scenario uses, directly or through another, merged with its overrides."""
    used: dict[tuple[str, str], Node] = {}
    waiting = list(_named(work.root))
    while waiting:
        path, kind, name = waiting.pop()
        if (kind, name) in used or kind in INLINE:
            continue
        override = overrides.at((kind, name)) if overrides is not None else None
        known = work.catalog.path(kind, name) is not None
        entry = _raw(work, kind, name) if known else override
        if entry is None:
            if not known:
                work.refuse(_unknown_entry(work, path, kind, name, used))
            continue
        if known and override is not None:
            work.warnings += empty_changes(entry, override, ("catalog", kind, name))
            entry = merge(entry, override)
        if kind == "fabrics" and _shape(entry) not in {"pods", None}:
            work.refuse(_no_pods(work, path, name, _shape(entry)))
            continue
        used[kind, name] = entry
        waiting += [(("catalog", kind, name, *inner), to, target) for inner, to, target in named_in(entry, kind)]
    return used


def _unknown_entry(work: _Work, path: Path, kind: str, name: str, used: dict[tuple[str, str], Node]) -> Problem:
    """Say that a name is unknown, at the place that names it."""
    own = work.root.at(("catalog", kind))
    names = {*(_fitting(work) if kind == "fabrics" else work.catalog.names(kind)), *(key for key, _ in _items(own))}
    message = work.ask.unknown(singular(kind), name, sorted(names))
    if path[0] != "catalog":
        return problem_at(work.root, path, message, key=path[-1] == name)
    entry = used[str(path[1]), str(path[2])]
    around = Node({path[1]: Node({path[2]: entry}, entry.mark)}, entry.mark)
    return problem_at(Node({"catalog": around}, entry.mark), path, message)


def _shape(fabric: Node) -> object:
    """Return the type of a fabric, None for one that does not exist."""
    node = fabric.child("type")
    shape = node.value if node is not None else "pods"
    return shape if isinstance(shape, str) and shape in FABRICS else None


def _fitting(work: _Work) -> list[str]:
    """Return the names of the fabrics that a fleet can be built with."""
    fitting = []
    for name in work.catalog.names("fabrics"):
        with suppress(InputError):
            fitting += [name] if _shape(work.catalog.raw("fabrics", name).root) == "pods" else []
    return fitting


def _no_pods(work: _Work, path: Path, name: str, shape: object) -> Problem:
    """Say that a fleet cannot be built with a fabric, and with which it can."""
    message = f"a fleet needs a fabric of 'type: pods', and {quoted(name)} is of type '{shape}'"
    return problem_at(work.root, path, f"{message}; {work.ask(name, _fitting(work))}")


def _named(root: Node) -> Iterator[tuple[Path, str, str]]:
    """Yield path, kind and name of every entry that a scenario itself names."""
    fabric = root.at(("fleet", "fabric"))
    if fabric is not None and isinstance(fabric.value, str):
        yield ("fleet", "fabric"), "fabrics", fabric.value
    for region, site in _items(root.at(("fleet", "regions"))):
        for role in ROLES:
            for rack, _ in _items(site.child(role)):
                yield ("fleet", "regions", region, role, rack), "racks", rack
    for name, service in _items(root.child("services")):
        for path, kind, target in named_in(service, "services"):
            yield ("services", name, *path), kind, target
    for path, name in _recipes(root):
        yield path, "training", name
    for index, each in _streams(root):
        profile = each.child("profile")
        if profile is not None and isinstance(profile.value, str):
            yield ("training", index, "profile"), "experiments", profile.value


def _streams(root: Node) -> list[tuple[str | int, Node]]:
    streams = root.child("training")
    return list(streams.children()) if streams is not None else []


def _recipes(root: Node) -> Iterator[tuple[Path, str]]:
    """Yield path and name of the recipes of further streams and of the harvest."""
    named: list[tuple[Path, Node | None]]
    named = [(("training", index, "recipe"), each.child("recipe")) for index, each in _streams(root)]
    named += [(("harvest", "recipes", kind), each) for kind, each in _items(root.at(("harvest", "recipes")))]
    yield from ((path, node.value) for path, node in named if node is not None and isinstance(node.value, str))


def _items(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.value.items()) if node is not None and isinstance(node.value, dict) else []


def _unused(work: _Work, overrides: Node | None, used: dict[tuple[str, str], Node]) -> None:
    """Warn of overrides of entries that nothing uses."""
    for kind, entries in _items(overrides):
        if kind not in LIBRARY_KINDS:
            continue
        for name, _ in _items(entries):
            if (kind, name) in used:
                continue
            names = sorted(target for of, target in used if of == kind)
            hint = work.ask(name, names) if names else f"the scenario uses no {kind}"
            message = f"has no effect, since nothing uses {singular(kind)} {quoted(name)}; {hint}"
            work.warnings.append(problem_at(work.root, ("catalog", kind, name), message, key=True))
