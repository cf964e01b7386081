"""From an answer's status to our errors: the one table."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    NotFound,
    RateLimited,
    Rejected,
    RemoteUnavailable,
    Scalar,
)
from colisync.ports.http import HttpAnswer

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_TEXT = 200


def judge(answer: HttpAnswer, *, remote: str) -> None:
    """Returns where the status is 2xx. `remote` is the name that a person knows it by.

    Raises:
        ConfigurationError: it sends us elsewhere.
        AuthenticationFailed, NotFound, RateLimited, RemoteUnavailable, Rejected: by status.
    """
    if not 200 <= answer.status < 300:
        raise error_of(answer, remote=remote)


def error_of(answer: HttpAnswer, *, remote: str) -> ColisyncError:
    """The error that the status of a refused answer stands for, with its exchange."""
    status = answer.status
    params: dict[str, Scalar] = {"remote": remote, "status": status}
    exchange = answer.exchange()
    if status < 400:
        params["location"] = exchange.answer_headers.get("location", "")
        return ConfigurationError("wire.redirected", params=params, exchange=exchange)
    if status in (401, 403):
        return AuthenticationFailed("wire.refused_credentials", params=params, exchange=exchange)
    if status in (404, 410):
        return NotFound("wire.not_found", params=params, exchange=exchange)
    if status in (408, 425, 429):
        wait = retry_after(answer)
        return RateLimited("wire.rate_limited", retry_after=wait, params=params, exchange=exchange)
    if status >= 500:
        return RemoteUnavailable("wire.unavailable", params=params, exchange=exchange)
    return Rejected(
        "wire.rejected",
        code=str(status),
        text=_plain(exchange.answer_body),
        params=params,
        exchange=exchange,
    )


def retry_after(answer: HttpAnswer, now: datetime | None = None) -> float | None:
    """Seconds that the answer asks to wait, None where it does not say or says nonsense.

    A date is counted from the answer's own `Date`, so that our clock does not matter; from `now`
    where it has none.
    """
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _date(text)
    if until is None:
        return None
    since = _date(answer.headers.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _plain(body: str) -> str:
    """The first words of a body, markup and white space taken out."""
    if "<" in body:
        body = re.sub(r"(?is)<(script|style)\b.*?(?:</\1>|$)", " ", body)
        body = re.sub(r"<[^>]*>", " ", body)
    return " ".join(body.split())[:_TEXT]
