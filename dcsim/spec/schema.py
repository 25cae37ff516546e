"""JSON Schema of what a user may write, for editors that complete and check YAML."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from dcsim.spec.resolved import ResolvedScenario

__all__ = ["scenario_schema"]

_REQUIRED = ("name", "start", "duration", "fleet")
_PROFILES = ("Service", "RegionSite")


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file.

    Services, regions and catalogue overrides name only what differs from their entries, and a scenario that extends
    another needs nothing but its changes; so only a scenario that stands alone has required fields.

    Examples
    --------
    >>> sorted(scenario_schema()["properties"])[:4]
    ['catalog', 'description', 'drills', 'duration']
    """
    schema = deepcopy(ResolvedScenario.model_json_schema(mode="validation"))
    definitions = schema["$defs"]
    partial = {*_PROFILES, *_below(schema, definitions, ("catalog", "services"))}
    for name in partial:
        definitions[name].pop("required", None)
    definitions["RegionSite"].pop("required", None)
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


def _below(schema: dict[str, Any], definitions: dict[str, Any], fields: tuple[str, ...]) -> set[str]:
    """Return the names of the definitions that some fields lead to."""
    waiting: list[Any] = [schema["properties"][field] for field in fields]
    found: set[str] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found
