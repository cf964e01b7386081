"""A carrier's published schema, read strictly: a member that it does not name is a fault."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
# The schema says date-time, its own example a plain date: reference §1.2.
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d")
COLISSIMO = (
    Path(__file__).parents[4] / "shared" / "reference" / "openapi" / "colissimo-shipping.json"
)
"""Beside a checkout, where its maintainers keep what carriers publish; never in a distribution."""


def faults(value: Any, name: str, path: Path = COLISSIMO) -> list[str]:
    """What the schema `name` of the document at `path` says against `value`."""
    return _faults(value, _schemas(path)[name], _schemas(path), "")


@cache
def _schemas(path: Path) -> dict[str, Any]:
    schemas: dict[str, Any] = json.loads(path.read_text("utf-8"))["components"]["schemas"]
    return schemas


def _faults(value: Any, schema: dict[str, Any], known: dict[str, Any], at: str) -> list[str]:
    if "$ref" in schema:
        schema = known[schema["$ref"].rsplit("/", 1)[1]]
    kind = schema["type"]
    if kind == "object":
        return _object_faults(value, schema, known, at)
    if kind == "array":
        if not isinstance(value, list):
            return [f"{at} is no list"]
        inner = schema["items"]
        return [fault for item in value for fault in _faults(item, inner, known, f"{at}[]")]
    if not isinstance(value, _TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        return [f"{at} is no {kind}"]
    if schema.get("format") == "date-time" and not _PLAIN_DATE.fullmatch(str(value)):
        return [f"{at} is no date"]
    return []


def _object_faults(value: Any, schema: dict[str, Any], known: dict[str, Any], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at} is no object"]
    members = schema.get("properties", {})
    found = [f"{at}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, inner in value.items():
        if name not in members:
            found.append(f"{at}.{name} is unknown")
        else:
            found += _faults(inner, members[name], known, f"{at}.{name}")
    return found
