"""JSON Schema of what a user may write, for editors that complete and check YAML."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from dcsim.spec.resolved import ResolvedScenario
from dcsim.spec.sweep import RangeSpec, SweepSpec

__all__ = ["scenario_schema", "sweep_schema"]

_REQUIRED = ("name", "start", "duration", "fleet")


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file.

    Mappings merge over profiles, entries and extended scenarios, so they need nothing but what differs; what stands in
    a list replaces it and is whole. At the top, only a scenario that stands alone has required fields.

    Examples
    --------
    >>> sorted(scenario_schema()["properties"])[:4]
    ['catalog', 'compare_networks', 'description', 'drills']
    """
    schema = deepcopy(ResolvedScenario.model_json_schema(mode="validation"))
    definitions = schema["$defs"]
    whole = _below([part["items"] for part in _parts(schema) if "items" in part], definitions)
    for name in definitions.keys() - whole:
        definitions[name].pop("required", None)
    properties = schema["properties"]
    properties["extends"] = {
        "type": "string",
        "description": "Name of a scenario, or a file seen from the folder of this one, that this one is merged over.",
    }
    changes = {
        key: deepcopy(value) for key, value in properties.items() if key not in {"variants", "extends", "resolved"}
    }
    definitions["Changes"] = {
        "type": "object",
        "description": "A variant: the fields that it changes.",
        "properties": changes,
        "additionalProperties": False,
    }
    properties["variants"] = {
        "type": "object",
        "description": "Named changes to choose from with --variant.",
        "additionalProperties": {"$ref": "#/$defs/Changes"},
    }
    schema.pop("required", None)
    schema["if"] = {"not": {"required": ["extends"]}}
    schema["then"] = {"required": list(_REQUIRED)}
    schema["title"] = "dcsim scenario"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def sweep_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a sweep file.

    Examples
    --------
    >>> sweep_schema()["required"]
    ['scenario']
    """
    schema = SweepSpec.model_json_schema(mode="validation")
    schema["$defs"] = {"Range": RangeSpec.model_json_schema(mode="validation", by_alias=True)}
    value = {"type": ["string", "number", "boolean", "null"], "description": "A value, values with commas, or a range."}
    several = {"type": "array", "minItems": 1, "description": "Values."}
    schema["properties"]["set"]["additionalProperties"] = {"anyOf": [value, several, {"$ref": "#/$defs/Range"}]}
    for name in ("variant", "metrics", "catalog"):
        listed = schema["properties"][name]
        schema["properties"][name] = {"anyOf": [{"type": "string"}, listed], "default": listed.pop("default", [])}
    schema["title"] = "dcsim sweep"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping inside a schema."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _parts(inner)


def _below(parts: list[Any], definitions: dict[str, Any]) -> set[str]:
    """Return the names of the definitions that some parts lead to."""
    found: set[str] = set()
    waiting = list(parts)
    while waiting:
        for part in _parts(waiting.pop()):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(definitions[name])
    return found
