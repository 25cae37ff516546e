"""Which keys stand beside ``generator:``: those that the generator reads, no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dcsim.errors import Problem
from dcsim.spec.explain import problem_at
from dcsim.spec.layered import LAYERS
from dcsim.spec.scenario import TrainingStream
from dcsim.spec.service import Cadence, LoadSource
from dcsim.spec.tree import Node, Path

__all__ = ["Source", "check_sources"]

_LOAD_KEYS = tuple(name for name in LoadSource.model_fields if name != "generator")
_STREAM_KEYS = ("every", "rate", "file", "scale", "profile", "time_zone")
_DEFAULTS = {
    "load": LoadSource.model_fields["generator"].default,
    "every": Cadence.model_fields["generator"].default,
}
_CADENCE_GIVES = frozenset({"every", "rate"})


@dataclass(frozen=True)
class Source:
    """Keys that a generator reads.

    Parameters
    ----------
    load, arrivals : sequence of str, or None
        Keys it needs in order to yield load or arrivals; None where it yields none.
    may : sequence of str
        Keys it reads besides.
    """

    load: Sequence[str] | None
    arrivals: Sequence[str] | None
    may: Sequence[str]


def check_sources(root: Node, source: Callable[[str], Source | None]) -> list[Problem]:
    """Return problems with the keys beside generators; keys inherited for another generator are dropped from the tree.

    What stands as in its profile is passed over: it is checked with the profile.

    Parameters
    ----------
    root : Node
        The composed tree; changed.
    source : callable
        ``name -> Source``, None for an unknown generator.
    """
    problems: list[Problem] = []
    for path, form in _places(root):
        holder = root.at(path)
        if holder is None or not isinstance(holder.value, dict) or _untouched(holder):
            continue
        named = holder.value.get("generator")
        name = named.value if named is not None else _DEFAULTS.get(form)
        found = source(name) if isinstance(name, str) else None
        if found is None:
            continue
        needs = found.load if form == "load" else found.arrivals
        if needs is None:
            what = "load" if form == "load" else "arrivals of trainings"
            problems.append(problem_at(root, (*path, "generator"), f"generator '{name}' yields no {what}"))
        elif form == "every":
            missing = [key for key in needs if key not in _CADENCE_GIVES]
            if missing:
                message = f"generator '{name}' needs '{missing[0]}:', which only a stream under 'training:' can give"
                problems.append(problem_at(root, (*path, "generator"), message))
        else:
            keys = _LOAD_KEYS if form == "load" else _STREAM_KEYS
            problems += _keys(root, path, str(name), keys, needs, {*needs, *found.may})
    return problems


def _places(root: Node) -> Iterator[tuple[Path, str]]:
    """Yield the path and form of every mapping that names a generator."""
    services, streams = root.child("services"), root.child("training")
    if services is not None and isinstance(services.value, dict):
        for name in services.value:
            yield ("services", name, "serving", "load"), "load"
            yield ("services", name, "training", "every"), "every"
    if streams is not None and isinstance(streams.value, list):
        for index in range(len(streams.value)):
            yield ("training", index), "stream"


def _untouched(holder: Node) -> bool:
    return all(node.layer == "profile" for _, node in holder.children())


def _keys(
    root: Node, path: Path, name: str, keys: Sequence[str], needs: Sequence[str], reads: set[str]
) -> Iterator[Problem]:
    """Yield problems with the keys beside one generator."""
    holder = root.at(path)
    if holder is None:
        return
    own = holder.value.get("generator")
    rank = LAYERS.index(own.layer) if own is not None else len(LAYERS)
    for key in keys:
        node = holder.value.get(key)
        given = node is not None and node.value is not None
        if key in needs and not given:
            yield problem_at(root, (*path, key), f"needs a value, which generator '{name}' reads; add '{key}:'")
        elif node is not None and given and key not in reads and node.value != _default(key):
            if LAYERS.index(node.layer) > rank:
                holder.value[key] = Node(None, node.mark, node.key, node.layer)
            else:
                yield problem_at(
                    root, (*path, key), f"has no effect, since generator '{name}' does not read it", key=True
                )


def _default(key: str) -> object:
    return TrainingStream.model_fields[key].default if key in TrainingStream.model_fields else None
