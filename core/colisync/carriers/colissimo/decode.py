"""From the label service's answers to purchases, documents and errors. Pure.

What an answer to generateLabel proves, case by case (Colissimo bills a parcel when it is scanned,
so an unused label costs nothing, a forgotten one costs a search):

====================================  ==========================================================
a number, the label complete          Purchase
a number, the label cut off or gone   Purchase without documents: announced, getLabel brings it;
                                      also where the connection broke off after the number
no number, an ERROR with its code     nothing was made: the code's own error, whatever the status
no number, no ERROR, 401 or 403       nothing was made: AuthenticationFailed
no number, no ERROR, 3xx or 4xx       nothing was made: the error of the status
no number, no ERROR, 5xx              OutcomeUnknown: it may have failed after making the label
no number, no ERROR, 2xx              OutcomeUnknown: the answer cannot be read
====================================  ==========================================================

A 5xx whose only ERROR is one that nobody published ("1", request failed) stays OutcomeUnknown.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from colisync.carriers.colissimo.refusals import Message, refusals, refuse
from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    OutcomeUnknown,
    UnreadableAnswer,
)
from colisync.model.label import Document, DocumentKind, LabelFormat, Purchase
from colisync.ports.http import HttpAnswer
from colisync.wire.judge import error_of
from colisync.wire.multipart import Parts, split

REMOTE = "Colissimo"
_DOCUMENTS = (
    ("label", DocumentKind.LABEL),
    ("cn23", DocumentKind.CN23),
    ("proforma", DocumentKind.PROFORMA),
)
_REQUEST_FAILED = "1"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer taken apart. `number` is empty where none was given."""

    number: str
    partner_number: str
    messages: list[Message]
    parts: Parts

    @property
    def refused(self) -> bool:
        """Whether an ERROR is among the messages."""
        return any(message.kind == "ERROR" for message in self.messages)


def decode_purchase(answer: HttpAnswer, label_format: LabelFormat) -> Purchase:
    """The number, the documents byte for byte, and the carrier's WARNINGs.

    Raises what the table in this module's docstring says.
    """
    reply = read_reply(answer)
    if reply.number:
        return _purchase(reply, label_format)
    raise _failure(answer, reply)


def decode_broken(lost: OutcomeUnknown, label_format: LabelFormat) -> Purchase:
    """The purchase whose answer broke off after its number. Raises `lost` where none had come."""
    headers = lost.exchange.answer_headers if lost.exchange else {}
    reply = _taken_apart(lost.partial, headers.get("content-type", ""))
    if reply.number:
        return _purchase(reply, label_format)
    raise lost


def _purchase(reply: Reply, label_format: LabelFormat) -> Purchase:
    return Purchase(
        number=reply.number,
        partner_number=reply.partner_number,
        documents=_documents(reply.parts, label_format),
        warnings=_warnings(reply.messages),
    )


def decode_check(answer: HttpAnswer) -> tuple[str, ...]:
    """The WARNINGs of a request that could be bought. Raises the refusal's error otherwise."""
    reply = read_reply(answer)
    _expect_success(answer, reply)
    if not reply.messages:
        raise UnreadableAnswer("colissimo.check_unreadable", exchange=answer.exchange())
    return _warnings(reply.messages)


def decode_reprint(answer: HttpAnswer, label_format: LabelFormat) -> tuple[Document, ...]:
    """The documents of a parcel that has its number already; at least its label.

    Raises the refusal's error, or UnreadableAnswer where no complete label came: both may be
    asked again, nothing is made by asking.
    """
    reply = read_reply(answer)
    documents = _documents(reply.parts, label_format)
    if any(document.kind is DocumentKind.LABEL for document in documents):
        return documents
    _expect_success(answer, reply)
    raise UnreadableAnswer("colissimo.label_unreadable", exchange=answer.exchange())


def _expect_success(answer: HttpAnswer, reply: Reply) -> None:
    if reply.refused:
        raise refuse(reply.messages, answer.exchange())
    if not 200 <= answer.status < 300:
        raise status_error(answer)


def status_error(answer: HttpAnswer) -> ColisyncError:
    """The error of a status alone; a refused key says where the merchant finds it."""
    if answer.status in (401, 403):
        return AuthenticationFailed("colissimo.credentials", exchange=answer.exchange())
    return error_of(answer, remote=REMOTE)


def _failure(answer: HttpAnswer, reply: Reply) -> ColisyncError:
    if reply.refused and not (answer.status >= 500 and _vague(reply)):
        return refuse(reply.messages, answer.exchange())
    if 300 <= answer.status < 500:
        return status_error(answer)
    key = "colissimo.answer_failed" if answer.status >= 500 else "colissimo.answer_unreadable"
    return OutcomeUnknown(key, params={"status": answer.status}, exchange=answer.exchange())


def _vague(reply: Reply) -> bool:
    known = refusals()
    return not any(
        message.kind == "ERROR" and message.id in known and message.id != _REQUEST_FAILED
        for message in reply.messages
    )


def read_reply(answer: HttpAnswer) -> Reply:
    """The answer taken apart, whatever its status; nothing in it where it is not theirs."""
    reply = _taken_apart(answer.body, answer.headers.get("content-type", ""))
    messages = [one if one.kind == "INFOS" else _masked(one, answer) for one in reply.messages]
    return replace(reply, messages=messages)


def _masked(one: Message, answer: HttpAnswer) -> Message:
    words = {"text": answer.masked(one.text), "replacements": answer.masked(one.replacements)}
    return replace(one, **words)


def _taken_apart(body: bytes, content_type: str) -> Reply:
    parts = split(body, content_type)
    infos = read_json(parts.by_id.get("jsonInfos", b""))
    label = _label_block(infos)
    return Reply(
        number=as_text(label.get("parcelNumber")),
        partner_number=as_text(label.get("parcelNumberPartner")),
        messages=read_messages(infos.get("messages")),
        parts=parts,
    )


def read_json(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; empty where it holds none. A byte that is no UTF-8 is replaced: it
    may not cost the number beside it."""
    try:
        found = json.loads(raw.decode("utf-8-sig", "replace")) if raw else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _label_block(infos: dict[str, Any]) -> dict[str, Any]:
    """The one `label…Response` that is filled: its name changes with each version."""
    for name, block in infos.items():
        if name.startswith("label") and isinstance(block, dict) and block.get("parcelNumber"):
            return block
    return {}


def read_messages(found: object) -> list[Message]:
    """The messages, one or several, with their replacement values in the text or beside it."""
    rows = found if isinstance(found, list) else [found]
    return [_message(row) for row in rows if isinstance(row, dict)]


def _message(row: dict[str, Any]) -> Message:
    text, beside = as_text(row.get("messageContent")), []
    values = row.get("replacementValues")
    for index, value in enumerate(values if isinstance(values, list) else []):
        words = (
            [as_text(value.get(name)) for name in ("field", "value")]
            if isinstance(value, dict)
            else []
        )
        if words and f"{{{index}}}" in text:
            text = text.replace(f"{{{index}}}", words[1] or words[0])
        beside += words
    return Message(
        id=as_text(row.get("id")),
        kind=as_text(row.get("type")).upper(),
        text=text,
        replacements=" ".join(word for word in beside if word),
    )


def as_text(found: object) -> str:
    """The value as trimmed text, whatever JSON type it came as; None is empty.

    Half an emoji, which a field cut short leaves behind, and a zero byte are replaced: no database
    keeps them, and they may not cost the number beside them.
    """
    if found is None:
        return ""
    text = str(found).strip()
    if text.isascii() and text.isprintable():
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _warnings(messages: list[Message]) -> tuple[str, ...]:
    """Everything but the plain success: a number beside an ERROR is still a number to keep."""
    return tuple(
        " ".join(part for part in (message.id, message.text, message.replacements) if part)
        for message in messages
        if message.kind in ("WARNING", "ERROR")
    )


def _documents(parts: Parts, label_format: LabelFormat) -> tuple[Document, ...]:
    return tuple(
        Document(kind=kind, format=label_format, content=parts.by_id[name])
        for name, kind in _DOCUMENTS
        if parts.by_id.get(name)
    )
