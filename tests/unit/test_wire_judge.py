"""From status to error."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    NotFound,
    RateLimited,
    Rejected,
    RemoteUnavailable,
)
from colisync.ports.http import HttpAnswer
from colisync.wire.judge import error_of, judge, retry_after
from colisync.wire.redact import Call, Recorder, Redactor

NOW = datetime(2026, 11, 2, 8, 0, 0, tzinfo=UTC)


def made(status: int, body: bytes = b"", **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    call = Call("GET", "https://shop.example/x", {}, None, NOW, 0.0, Redactor())
    return HttpAnswer(status, named, body, call.url, Recorder(call, 5))


@pytest.mark.parametrize("status", [200, 201, 204, 207])
def test_success_passes(status: int) -> None:
    judge(made(status), remote="Boutique")


@pytest.mark.parametrize(
    ("status", "kind", "key"),
    [
        (301, ConfigurationError, "wire.redirected"),
        (308, ConfigurationError, "wire.redirected"),
        (304, ConfigurationError, "wire.redirected"),
        (400, Rejected, "wire.rejected"),
        (401, AuthenticationFailed, "wire.refused_credentials"),
        (403, AuthenticationFailed, "wire.refused_credentials"),
        (404, NotFound, "wire.not_found"),
        (405, Rejected, "wire.rejected"),
        (408, RateLimited, "wire.rate_limited"),
        (410, NotFound, "wire.not_found"),
        (422, Rejected, "wire.rejected"),
        (425, RateLimited, "wire.rate_limited"),
        (429, RateLimited, "wire.rate_limited"),
        (500, RemoteUnavailable, "wire.unavailable"),
        (503, RemoteUnavailable, "wire.unavailable"),
        (599, RemoteUnavailable, "wire.unavailable"),
    ],
)
def test_every_other_status_has_its_error(status: int, kind: type[ColisyncError], key: str) -> None:
    with pytest.raises(ColisyncError) as caught:
        judge(made(status), remote="Boutique")
    assert type(caught.value) is kind
    assert caught.value.key == key
    assert caught.value.params["remote"] == "Boutique"
    assert caught.value.params["status"] == status
    assert caught.value.exchange is not None
    assert caught.value.exchange.status == status


def test_a_refusal_is_told_in_its_own_words_without_markup() -> None:
    page = "<html><style>p{x}</style><p>Poids\n  invalide</p><script>if (a<b) x()</script></html>"
    error = error_of(made(400, page.encode()), remote="Boutique")
    assert isinstance(error, Rejected)
    assert (error.code, error.text) == ("400", "Poids invalide")
    long = error_of(made(400, b"word " * 500), remote="Boutique")
    assert isinstance(long, Rejected)
    assert len(long.text) == 200


def test_the_wait_is_kept() -> None:
    error = error_of(made(429, retry_after="17"), remote="Boutique")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 17.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 2.5 ", 2.5),
        ("Mon, 02 Nov 2026 08:00:30 GMT", 30.0),
        ("Mon, 02 Nov 2026 07:00:00 GMT", 0.0),
        ("Monday, 02-Nov-26 08:00:30 GMT", 30.0),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("1e9", None),
        ("soon", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 08:00:30 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(made(429, retry_after=text), NOW) == seconds


@given(st.text(st.sampled_from("0123456789 ,:+-.MonNovGMT"), max_size=40))
def test_retry_after_never_breaks(text: str) -> None:
    seconds = retry_after(made(429, retry_after=text, date=text[::-1]), NOW)
    assert seconds is None or seconds >= 0.0


def test_a_date_counts_from_the_remote_s_own_clock() -> None:
    late = made(
        429, retry_after="Mon, 02 Nov 2026 09:00:30 GMT", date="Mon, 02 Nov 2026 09:00:00 GMT"
    )
    assert retry_after(late, NOW) == 30.0
