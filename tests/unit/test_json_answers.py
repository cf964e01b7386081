"""What hosts give in place of JSON, and what it means."""

import json
from datetime import UTC, datetime, timedelta

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
    UnreadableAnswer,
)
from colisync.ports.http import HttpAnswer
from colisync.testing.replay import Given, ReplayHttp, answer_json
from colisync.wire.json_answers import (
    MISSING,
    Dialect,
    Refusal,
    Reply,
    is_no_api,
    is_refusal,
    plain,
    read_json,
)

DIALECT = Dialect(
    remote="test",
    refusals=(
        Refusal(404, "no_route", NotFound, "test.no_route"),
        Refusal(404, ".", NotFound, "test.not_found"),
        Refusal(404, "", ConfigurationError, "test.no_api"),
    ),
    walls=(("login", "test.login_wall"),),
    stays="test.stays",
    within=("/api",),
)


def answer(given: Given) -> HttpAnswer:
    return ReplayHttp([given]).request("GET", "https://shop.example/api/orders")


REFUSED: list[tuple[Given, type[ColisyncError], str]] = [
    (answer_json({"code": "no_route_here"}, 404), NotFound, "no_route"),
    (answer_json({"code": "other"}, 404), NotFound, "not_found"),
    ((404, {}, b"<html>"), ConfigurationError, "no_api"),
    (answer_json({"code": "x", "message": "<b>Non</b>"}, 400), Rejected, "rejected"),
    ((502, {}, b"<html>"), RemoteUnavailable, "server_error"),
    ((429, {}, b"<html>"), RateLimited, "rate_limited"),
    ((200, {}, b"\xef\xbb\xbf<!DOCTYPE html><html>"), UnreadableAnswer, "page_instead"),
    ((200, {}, b'[{"id": 1}, {"id"'), UnreadableAnswer, "broken_json"),
    ((200, {}, b"ok"), UnreadableAnswer, "text_instead"),
    ((302, {"Location": "/login"}, b""), ConfigurationError, "login_wall"),
    ((302, {"Location": "/elsewhere"}, b""), ConfigurationError, "stays"),
    ((302, {"Location": "https://www.shop.example/a/api/x"}, b""), ConfigurationError, "moved"),
]


@pytest.mark.parametrize(("given_answer", "kind", "key"), REFUSED)
def test_refusals(given_answer: Given, kind: type[ColisyncError], key: str) -> None:
    with pytest.raises(kind) as caught:
        DIALECT.data_of(answer(given_answer))
    assert caught.value.key == f"test.{key}"
    assert caught.value.exchange is not None
    if key == "moved":
        assert caught.value.params == {"url": "https://www.shop.example/a"}
    if key == "rejected":
        assert caught.value.params == {"code": "x", "text": "Non"}


def test_what_depends_on_the_request_comes_first() -> None:
    first = Refusal(404, "no_", AuthenticationFailed, "test.first")
    with pytest.raises(AuthenticationFailed):
        DIALECT.data_of(answer(answer_json({"code": "no_route"}, 404)), first)


def test_the_guilty_part_of_the_shop_is_named() -> None:
    body = {"file": "/var/www/modules/bad-module/x.php"}
    with pytest.raises(RemoteUnavailable) as caught:
        DIALECT.data_of(answer(answer_json(body, 500)))
    assert caught.value.params == {"status": 500, "plugin": "bad-module"}


def test_a_good_answer_with_its_clock_and_total() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    good = answer((200, {"X-Total": "7", "Date": "Mon, 23 Nov 2026 12:00:05 GMT"}, b"[1]"))
    assert DIALECT.data_of(good) == ([1], "")
    reply = Reply.of(good, now, count="x-total")
    assert (reply.total, reply.skew) == (7, timedelta(seconds=5))
    silent = Reply.of(answer((200, {"X-Total": "many"}, b"")), now, count="x-total")
    assert (silent.total, silent.date) == (None, now)


def test_where_no_api_answers() -> None:
    assert is_no_api(answer((301, {}, b"")))
    assert is_no_api(answer((200, {}, b"<html>")))
    assert not is_no_api(answer(answer_json({"code": "x"}, 404)))
    assert is_refusal(answer(answer_json({"code": "cannot_view"}, 401)), 401, "cannot")
    assert not is_refusal(answer((401, {}, b"<html>")), 401, "cannot")


def test_the_words_of_a_page() -> None:
    assert plain("<p>Trop  de <b>requêtes</b></p>") == "Trop de requêtes"
    assert len(plain("x" * 500)) == 200


DATA = [{"id": 1, "note": "<b>[x]</b>\n[y]", "tags": [[1], {"a": []}]}, {"id": 2}]
TEXT = json.dumps(DATA)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        (TEXT, ""), ("\ufeff" + TEXT, ""), ("\r\n\n " + TEXT, ""),
        (TEXT + "<!-- cached --><script>var a=[1];</script>", ""),
        ("<br />\n<b>Warning</b>: Undefined [0] in <b>/x.php</b><br />\n" + TEXT, "<br />"),
        ("Notice: Array\n(\n    [0] => a\n)\n" + TEXT, "Notice"),
        ("<p>{not json}</p>" + TEXT + "\n<!-- x -->", "<p>"),
    ],
)  # fmt: skip
def test_data_is_found_whatever_is_printed_around_it(body: str, before: str) -> None:
    data, printed = read_json(body.encode())
    assert data == DATA
    assert printed.startswith(before)


@given(st.integers(min_value=1, max_value=len(TEXT) - 1), st.sampled_from(["", "<br />\nNotice\n"]))
def test_half_an_answer_is_none(length: int, before: str) -> None:
    assert read_json((before + TEXT[:length]).encode())[0] is MISSING


def test_deep_nesting_is_no_crash() -> None:
    assert read_json(b"[" * 100_000)[0] is MISSING
