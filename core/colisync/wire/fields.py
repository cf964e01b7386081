"""Fields of a remote's loose JSON: what PHP and plug-ins write in place of a type.

What a remote owes us raises UnreadableAnswer `wire.field_unreadable`, whose `field` a connector
puts into its own words; what plug-ins left there (`loose`, `structure`) never does.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from colisync.errors import UnreadableAnswer

Row = dict[str, Any]
_NUMBER, _AMOUNT = (int, float), (str, int, float)


def text(row: Row, key: str) -> str:
    """The text in `key`; numbers become text, null is empty. Raises UnreadableAnswer."""
    value = row.get(key)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, _NUMBER):
        return str(value)
    raise unreadable(key)


def texts(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """The text of each field, under our name: `names` says ours, then theirs. Raises as `text`."""
    found = {}
    for ours, theirs in names.items():
        value = row.get(theirs)
        found[ours] = value if isinstance(value, str) else text(row, theirs)
    return found


def reference(row: Row, key: str) -> str:
    """The id in `key`; 0 is none. Raises UnreadableAnswer."""
    value = row.get(key)
    if value == 0 or value == "0":
        return ""
    return str(value) if type(value) is int else text(row, key)


def record(row: Row, key: str) -> Row:
    """The object in `key`; PHP writes an empty one as a list. Raises UnreadableAnswer."""
    value = row.get(key)
    if isinstance(value, dict):
        return value
    if not value:
        return {}
    raise unreadable(key)


def records(row: Row, key: str) -> list[Row]:
    """The list of objects in `key`. Raises UnreadableAnswer."""
    return objects(row.get(key), key)


def objects(value: object, name: str) -> list[Row]:
    """The objects of a list; PHP writes a list with gaps as an object, an empty one as anything
    that is false. Raises UnreadableAnswer naming `name`."""
    if not value:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            if not isinstance(item, dict):
                break
        else:
            return value
    raise unreadable(name)


def moment(row: Row, key: str) -> datetime | None:
    """The UTC time in `key`, None where it is empty; naive ones are taken for UTC.

    Raises UnreadableAnswer.
    """
    value = row.get(key)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise unreadable(key) from error


def units(row: Row, key: str) -> int:
    """Whole units, whatever the sign; a plug-in's decimal quantity is rounded up.

    Raises UnreadableAnswer.
    """
    value = row.get(key)
    if type(value) is int:
        return abs(value)
    if isinstance(value, float) and math.isfinite(value):
        return math.ceil(abs(value))
    raise unreadable(key)


def money(row: Row, key: str, currency: str) -> Row | None:
    """What `Money` is made of, None where there is no amount; a text or a number."""
    value = row.get(key)
    if not isinstance(value, _AMOUNT) or isinstance(value, bool):
        return None
    try:
        finite = math.isfinite(float(value))
    except (ValueError, OverflowError):
        return None
    return {"amount": str(value), "currency": currency} if finite else None


def loose(value: object) -> str:
    """The text of a value that anybody may have written, empty for all but text and whole
    numbers."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and value is not True else ""


def first_of(row: Row, keys: Sequence[str]) -> str:
    """The loose text of the first of `keys` that has one."""
    return next((found for key in keys if (found := loose(row.get(key)))), "")


def loose_texts(value: object, names: Mapping[str, str]) -> dict[str, str]:
    """The loose texts of an object, which may be JSON in a text, under our names: `names` says
    ours, then theirs."""
    data = structure(value) if value else None
    row = data if isinstance(data, dict) else {}
    return {ours: loose(row.get(theirs)) for ours, theirs in names.items()}


def dig(value: object, *path: str) -> str:
    """The loose text at the end of a path of objects, empty where it breaks off."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return loose(value)


def column(value: object, key: str) -> list[str]:
    """The loose texts in `key` of a list's objects."""
    items = value if isinstance(value, list) else ()
    return [loose(item.get(key)) for item in items if isinstance(item, dict)]


def loose_list(value: object, key: str) -> list[str]:
    """The loose texts in a value: one text, or a list of texts or of objects that have `key`."""
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    found = [loose(item.get(key) if isinstance(item, dict) else item) for item in items]
    return [text for text in found if text]


def query_texts(params: Mapping[str, Any]) -> dict[str, str]:
    """Every parameter as one text. Lists become commas: PHP keeps only the last of a repeated key.
    Empty ones are left out."""
    texts: dict[str, str] = {}
    for key, value in params.items():
        if isinstance(value, bool):
            texts[key] = "true" if value else "false"
        elif value is None or isinstance(value, str | int):
            texts[key] = "" if value is None else str(value)
        else:
            texts[key] = ",".join(str(item) for item in value)
    return {key: text for key, text in texts.items() if text}


def structure(value: object) -> Any:
    """The list or object in a value that may be JSON in a text; {} for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict | list) else {}


def unreadable(field: str) -> UnreadableAnswer:
    """The error of a field that is not what the remote's documentation says."""
    return UnreadableAnswer("wire.field_unreadable", params={"field": field})
