"""What PHP makes of a query string, of JSON and of text: the shop's answers show it everywhere."""

import json
import re
from typing import Any
from urllib.parse import quote, unquote_plus

JsonObject = dict[str, Any]

# Stands in stored JSON for the shop's address, which depends on how the shop is called.
HOME = "\ue000"
_encoder = json.JSONEncoder(separators=(",", ":")).encode
_HOME_BYTES = json.dumps(HOME)[1:-1].encode()

_SUBSCRIPT = re.compile(r"\[([^\]]*)\]")


def encode(value: object) -> bytes:
    """`value` as PHP's json_encode writes it: `\\u` and `\\/` escapes, no spaces."""
    return _encoder(value).replace("/", "\\/").encode()


def with_home(body: bytes, home: str, permalinks: str = "pretty") -> bytes:
    """Stored JSON with the shop's address, and that of its API, in their places."""
    text = home.replace("/", "\\/").encode()
    if permalinks != "pretty":
        root = b"?rest_route=" if permalinks == "plain" else b"\\/wp-json"
        body = body.replace(_HOME_BYTES + b"\\/wp-json", text + b"\\/index.php" + root)
    return body.replace(_HOME_BYTES, text)


def number(value: float) -> int | float:
    """`value` as PHP encodes a float: without decimals when there are none."""
    return int(value) if value == int(value) else round(value, 6)


def parse_query(raw: str) -> JsonObject:
    """The `$_GET` array of a raw query string; arrays are dicts keyed by index or name.

    A key given twice keeps its last value, at its first place.
    """
    params: JsonObject = {}
    for pair in raw.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            _assign(params, unquote_plus(name), unquote_plus(value))
    return params


def _assign(params: JsonObject, name: str, value: str) -> None:
    base, bracket, _ = name.partition("[")
    steps = _SUBSCRIPT.findall(name[len(base) :]) if bracket else []
    base = base.replace(".", "_").replace(" ", "_")
    target, key = params, base
    for step in steps:
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = {}
            target[key] = inner
        target, key = inner, step or str(len(inner))
    target[key] = value


def as_list(value: object) -> list[Any]:
    """`value` as WordPress reads a list parameter: an array, or words between commas or spaces."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return value
    return [word for word in re.split(r"[,\s]+", str(value)) if word]


def build_query(params: JsonObject) -> str:
    """`params` as WordPress writes them back in a `Link` header.

    Its quirk: a plus stays bare and an equals sign at the end of a value is lost (2026-11-21).
    """
    parts: list[str] = []
    for name, value in params.items():
        if isinstance(value, list):
            value = {str(index): item for index, item in enumerate(value)}
        if isinstance(value, dict):
            parts += [f"{name}%5B{key}%5D={_encoded(item)}" for key, item in value.items()]
        else:
            parts.append(f"{name}={_encoded(value)}")
    return "&".join(parts)


def _encoded(value: object) -> str:
    text = "1" if value is True else str(value)
    return quote(text.rstrip("="), safe="").replace("%2B", "+").replace("%20", "+")
