"""What a user wrote, as one tree: a scenario over those it extends, its variants over it, ``--set`` over all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path as FilePath

from dcsim.errors import InputError, Problem
from dcsim.spec.catalog import Catalog
from dcsim.spec.explain import problem_at
from dcsim.spec.layered import conflicts, empty_changes, merge, parse_set, relabel
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Node, path_text, quoted
from dcsim.spec.yaml import Document, is_file, load_yaml

__all__ = ["Authored", "ancestry", "author", "open_scenario"]

_MOST_VARIANTS = 100
_NOT_IN_VARIANTS = ("extends", "variants", "resolved")


@dataclass
class Authored:
    """The merged tree, before profiles and catalogue.

    Parameters
    ----------
    root : Node
        Without ``extends`` and ``variants``.
    source : str
        The scenario as messages call it.
    variants : list of str
        Names of the variants on offer.
    folders : dict of str to Path
        Folder of each file that took part, by its name in messages.
    problems : list of Problem
        What is wrong so far.
    warnings : list of Problem
        What has no effect so far.
    complete : bool
        Whether every scenario that is extended was found, and every key read.
    """

    root: Node
    source: str
    variants: list[str] = field(default_factory=list)
    folders: dict[str, FilePath] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    complete: bool = True


def open_scenario(name_or_path: str | FilePath, catalog: Catalog) -> Document:
    """Read a scenario from a file, or by its name in the catalogue.

    Raises
    ------
    InputError
        If there is no such file or name, or the file is no clean YAML.
    """
    text = str(name_or_path)
    path = FilePath(name_or_path)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or is_file(path):
        return load_yaml(path, name=text, lenient=True)
    if catalog.path("scenarios", text) is not None:
        return catalog.raw("scenarios", text)
    message = f"no such file, and {Suggester().unknown('scenario', text, catalog.names('scenarios'))}"
    raise InputError([Problem(quoted(text)[1:-1], 0, 0, "", message)])


def ancestry(document: Document, catalog: Catalog) -> list[Document]:
    """Return a scenario, the one that it extends, the one that that extends, and so on.

    Raises
    ------
    InputError
        If one is missing or no clean YAML, or the line comes back to where it was.
    """
    line = [document]
    while (base := line[-1].root.child("extends")) is not None:
        line.append(_base(line[-1], base.value, catalog, [each.path.resolve() for each in line]))
    return line


def author(document: Document, catalog: Catalog, variants: Sequence[str] = (), sets: Sequence[str] = ()) -> Authored:
    """Merge a scenario with those it extends, the chosen variants and the settings of the command line.

    Parameters
    ----------
    document : Document
        The scenario.
    catalog : Catalog
        Where scenarios that are extended by name lie.
    variants : sequence of str
        Names of variants; two that set one key are refused.
    sets : sequence of str
        Settings ``path=value``.
    """
    made = Authored(document.root, document.file)
    made.root = _extended(document, catalog, made, [])
    offered = made.root.child("variants")
    bodies = _bodies(made, offered)
    made.variants = list(bodies)
    made.root = _without(made.root, ("extends", "variants"))
    _choose(made, bodies, variants)
    _set(made, sets)
    return made


def _extended(document: Document, catalog: Catalog, made: Authored, chain: list[FilePath]) -> Node:
    """Return a document merged over those it extends."""
    made.folders[document.file] = document.path.absolute().parent
    made.problems += document.problems
    made.complete = made.complete and document.complete
    base = document.root.child("extends")
    if base is None:
        return document.root
    chain = [*chain, document.path.resolve()]
    try:
        below = _base(document, base.value, catalog, chain)
    except InputError as error:
        made.problems += error.problems
        made.complete = False
        return document.root
    return _laid_over(made, _extended(below, catalog, made, chain), document.root)


def _laid_over(made: Authored, below: Node, above: Node) -> Node:
    """Return the merged tree, and warn of what changes nothing."""
    made.warnings += empty_changes(below, above)
    return merge(below, above)


def _base(document: Document, name: object, catalog: Catalog, chain: list[FilePath]) -> Document:
    """Return the document that another extends.

    Raises
    ------
    InputError
        If there is none, or it extends itself in the end.
    """

    def wrong(message: str) -> InputError:
        return InputError([problem_at(document.root, ("extends",), message)])

    if not isinstance(name, str):
        raise wrong("needs the name of a scenario, or a file")
    by_path = name.endswith((".yaml", ".yml"))
    path = document.path.parent / name if by_path else catalog.path("scenarios", name)
    if path is None:
        raise wrong(Suggester().unknown("scenario", name, catalog.names("scenarios")))
    if not is_file(path):
        raise wrong(f"no such file: {quoted(name)}, seen from the folder of this one")
    if path.resolve() in chain:
        raise wrong(f"goes in a circle: {' -> '.join(step.stem for step in (*chain, path))}")
    return load_yaml(path, name=str(path), lenient=True) if by_path else catalog.raw("scenarios", name)


def _bodies(made: Authored, offered: Node | None) -> dict[str, Node]:
    """Return the variants on offer, having checked their form."""
    if offered is None:
        return {}
    if not isinstance(offered.value, dict):
        made.problems.append(problem_at(made.root, ("variants",), "needs a mapping of names to changes"))
        return {}
    if len(offered.value) > _MOST_VARIANTS:
        message = (
            f"offers more than {_MOST_VARIANTS} variants; keep those of each kind in a scenario that extends this one"
        )
        made.problems.append(problem_at(made.root, ("variants",), message))
        return {}
    bodies = {}
    for name, body in offered.value.items():
        path = ("variants", name)
        if not isinstance(body.value, dict):
            made.problems.append(problem_at(made.root, path, "needs the fields that it changes ('name: value')"))
            continue
        for key in _NOT_IN_VARIANTS:
            if key in body.value:
                made.problems.append(problem_at(made.root, (*path, key), "cannot stand in a variant", key=True))
        bodies[name] = relabel(_without(body, _NOT_IN_VARIANTS), "variant")
    return bodies


def _without(node: Node, keys: Sequence[str]) -> Node:
    """Return a copy of a mapping without some keys."""
    kept = Node({key: child for key, child in node.value.items() if key not in keys}, node.mark, node.key, node.layer)
    kept.below = node.below
    return kept


def _choose(made: Authored, bodies: dict[str, Node], names: Sequence[str]) -> None:
    """Merge the chosen variants over the scenario."""
    for name in names:
        if name not in bodies:
            hint = Suggester()(name, bodies) if bodies else f"{made.source} has no variants"
            made.problems.append(Problem("--variant", 0, 0, "", f"unknown variant {quoted(name)}; {hint}"))
    chosen = [(name, bodies[name]) for name in dict.fromkeys(names) if name in bodies]
    for (first, one), (second, other) in combinations(chosen, 2):
        for path, here, there in conflicts(one, other):
            message = f"variants '{first}' and '{second}' both set it ({_place(here)}, {_place(there)}); choose one"
            made.problems.append(Problem("--variant", 0, 0, path_text(path), message))
    for _, body in chosen:
        made.root = _laid_over(made, made.root, body)


def _place(node: Node) -> str:
    return f"line {node.mark.line}"


def _set(made: Authored, sets: Sequence[str]) -> None:
    """Merge the settings of the command line over everything."""
    trees: list[Node] = []
    for text in sets:
        try:
            path, tree = parse_set(text)
        except InputError as error:
            made.problems += error.problems
            continue
        if path[0] in _NOT_IN_VARIANTS:
            made.problems.append(Problem("--set", 0, 0, path_text(path), "cannot be set from the command line"))
            continue
        for earlier in trees:
            for twice, _, _ in conflicts(earlier, tree):
                made.problems.append(Problem("--set", 0, 0, path_text(twice), "is set twice; keep one"))
        trees.append(tree)
        made.root = _laid_over(made, made.root, tree)
