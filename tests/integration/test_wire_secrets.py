"""Whatever a remote answers, the session has a word for it, and never says a secret."""

import contextlib
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colisync.errors import Exchange, OutcomeUnknown, UnreadableAnswer
from colisync.ports.http import HttpAnswer
from colisync.testing.raw_peer import Line, RawPeer, always, answer
from colisync.wire.http import RemoteSession

SECRET = "ck_é/+ 9f8e7d6c5b4a"
HEADS = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
        b"HTTP/1.1 204 None\r\nContent-Length: x\r\n\r\n",
        b"HTTP/9.9 999 \xff\r\n",
    ]
)


class Fickle:
    """A peer whose next answer is set by the test."""

    def __init__(self) -> None:
        self.next = b""

    def __call__(self, line: Line) -> None:
        line.read()
        line.send(self.next)


@pytest.fixture(scope="module")
def fickle() -> Iterator[tuple[Fickle, RawPeer, RemoteSession]]:
    script = Fickle()
    with RawPeer(script) as peer:
        session = RemoteSession(peer.url, local=True, read_timeout=2.0, deadline=3.0)
        yield script, peer, session
        session.close()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(head=HEADS, rest=st.binary(max_size=60) | st.text("0123456789abcdef\r\n:; ").map(str.encode))
def test_any_bytes_are_an_answer_or_an_error_of_ours(
    fickle: tuple[Fickle, RawPeer, RemoteSession], head: bytes, rest: bytes
) -> None:
    script, peer, session = fickle
    script.next = head + rest
    sent = len(peer.requests)
    with contextlib.suppress(OutcomeUnknown, UnreadableAnswer):
        got = session.request("POST", "/label", body=b"{}")
        assert isinstance(got, HttpAnswer)
    assert len(peer.requests) <= sent + 1


def ask(session: RemoteSession, **options: Any) -> HttpAnswer:
    return session.request(
        "POST",
        "/orders",
        params={"consumer_secret": SECRET, "search": SECRET},
        headers={"apiKey": "ck_9f8e7d6c5b4a"},
        body=f'{{"note": "{SECRET}"}}'.encode(),
        **options,
    )


def test_failures_are_kept_and_told_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[Exchange] = []
    echo = f"<p>{SECRET} ck_9f8e7d6c5b4a</p>".encode()
    with RawPeer(always(answer(echo, "400 Bad", "X-Echo: ck_9f8e7d6c5b4a"))) as peer:
        session = RemoteSession(peer.url, local=True, on_failure=told.append, secrets=[SECRET])
        got = ask(session)
        session.close()
    assert list(session.exchanges) == told == [got.exchange()]
    (kept,) = told
    assert (kept.method, kept.status, kept.answer_body) == ("POST", 400, "<p>*** ***</p>")
    assert kept.url.endswith("/orders?consumer_secret=***&search=***")
    assert kept.request_headers["apiKey"] == "***"
    assert kept.request_body == '{"note": "***"}'
    assert kept.elapsed_ms >= 0
    assert "9f8e7d6c5b4a" not in got.url
    assert "9f8e7d6c5b4a" not in caplog.text


def test_success_is_not_kept() -> None:
    with RawPeer(always(answer(b"fine"))) as peer:
        session = RemoteSession(peer.url, local=True)
        assert ask(session).exchange().status == 200
        session.close()
    assert list(session.exchanges) == []


@pytest.mark.parametrize("broken", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nodd\r\n\r\nx", b""])
def test_an_error_shows_no_secret_in_any_way(
    broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script = Fickle()
    script.next = broken
    with RawPeer(script) as peer:
        session = RemoteSession(peer.url, local=True, secrets=[SECRET])
        with pytest.raises(OutcomeUnknown) as caught:
            ask(session)
        session.close()
    shown = "".join(traceback.format_exception(caught.value))
    shown += repr(caught.value) + str(caught.value) + repr(caught.value.exchange)
    assert "9f8e7d6c5b4a" not in shown + caplog.text
    assert caught.value.exchange is not None
    assert caught.value.exchange.status == (200 if broken else None)


def test_only_the_last_fifty_failures_are_kept() -> None:
    with RawPeer(always(answer(b"", "404 No"))) as peer:
        session = RemoteSession(peer.url, local=True)
        for number in range(60):
            session.request("GET", f"/{number}")
        session.close()
    assert len(session.exchanges) == 50
    assert session.exchanges[-1].url.endswith("/59")
