"""JSON as shops' hosts really give it: with a notice before, a page in its place, or half of it.

Errors are named in the remote's own words: `remote` is the prefix of their catalogue keys.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from colisync.wire.home_address import moved_home
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


def code_of(data: object) -> str:
    """The error code in an answer, empty where there is none."""
    return str(data.get("code", "")) if isinstance(data, dict) else ""


def is_no_api(answer: HttpAnswer) -> bool:
    """True where no API answered: a redirect, or a page in place of JSON."""
    if 300 <= answer.status < 400:
        return True
    return answer.status in (200, 404) and read_json(answer.body)[0] is MISSING


def is_refusal(answer: HttpAnswer, status: int, code: str) -> bool:
    """True for an answer of this status whose code begins so."""
    return answer.status == status and code_of(read_json(answer.body)[0]).startswith(code)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a remote refuses, and where its redirects lead.

    The first match in `refusals` wins. `walls` are parts of a Location with the key of what it
    means; `stays` is the key of a redirect within the site; from one of the paths `within` on, an
    address is no longer the home's.
    """

    remote: str
    refusals: tuple[Refusal, ...]
    walls: tuple[tuple[str, str], ...] = ()
    stays: str = "wire.redirected"
    within: tuple[str, ...] = ()

    def data_of(self, answer: HttpAnswer, *first: Refusal) -> tuple[Any, str]:
        """What a good answer holds, and the text printed before it. `first` are refusals that
        depend on how this request was sent. Raises RemoteError, ConfigurationError."""
        if 300 <= answer.status < 400:
            raise self._redirected(answer)
        data, before = read_json(answer.body)
        if answer.status >= 300:
            raise self._refused(answer, data, first)
        if data is MISSING:
            raise self._unreadable(answer, before)
        return data, before

    def _redirected(self, answer: HttpAnswer) -> ConfigurationError:
        location, exchange = answer.headers.get("location", ""), answer.exchange()
        home = moved_home(answer, self.within)
        for part, key in self.walls:
            if part in location:
                return ConfigurationError(key, exchange=exchange)
        if not home:
            return ConfigurationError(self.stays, exchange=exchange)
        return ConfigurationError(f"{self.remote}.moved", params={"url": home}, exchange=exchange)

    def _refused(self, answer: HttpAnswer, data: Any, first: Iterable[Refusal]) -> ColisyncError:
        """By the table, else by status: messages are in the shop's language, so that only status
        and code are matched."""
        code, exchange = code_of(data), answer.exchange()
        if answer.status == 429:
            wait = retry_after(answer)
            return RateLimited(f"{self.remote}.rate_limited", retry_after=wait, exchange=exchange)
        for line in (*first, *self.refusals):
            if answer.status == line.status and re.match(line.code, code):
                return line.error(line.key, exchange=exchange)
        if answer.status >= 500:
            guilty = _PLUGIN.search(answer.body.decode("utf-8", "replace"))
            params = {"status": answer.status, "plugin": guilty[1] if guilty else "?"}
            return RemoteUnavailable(
                f"{self.remote}.server_error", params=params, exchange=exchange
            )
        said = str(data.get("message", "")) if isinstance(data, dict) else ""
        text = plain(answer.masked(said))
        code = code or str(answer.status)
        return Rejected(f"{self.remote}.rejected", code=code, text=text, exchange=exchange)

    def _unreadable(self, answer: HttpAnswer, text: str) -> UnreadableAnswer:
        """A page in place of the data, half of it, or words."""
        if answer.status == 200 and text[:1] == "<" and "<html" in text[:1000].lower():
            key = f"{self.remote}.page_instead"
        elif text.startswith(("[", "{")):
            key = f"{self.remote}.broken_json"
        else:
            key = f"{self.remote}.text_instead"
        words = plain(answer.masked(text))
        return UnreadableAnswer(key, params={"text": words}, exchange=answer.exchange())


@dataclass(slots=True)
class Reply:
    """What a remote said. `total` is the length of the whole list, None outside lists; `date` is
    the remote's own clock, `skew` how far it is ahead of ours."""

    data: Any
    total: int | None
    date: datetime
    skew: timedelta = timedelta(0)

    @classmethod
    def of(cls, answer: HttpAnswer, now: datetime, *, count: str) -> "Reply":
        """The reply without its data. `count` is the header that tells the total; a clock that is
        not told is ours."""
        try:
            date = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            date = now
        total = answer.headers.get(count, "")
        return cls(None, int(total) if total.isdecimal() else None, date, date - now)
