"""JSON as shops' hosts really give it: with a notice before, a page in its place, or half of it.

Errors are named in the remote's own words: `remote` is the prefix of their catalogue keys.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    NotFound,
    RateLimited,
    Rejected,
    RemoteUnavailable,
    UnreadableAnswer,
)
from colisync.ports.http import HttpAnswer
from colisync.wire.judge import retry_after

MISSING = object()
_DATA = re.compile(r"(?:^|[>\n])[ \t\r]*(\[\s*[\]{]|\{\s*[\"}])")
_TAGS = re.compile(r"<[^>]*>")
_PLUGIN = re.compile(r"/(?:mu-plugins|plugins|themes|modules)\\?/([\w-]+)")


class Refusal(NamedTuple):
    """One line of a remote's table: a status, the beginning of the code in its answer as a pattern
    ("." for any code, "" with or without one), and the error that they stand for."""

    status: int
    code: str
    error: type[AuthenticationFailed | ConfigurationError | NotFound | RemoteUnavailable]
    key: str


def read_json(body: bytes) -> tuple[Any, str]:
    """The JSON in `body` and the text printed before it; `MISSING` where there is none.

    A byte order mark, white space, a PHP notice before and a cache's comment behind are stepped
    over; half a JSON is none.
    """
    try:
        return json.loads(body), ""
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    for match in _DATA.finditer(text):
        try:
            data, end = json.JSONDecoder().raw_decode(text, match.start(1))
        except (ValueError, RecursionError):
            break
        if text[end:].lstrip()[:1] in ("", "<"):
            return data, text[: match.start(1)].strip()
    return MISSING, text.strip()


def plain(text: object, limit: int = 200) -> str:
    """The words of an HTML text."""
    return " ".join(_TAGS.sub(" ", str(text)).split())[:limit]


def unreadable_body(answer: HttpAnswer, remote: str) -> UnreadableAnswer:
    """The error of a good answer without data: a page in its place, half a JSON, or words."""
    text = answer.body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if answer.status == 200 and text[:1] == "<" and "<html" in text[:1000].lower():
        key = f"{remote}.page_instead"
    elif text.startswith(("[", "{")):
        key = f"{remote}.broken_json"
    else:
        key = f"{remote}.text_instead"
    return UnreadableAnswer(key, params={"text": plain(text)}, exchange=answer.exchange())


def refusal(
    answer: HttpAnswer, code: str, message: object, table: Iterable[Refusal], remote: str
) -> ColisyncError:
    """The error of a refused answer: by `table`, whose first match wins, else by its status.

    Messages are in the shop's language, so that only status and `code` are matched.
    """
    exchange = answer.exchange()
    if answer.status == 429:
        wait = retry_after(answer)
        return RateLimited(f"{remote}.rate_limited", retry_after=wait, exchange=exchange)
    for line in table:
        if answer.status == line.status and re.match(line.code, code):
            return line.error(line.key, exchange=exchange)
    if answer.status >= 500:
        guilty = _PLUGIN.search(answer.body.decode("utf-8", "replace"))
        params = {"status": answer.status, "plugin": guilty[1] if guilty else "?"}
        return RemoteUnavailable(f"{remote}.server_error", params=params, exchange=exchange)
    code = code or str(answer.status)
    return Rejected(f"{remote}.rejected", code=code, text=plain(message), exchange=exchange)


def told_time(answer: HttpAnswer) -> datetime | None:
    """The remote's own clock, None where its answer does not tell."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
