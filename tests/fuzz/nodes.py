"""YAML text as a tree that takes any change, repeated keys and odd scalars included, and back to text."""

from __future__ import annotations

from typing import NamedTuple

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_RESOLVER = yaml.resolver.Resolver()
_STRING = "tag:yaml.org,2002:str"


class Spot(NamedTuple):
    """Where a value stands: item ``index`` of its parent, under a key if that is a mapping."""

    parent: yaml.CollectionNode
    index: int
    key: str | None

    @property
    def node(self):
        item = self.parent.value[self.index]
        return item if self.key is None else item[1]

    def put(self, node):
        """Let another value stand there."""
        self.parent.value[self.index] = node if self.key is None else (self.parent.value[self.index][0], node)


def read(text):
    """Return the tree of a text."""
    return yaml.compose(text, Loader=LOADER)


def write(root):
    """Return a tree as text; what is the same object twice becomes an anchor and an alias."""
    return yaml.serialize(root, Dumper=DUMPER, allow_unicode=True, width=200)


def scalar(text, *, quoted=False):
    """Return a scalar, without quotation marks where YAML can do without."""
    tag = _STRING if quoted else _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    return yaml.ScalarNode(tag, text, style='"' if quoted else None)


def mapping(*pairs):
    """Return a mapping of pairs of text and node."""
    return yaml.MappingNode("tag:yaml.org,2002:map", [(scalar(key), value) for key, value in pairs], flow_style=False)


def sequence(*items):
    """Return a list."""
    return yaml.SequenceNode("tag:yaml.org,2002:seq", list(items), flow_style=False)


def copied(node):
    """Return a copy of a tree, in which every alias is written out as far as it goes."""
    if isinstance(node, yaml.ScalarNode):
        return yaml.ScalarNode(node.tag, node.value, style=node.style)
    if isinstance(node, yaml.MappingNode):
        value = [(copied(key), copied(child)) for key, child in node.value]
        return yaml.MappingNode(node.tag, value, flow_style=node.flow_style)
    return yaml.SequenceNode(node.tag, [copied(child) for child in node.value], flow_style=node.flow_style)


def collections(root):
    """Return every mapping and list of a tree once."""
    found, waiting = {}, [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode) or id(node) in found:
            continue
        found[id(node)] = node
        waiting += [child[1] if isinstance(child, tuple) else child for child in node.value]
    return list(found.values())


def name_of(key):
    """Return the text of a key; nothing for one that is a mapping or list."""
    return key.value if isinstance(key, yaml.ScalarNode) else ""


def spots(root):
    """Return the place of every value below the top."""
    return [
        Spot(parent, index, name_of(child[0]) if isinstance(child, tuple) else None)
        for parent in collections(root)
        for index, child in enumerate(parent.value)
    ]
