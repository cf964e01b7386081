"""From an answer of the shop, or of what stands before it, to data or to one of our errors."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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
_PLUGIN = re.compile(r"/(?:mu-plugins|plugins|themes)\\?/([\w-]+)")
_TAGS = re.compile(r"<[^>]*>")
_UNSEEN = "woocommerce_rest_cannot"
_CLOCK_LIMIT, _DAY = 14 * 60, 86_400
# Their messages are translated into the shop's language: only status and code are matched.
_REFUSALS: tuple[
    tuple[int, str, type[AuthenticationFailed | NotFound | RemoteUnavailable], str], ...
] = (
    (401, _UNSEEN, AuthenticationFailed, "woocommerce.key_unseen"),
    (401, "", AuthenticationFailed, "woocommerce.rest_closed"),
    (403, _UNSEEN, AuthenticationFailed, "woocommerce.role_missing"),
    (403, "", RemoteUnavailable, "woocommerce.firewall"),
    (406, "", RemoteUnavailable, "woocommerce.firewall"),
    (404, "rest_no_route", NotFound, "woocommerce.no_route"),
    (404, "", NotFound, "woocommerce.not_found"),
    (410, "", NotFound, "woocommerce.not_found"),
    (400, "woocommerce_rest_shop_order_invalid_id", NotFound, "woocommerce.not_found"),
    (503, "wp_die", RemoteUnavailable, "woocommerce.maintenance"),
)


@dataclass(frozen=True, slots=True)
class Sender:
    """How the request was sent: what tells one 401 from another. `skew`: seconds, modulo a day."""

    method: str
    signed: bool
    proven: bool
    skew: int


def parse(body: bytes) -> tuple[Any, str]:
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


def data_of(answer: HttpAnswer, sender: Sender) -> tuple[Any, str]:
    """What a good answer holds, and the text printed before it.

    Raises the error that tells the merchant what to do.
    """
    if 300 <= answer.status < 400:
        raise _redirected(answer)
    data, before = parse(answer.body)
    if answer.status >= 300:
        raise _refused(answer, data if isinstance(data, dict) else {}, sender)
    if data is MISSING:
        raise _unreadable(answer, before)
    return data, before


def is_no_api(answer: HttpAnswer) -> bool:
    """True where no REST API answered: a redirect, or a page in place of JSON."""
    if 300 <= answer.status < 400:
        return True
    return answer.status in (200, 404) and parse(answer.body)[0] is MISSING


def is_unseen_key(answer: HttpAnswer) -> bool:
    """True for the 401 of a shop that saw no key at all."""
    return answer.status == 401 and code_of(parse(answer.body)[0]).startswith(_UNSEEN)


def code_of(data: object) -> str:
    """The error code in an answer or in an item of a batch, empty where there is none."""
    return str(data.get("code", "")) if isinstance(data, dict) else ""


def plain(text: object, limit: int = 200) -> str:
    """The words of an HTML text."""
    return " ".join(_TAGS.sub(" ", str(text)).split())[:limit]


def _redirected(answer: HttpAnswer) -> ColisyncError:
    location = answer.headers.get("location", "")
    asked, told = urlsplit(answer.url), urlsplit(location)
    if "wp-login" in location:
        return ConfigurationError("woocommerce.login_wall", exchange=answer.exchange())
    if told.netloc in ("", asked.netloc) and told.scheme in ("", asked.scheme):
        return ConfigurationError("woocommerce.plain_permalinks", exchange=answer.exchange())
    path = told.path.partition("/wp-json")[0].partition("/index.php")[0].rstrip("/")
    right = f"{told.scheme or asked.scheme}://{told.netloc}{path}"
    return ConfigurationError(
        "woocommerce.moved", params={"url": right}, exchange=answer.exchange()
    )


def _unreadable(answer: HttpAnswer, text: str) -> ColisyncError:
    if answer.status == 200 and text[:1] == "<" and "<html" in text[:1000].lower():
        key = "woocommerce.page_instead"
    else:
        key = (
            "woocommerce.broken_json" if text.startswith(("[", "{")) else "woocommerce.text_instead"
        )
    return UnreadableAnswer(key, params={"text": plain(text)}, exchange=answer.exchange())


def _refused(answer: HttpAnswer, data: dict[str, Any], sender: Sender) -> ColisyncError:
    code, exchange = code_of(data), answer.exchange()
    if answer.status == 429:
        wait = retry_after(answer)
        return RateLimited("woocommerce.rate_limited", retry_after=wait, exchange=exchange)
    if answer.status == 404 and not code:
        return ConfigurationError("woocommerce.no_api", exchange=exchange)
    if answer.status == 401 and code.startswith("woocommerce_rest_authentication"):
        return AuthenticationFailed(_bad_key(sender), exchange=exchange)
    for status, start, kind, key in _REFUSALS:
        if answer.status == status and code.startswith(start):
            return kind(key, exchange=exchange)
    if answer.status >= 500:
        guilty = _PLUGIN.search(answer.body.decode("utf-8", "replace"))
        params = {"status": answer.status, "plugin": guilty[1] if guilty else "?"}
        return RemoteUnavailable("woocommerce.server_error", params=params, exchange=exchange)
    text = plain(data.get("message", ""))
    return Rejected(
        "woocommerce.rejected", code=code or str(answer.status), text=text, exchange=exchange
    )


def _bad_key(sender: Sender) -> str:
    """Which of the refusals that share one code this is."""
    if sender.method != "GET" and sender.proven:
        return "woocommerce.key_read_only"
    if not sender.signed:
        return "woocommerce.secret_wrong"
    if _CLOCK_LIMIT < sender.skew < _DAY - _CLOCK_LIMIT:
        return "woocommerce.clock_off"
    return "woocommerce.signature_refused"
