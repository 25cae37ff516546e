"""Changes of a YAML tree: wrong types, values, names and units, keys lost, renamed and repeated, parts elsewhere."""

from __future__ import annotations

from collections import defaultdict

import yaml

from tests.fuzz import values
from tests.fuzz.nodes import collections, copied, mapping, name_of, read, scalar, sequence, spots, write

_MANY = 400


class Pool:
    """What stands under each key in files that are right: keys and values to borrow.

    Parameters
    ----------
    texts : iterable of str
        The files.
    """

    def __init__(self, texts):
        under = defaultdict(list)
        for text in texts:
            for spot in spots(read(text)):
                if spot.key is not None:
                    under[spot.key].append(spot.node)
        self.under = dict(under)
        self.keys = sorted(under)


def changed(rng, text, pool):
    """Return a text with one to four changes of its tree."""
    root = read(text)
    times = rng.choice((1, 1, 1, 1, 2, 2, 3, 4))
    for _ in range(times):
        change = rng.choices(_CHANGES, _WEIGHTS)[0]
        root = change(rng, root, pool) or root
    return write(root)


def _spot(rng, root, *, leaf=False):
    """Return the place of any value; of a scalar, if there is one and that is wanted."""
    found = spots(root)
    leaves = [spot for spot in found if isinstance(spot.node, yaml.ScalarNode)] if leaf else []
    return rng.choice(leaves or found) if found else None


def _mapping(rng, root):
    found = [node for node in collections(root) if isinstance(node, yaml.MappingNode) and node.value]
    return rng.choice(found) if found else None


def odd_node(rng):
    """Return a value that fits hardly anywhere."""
    roll = rng.random()
    if roll < 0.55:
        return scalar(rng.choice(values.PLAIN))
    if roll < 0.8:
        return scalar(rng.choice(values.TEXTS), quoted=True)
    if roll < 0.86:
        return rng.choice((sequence(), mapping()))
    if roll < 0.93:
        inner = scalar(rng.choice(values.PLAIN))
        return rng.choice((sequence(inner), mapping(("a", inner)), sequence(sequence(inner), mapping(("name", inner)))))
    inner = scalar("1")
    for _ in range(rng.choice((5, 30, 45, 200))):
        inner = sequence(inner) if rng.random() < 0.5 else mapping(("a", inner))
    return inner


def _nudge(rng, root, pool):
    """Change a number, a unit, or a letter."""
    leaves = [spot for spot in spots(root) if isinstance(spot.node, yaml.ScalarNode)]
    numbers = [spot for spot in leaves if spot.node.value[:1].isdigit()] if rng.random() < 0.85 else []
    if leaves:
        spot = rng.choice(numbers or leaves)
        spot.put(scalar(values.nudged(rng, spot.node.value)))


def _borrow(rng, root, pool):
    """Let something stand under a key that stands under the same key elsewhere."""
    found = [spot for spot in spots(root) if len(pool.under.get(spot.key, ())) > 1]
    if found:
        spot = rng.choice(found)
        spot.put(copied(rng.choice(pool.under[spot.key])))


def _replace(rng, root, pool):
    spot = _spot(rng, root, leaf=rng.random() < 0.7)
    if spot is None:
        return odd_node(rng)
    spot.put(odd_node(rng))
    return None


def _drop(rng, root, pool):
    spot = _spot(rng, root)
    if spot is not None:
        del spot.parent.value[spot.index]


def _rename(rng, root, pool):
    node = _mapping(rng, root)
    if node is None:
        return
    at = rng.randrange(len(node.value))
    key, child = node.value[at]
    known = scalar(rng.choice(pool.keys))
    node.value[at] = (rng.choice((known, known, scalar(values.misspelt(rng, name_of(key))), odd_node(rng))), child)


def _repeat(rng, root, pool):
    spot = _spot(rng, root)
    if spot is not None:
        times = rng.choice((1, 1, 2, _MANY)) if isinstance(spot.node, yaml.ScalarNode) else 1
        spot.parent.value[spot.index : spot.index] = [spot.parent.value[spot.index]] * times


def _add(rng, root, pool):
    node = _mapping(rng, root)
    if node is not None:
        key = rng.choice(pool.keys)
        child = copied(rng.choice(pool.under[key])) if rng.random() < 0.8 else odd_node(rng)
        node.value.insert(rng.randrange(len(node.value) + 1), (scalar(key), child))


def _move(rng, root, pool):
    """Let a part of the tree stand elsewhere too: a copy, an alias, or the part above it."""
    here, there = _spot(rng, root), _spot(rng, root)
    if here is not None:
        rng.choice((here.put, here.put, there.put))(rng.choice((copied(there.node), there.node)))


def _swap(rng, root, pool):
    here, there = _spot(rng, root), _spot(rng, root)
    if here is not None:
        one, other = here.node, there.node
        here.put(other)
        there.put(one)


def _multiply(rng, root, pool):
    """Give a mapping many more entries, or a list many more items."""
    found = [node for node in collections(root) if node.value]
    if not found:
        return
    node, times = rng.choice(found), rng.choice((3, 30, _MANY))
    if isinstance(node, yaml.MappingNode):
        key, child = rng.choice(node.value)
        node.value += [(scalar(f"{name_of(key)}_{number}"), child) for number in range(times)]
    else:
        node.value += [rng.choice(node.value)] * times


def _tag(rng, root, pool):
    spot = _spot(rng, root)
    if spot is not None:
        node = copied(spot.node)
        node.tag = rng.choice(("!x", "!!python/object/apply:os.system", "tag:yaml.org,2002:binary", "!!float", "!"))
        spot.put(node)


def _empty(rng, root, pool):
    found = collections(root)
    rng.choice(found).value = []


def _shuffle(rng, root, pool):
    rng.shuffle(rng.choice(collections(root)).value)


_CHANGES, _WEIGHTS = zip(
    (_nudge, 36), (_borrow, 22), (_replace, 16), (_drop, 6), (_rename, 6), (_repeat, 3), (_add, 8), (_move, 4),
    (_swap, 3), (_multiply, 3), (_tag, 1), (_empty, 2), (_shuffle, 1), strict=True,
)  # fmt: skip
