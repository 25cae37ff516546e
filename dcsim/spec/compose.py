"""The whole input as one tree: what the user wrote over workload profiles over catalogue entries.

The tree has every service and region in full, and under ``catalog`` every entry that the scenario comes to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dcsim.errors import InputError, Problem
from dcsim.spec.authored import Authored
from dcsim.spec.catalog import ENTRY_KINDS, Catalog, named_in, singular
from dcsim.spec.explain import problem_at
from dcsim.spec.layered import merge
from dcsim.spec.site import ROLES
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Node, Path, quoted

__all__ = ["INLINE", "LIBRARY_KINDS", "compose"]

INLINE = {"services": "services", "regions": "fleet.regions"}
"""Kinds that a scenario holds in full, and where."""
LIBRARY_KINDS: tuple[str, ...] = tuple(kind for kind in ENTRY_KINDS if kind not in INLINE)
"""Kinds whose entries are told under ``catalog``."""


@dataclass
class _Work:
    """What composing one scenario gathers."""

    catalog: Catalog
    root: Node
    problems: list[Problem]
    warnings: list[Problem]
    ask: Suggester


def compose(authored: Authored, catalog: Catalog) -> tuple[Node, list[Problem], list[Problem]]:
    """Lay what a user wrote over profiles and catalogue.

    Parameters
    ----------
    authored : Authored
        What the user wrote.
    catalog : Catalog
        Profiles and entries; an empty one for a scenario that is resolved already.

    Returns
    -------
    Node
        The whole tree. Unknown services, regions and racks are left out of it.
    list of Problem
        Unknown names, and problems of the entries' files.
    list of Problem
        Warnings: overrides of entries that nothing uses.
    """
    work = _Work(catalog, _copied(authored.root, ()), [], [], Suggester())
    _inline(work, ("services",), "services")
    _inline(work, ("fleet", "regions"), "regions")
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
    return work.root, work.problems, work.warnings


def _copied(root: Node, path: Path) -> Node:
    """Return a copy of the mappings near the top, so that a shared tree is not changed."""
    if not isinstance(root.value, dict) or len(path) > 2:
        return root
    node = Node(
        {key: _copied(child, (*path, key)) for key, child in root.value.items()}, root.mark, root.key, root.layer
    )
    node.below = root.below
    return node


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
                holder.value[name] = merge(base, node)
        elif known and not _defines(node, kind):
            work.problems.append(_unknown(work, (*path, name), kind, name, key=True))
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
        work.problems += error.problems
        return None


def _unknown(work: _Work, path: Path, kind: str, name: str, *, key: bool = False) -> Problem:
    message = work.ask.unknown(singular(kind), name, work.catalog.names(kind))
    return problem_at(work.root, path, message, key=key)


def _overrides(work: _Work) -> Node | None:
    """Return the ``catalog`` of the scenario without what cannot stand there."""
    node = work.root.child("catalog")
    if node is None or not isinstance(node.value, dict):
        if node is not None:
            work.problems.append(
                problem_at(work.root, ("catalog",), "needs a mapping of kinds of entry ('servers: ...')")
            )
        return None
    for kind in list(node.value):
        path = ("catalog", kind)
        if kind in INLINE:
            work.problems.append(problem_at(work.root, path, f"write it under '{INLINE[kind]}'", key=True))
        elif kind not in LIBRARY_KINDS:
            message = f"unknown kind of entry; {work.ask(kind, LIBRARY_KINDS)}"
            work.problems.append(problem_at(work.root, path, message, key=True))
        elif not isinstance(node.value[kind].value, dict):
            work.problems.append(problem_at(work.root, path, "needs a mapping of entry names to changes"))
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
                work.problems.append(_unknown_entry(work, path, kind, name, used))
            continue
        if known and override is not None:
            entry = merge(entry, override)
        used[kind, name] = entry
        waiting += [(("catalog", kind, name, *inner), to, target) for inner, to, target in named_in(entry, kind)]
    return used


def _unknown_entry(work: _Work, path: Path, kind: str, name: str, used: dict[tuple[str, str], Node]) -> Problem:
    """Say that a name is unknown, at the place that names it."""
    own = work.root.at(("catalog", kind))
    names = {*work.catalog.names(kind), *(key for key, _ in _items(own))}
    message = work.ask.unknown(singular(kind), name, sorted(names))
    if path[0] != "catalog":
        return problem_at(work.root, path, message, key=path[-1] == name)
    entry = used[str(path[1]), str(path[2])]
    around = Node({path[1]: Node({path[2]: entry}, entry.mark)}, entry.mark)
    return problem_at(Node({"catalog": around}, entry.mark), path, message)


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


def _recipes(root: Node) -> Iterator[tuple[Path, str]]:
    """Yield path and name of the recipes of further streams and of the harvest."""
    streams, lent = root.child("training"), root.at(("harvest", "recipes"))
    named = (
        [(("training", index, "recipe"), each.child("recipe")) for index, each in streams.children()] if streams else []
    )
    named += [(("harvest", "recipes", kind), each) for kind, each in _items(lent)]
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
