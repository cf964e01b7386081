"""Whose turn it is when Colissimo, or our own check, says no: one table from code to error."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    Exchange,
    InvalidShipment,
    Rejected,
    RemoteUnavailable,
    Scalar,
)

# The verb that cures where it is not `edit`.
_CURED_BY = dict.fromkeys(("colissimo.too_heavy", "colissimo.too_heavy_for_shop"), "split")
_CURED_BY["colissimo.customs_not_yet"] = "hold"
DATA = files("colisync.carriers.colissimo") / "data"


@dataclass(frozen=True, slots=True)
class Message:
    """One line of an answer's `messages`. `kind` is INFOS, WARNING or ERROR."""

    id: str
    kind: str
    text: str
    replacements: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one code of Colissimo means to us. `turn` says which error it becomes."""

    key: str
    turn: str
    field: str = ""


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((DATA / "label_errors.json").read_text(encoding="utf-8"))
    return table


@cache
def refusals() -> dict[str, Refusal]:
    """Every published code. Source: data/label_errors.json."""
    return {
        code: Refusal(row["key"], row["turn"], row.get("field", ""))
        for row in _table()["errors"]
        for code in row["codes"].split()
    }


def invalid(key: str, field: str, **params: Scalar) -> InvalidShipment:
    """The error for our own `field`; its name goes into the text."""
    hint = _CURED_BY.get(key)
    return InvalidShipment(key, field=field, params={"field": field, **params}, hint=hint)


def refuse(messages: list[Message], exchange: Exchange) -> ColisyncError:
    """The error for an answer that holds at least one ERROR: nothing was made.

    The first published code leads; the words of all are the hint. A code that nobody published is
    `Rejected` in Colissimo's words.
    """
    errors = [message for message in messages if message.kind == "ERROR"]
    first = next((error for error in errors if _published(error.id)), errors[0])
    words = "; ".join(f"{error.id} {error.text}".strip() for error in errors)
    return _error(first, words, exchange)


def _published(code: str) -> Refusal | None:
    found = refusals().get(code)
    # Families whose members are only partly published keep their meaning.
    if found is None and code.startswith(("ROUTING_", "GEO_ROUTING_")):
        return Refusal("colissimo.routing_other", "rejected")
    return found


def _error(message: Message, words: str, exchange: Exchange) -> ColisyncError:
    refusal = _published(message.id) or Refusal("colissimo.rejected", "rejected")
    params: dict[str, Scalar] = {"code": message.id, "text": message.text}
    if refusal.turn == "invalid":
        field = _field(refusal.field, message)
        return InvalidShipment(
            refusal.key,
            field=field,
            params={"field": field, **params},
            hint=words,
            exchange=exchange,
        )
    if refusal.turn == "authentication":
        return AuthenticationFailed(refusal.key, params=params, hint=words, exchange=exchange)
    if refusal.turn == "unavailable":
        return RemoteUnavailable(refusal.key, params=params, hint=words, exchange=exchange)
    return Rejected(refusal.key, code=message.id, text=message.text, hint=words, exchange=exchange)


def _field(field: str, message: Message) -> str:
    """Our name of the field; a bad character (30600) says which element it sits in."""
    if field != "recipient":
        return field
    said = f"{message.text} {message.replacements}"
    who = "sender" if re.search(r"sender|exp[ée]diteur", said, re.IGNORECASE) else "recipient"
    for element, name in _table()["elements"].items():
        if element.lower() in said.lower():
            return f"{who}.{name}"
    return who
