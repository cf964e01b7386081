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


def text(row: Row, key: str) -> str:
    """The text in `key`; numbers become text, null is empty. Raises UnreadableAnswer."""
    value = row.get(key)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
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
    value = text(row, key)
    return "" if value == "0" else value


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
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return math.ceil(abs(value))
    raise unreadable(key)


def money(row: Row, key: str, currency: str) -> Row | None:
    """What `Money` is made of, None where there is no amount; a text or a number."""
    value = row.get(key)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
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
