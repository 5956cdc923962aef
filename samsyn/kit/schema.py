"""JSON Schema in few words, for what is stored but not written in a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STRING: dict[str, Any] = {"type": "string"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def object_of(**properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def refuse_unknown(schema: Mapping[str, Any], value: Any) -> None:
    """Raise ValueError for a key of `value`, at any depth, that `schema` (made of the words here) has not declared."""
    if isinstance(value, Mapping) and "properties" in schema:
        if unknown := set(value) - set(schema["properties"]):
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
        for name, part in value.items():
            refuse_unknown(schema["properties"][name], part)
    elif isinstance(value, list) and "items" in schema:
        for part in value:
            refuse_unknown(schema["items"], part)
