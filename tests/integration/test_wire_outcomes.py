"""What a failed request means: nothing sent, sent without an answer, or worth another try."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from colisync.errors import (
    ConfigurationError,
    OutcomeUnknown,
    RemoteError,
    Unreachable,
    UnreadableAnswer,
)
from colisync.ports.http import HttpSession
from colisync.testing.raw_peer import Line, RawPeer, Script, always, answer
from colisync.wire import connection
from colisync.wire.http import RemoteSession

OpenSession = Callable[..., RemoteSession]


class JumpingClock:
    """Sleeps by noting it."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 2, 8, 0, 0, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def open_session() -> Iterator[OpenSession]:
    opened: list[RemoteSession] = []

    def make(url: str, **options: object) -> RemoteSession:
        options = {"local": True, "read_timeout": 1.0, "deadline": 5.0, **options}
        opened.append(RemoteSession(url, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for session in opened:
        session.close()


def reset(line: Line) -> None:
    line.read()
    line.reset()


def hang_up(line: Line) -> None:
    line.read()


def truncated(line: Line) -> None:
    line.read()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def broken_chunk(line: Line) -> None:
    line.read()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")


def unended_chunks(line: Line) -> None:
    line.read()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


def half_headers(line: Line) -> None:
    line.read()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")


def half_gzip(line: Line) -> None:
    line.read()
    packed = gzip.compress(b"label" * 1000)[:-12]
    line.send(answer(packed, "200 OK", "Content-Encoding: gzip"))


def silent(line: Line) -> None:
    line.read()
    line.read()


def not_http(line: Line) -> None:
    line.read()
    line.send(b"220 mail.example ESMTP\r\n")


def two_lengths(line: Line) -> None:
    line.read()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")


def unread(line: Line) -> None:
    time.sleep(1.5)


def test_what_came_of_a_broken_answer_is_kept(open_session: OpenSession) -> None:
    def cut(line: Line) -> None:
        line.read()
        line.send(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"parcelNumber": "6A1"')

    with RawPeer(cut) as peer, pytest.raises(OutcomeUnknown) as caught:
        open_session(peer.url).request("POST", "/label", body=b"{}")
    assert caught.value.exchange is not None
    assert caught.value.exchange.status == 200
    assert caught.value.exchange.answer_body == '{"parcelNumber": "6A1"'


LOST: list[Script] = [
    reset,
    hang_up,
    truncated,
    broken_chunk,
    unended_chunks,
    half_headers,
    half_gzip,
    silent,
    not_http,
    two_lengths,
]


@pytest.mark.parametrize("script", LOST)
def test_a_purchase_without_a_whole_answer_is_an_unknown_outcome_and_never_repeated(
    script: Script, open_session: OpenSession
) -> None:
    with RawPeer(script) as peer:
        session = open_session(peer.url, read_timeout=0.4)
        with pytest.raises(OutcomeUnknown) as caught:
            session.request("POST", "/label", body=b"{}")
        time.sleep(0.05)
        assert len(peer.requests) == 1
    assert caught.value.key == (
        "wire.unknown_timeout" if script is silent else "wire.unknown_broken"
    )
    assert caught.value.exchange is not None
    assert session.exchanges[-1] == caught.value.exchange


@pytest.mark.parametrize("script", LOST)
def test_a_repeatable_request_is_tried_again_after_a_broken_answer(
    script: Script, open_session: OpenSession
) -> None:
    def once(line: Line) -> None:
        (script if line.index == 0 else always(answer(b"order")))(line)

    with RawPeer(once) as peer:
        session = open_session(peer.url, read_timeout=0.4)
        assert session.request("GET", "/order", repeatable=True).body == b"order"
        assert len(peer.requests) == 2


@pytest.mark.parametrize(
    "status", ["429 Slow", "500 Oh", "502 Bad", "503 Out", "504 Late", "302 Found", "401 No"]
)
def test_a_purchase_is_sent_once_whatever_the_status(
    status: str, open_session: OpenSession
) -> None:
    with RawPeer(always(answer(b"no", status, "Retry-After: 0"))) as peer:
        got = open_session(peer.url).request("POST", "/label", body=b"{}")
        assert got.status == int(status[:3])
        assert got.body == b"no"
        assert len(peer.requests) == 1


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_refused_connection_sent_nothing(repeatable: bool, open_session: OpenSession) -> None:
    clock = JumpingClock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    session = open_session(f"http://127.0.0.1:{port}", clock=clock)
    with pytest.raises(Unreachable) as caught:
        session.request("POST", "/label", body=b"{}", repeatable=repeatable)
    assert caught.value.key == "wire.no_connection"
    assert caught.value.exchange is not None
    assert caught.value.exchange.status is None
    assert len(clock.slept) == (3 if repeatable else 0)


def test_an_unknown_name_is_told_at_once(
    open_session: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    clock = JumpingClock()
    session = open_session("http://nowhere.example", clock=clock)
    with pytest.raises(Unreachable) as caught:
        session.request("GET", "/", repeatable=True)
    assert caught.value.key == "wire.unknown_host"
    assert caught.value.params["detail"] == "Name or service not known"
    assert clock.slept == []


def test_a_resolver_that_hangs_ends_at_the_deadline(
    open_session: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(5) and [])
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        open_session("http://slow.example", deadline=0.3).request("POST", "/", body=b"")
    released.set()
    assert caught.value.key == "wire.unknown_host"
    assert time.monotonic() - started < 1.5


def test_a_body_that_nobody_reads_ends_at_the_deadline(open_session: OpenSession) -> None:
    with RawPeer(unread) as peer:
        session = open_session(peer.url, read_timeout=30.0, deadline=0.5)
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            session.request("POST", "/", body=b"x" * 2**25)
        assert time.monotonic() - started < 1.5


def test_a_kept_connection_that_the_peer_closed_loses_nothing(open_session: OpenSession) -> None:
    def one_answer_each(line: Line) -> None:
        line.read()
        line.send(answer(b"made"))

    with RawPeer(one_answer_each) as peer:
        session = open_session(peer.url)
        for _ in range(5):
            assert session.request("POST", "/label", body=b"{}").body == b"made"
            time.sleep(0.05)
        assert len(peer.requests) == peer.connections == 5


def test_a_kept_connection_is_used_again(open_session: OpenSession) -> None:
    with RawPeer(always(answer(b"ok"))) as peer:
        session = open_session(peer.url)
        for _ in range(5):
            session.request("POST", "/label", body=b"{}")
        assert peer.connections == 1


def test_a_connection_that_idled_long_is_not_used_again(
    open_session: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A firewall forgets an idle connection without telling: the second request would be lost.
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.05)

    def forgotten(line: Line) -> None:
        line.read()
        line.send(answer(b"made"))
        line.read()
        line.read()

    with RawPeer(forgotten) as peer:
        session = open_session(peer.url)
        session.request("POST", "/label", body=b"{}")
        time.sleep(0.1)
        assert session.request("POST", "/label", body=b"{}").body == b"made"
        assert peer.connections == 2


def test_a_stale_connection_costs_a_repeatable_request_no_pause(
    open_session: OpenSession,
) -> None:
    def closes_under_the_second(line: Line) -> None:
        line.read()
        line.send(answer(b"ok"))
        line.read()
        line.reset()

    clock = JumpingClock()
    with RawPeer(closes_under_the_second) as peer:
        session = open_session(peer.url, clock=clock)
        session.request("GET", "/", repeatable=True)
        assert session.request("GET", "/", repeatable=True).body == b"ok"
        assert len(peer.requests) == 3
    assert clock.slept == [0.0]


@pytest.mark.parametrize("status", ["429 Slow", "502 Bad", "503 Out", "504 Late"])
def test_a_repeatable_request_waits_and_tries_again(status: str, open_session: OpenSession) -> None:
    clock = JumpingClock()
    ill = answer(b"", status)
    with RawPeer(always(ill, ill, answer(b"well"))) as peer:
        session = open_session(peer.url, clock=clock, deadline=30.0)
        assert session.request("GET", "/", repeatable=True).body == b"well"
    assert len(clock.slept) == 2
    assert 0.25 <= clock.slept[0] <= 0.5 <= clock.slept[1] <= 1.0


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "404 Gone", "500 Oh", "501 What"])
def test_other_statuses_are_not_tried_again(status: str, open_session: OpenSession) -> None:
    with RawPeer(always(answer(b"", status))) as peer:
        open_session(peer.url).request("GET", "/", repeatable=True)
        assert len(peer.requests) == 1


def test_retry_after_is_honoured(open_session: OpenSession) -> None:
    clock = JumpingClock()
    in_7 = format_datetime(clock.now() + timedelta(seconds=7), usegmt=True)
    with RawPeer(
        always(
            answer(b"", "429 Slow", "Retry-After: 3"),
            answer(b"", "503 Out", f"Retry-After: {in_7}"),
            answer(b"well"),
        )
    ) as peer:
        session = open_session(peer.url, clock=clock, deadline=30.0)
        assert session.request("GET", "/", repeatable=True).body == b"well"
    assert clock.slept == [3.0, 7.0]


def test_a_wait_beyond_the_deadline_gives_the_answer_at_once(open_session: OpenSession) -> None:
    clock = JumpingClock()
    with RawPeer(always(answer(b"later", "429 Slow", "Retry-After: 600"))) as peer:
        got = open_session(peer.url, clock=clock).request("GET", "/", repeatable=True)
        assert (got.status, got.body) == (429, b"later")
        assert len(peer.requests) == 1
    assert clock.slept == []


def test_an_illness_that_lasts_ends_with_the_last_answer(open_session: OpenSession) -> None:
    clock = JumpingClock()
    with RawPeer(always(answer(b"ill", "503 Out"))) as peer:
        session = open_session(peer.url, clock=clock, deadline=20.0)
        assert session.request("GET", "/", repeatable=True).status == 503
        assert len(peer.requests) == len(clock.slept) + 1
    assert 10.0 < sum(clock.slept) < 20.0


def test_a_request_waits_for_a_slot_and_not_for_ever(open_session: OpenSession) -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def counted(line: Line) -> None:
        nonlocal inside, most
        while line.read():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with lock:
                inside -= 1
            line.send(answer(b"ok"))

    with RawPeer(counted) as peer:
        session = open_session(peer.url, concurrency=2)
        threads = [
            threading.Thread(target=session.request, args=("POST", "/"), kwargs={"body": b""})
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(peer.requests), most) == (8, 2)
        assert peer.connections == 2


def test_no_slot_in_time_sent_nothing(open_session: OpenSession) -> None:
    with RawPeer(silent) as peer:
        session = open_session(peer.url, concurrency=1)

        def hold() -> None:
            with pytest.raises(RemoteError):
                session.request("POST", "/", body=b"")

        busy = threading.Thread(target=hold)
        busy.start()
        time.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            session.request("POST", "/", body=b"", deadline=0.2)
        assert time.monotonic() - started < 0.6
        busy.join()
        assert caught.value.key == "wire.too_busy"
        assert len(peer.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_above_the_cap_is_refused_unread(method: str, open_session: OpenSession) -> None:
    def endless(line: Line) -> None:
        line.read()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            line.send(b"x" * 65536)

    with RawPeer(endless) as peer:
        session = open_session(peer.url, max_bytes=10_000)
        with pytest.raises(UnreadableAnswer) as caught:
            session.request(method, "/", repeatable=method == "GET")
        assert len(peer.requests) == 1
    assert caught.value.key == "wire.too_large"


def test_chunks_without_end_are_refused(open_session: OpenSession) -> None:
    def endless(line: Line) -> None:
        line.read()
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            line.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    with RawPeer(endless) as peer, pytest.raises(UnreadableAnswer):
        open_session(peer.url, max_bytes=200_000).request("GET", "/", repeatable=True)


def test_a_compression_bomb_is_refused(open_session: OpenSession) -> None:
    bomb = gzip.compress(bytes(2**26))
    assert len(bomb) < 100_000
    with RawPeer(always(answer(bomb, "200 OK", "Content-Encoding: gzip"))) as peer:
        session = open_session(peer.url, max_bytes=2**20)
        with pytest.raises(UnreadableAnswer) as caught:
            session.request("GET", "/", repeatable=True)
    assert caught.value.key == "wire.too_large"


def test_gzip_is_asked_for_and_read(open_session: OpenSession) -> None:
    packed = gzip.compress(b"order" * 50_000)
    with RawPeer(always(answer(packed, "200 OK", "Content-Encoding: gzip"))) as peer:
        assert open_session(peer.url).request("GET", "/").body == b"order" * 50_000
        assert b"Accept-Encoding: gzip\r\n" in peer.requests[0]


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_an_encoding_that_does_not_hold_is_said(encoding: str, open_session: OpenSession) -> None:
    page = answer(b"<b>Notice</b>", "200 OK", f"Content-Encoding: {encoding}")
    with RawPeer(always(page)) as peer, pytest.raises(UnreadableAnswer) as caught:
        open_session(peer.url).request("GET", "/", repeatable=True)
    assert caught.value.key == "wire.bad_encoding"
    assert caught.value.params["encoding"] == encoding


def test_a_session_is_an_http_session_and_gives_whole_answers(open_session: OpenSession) -> None:
    whole = answer(b"\xef\xbb\xbf{}", "201 Made", "X-WP-Total: 3", "Set-Cookie: a=b")
    with RawPeer(always(whole)) as peer:
        session: HttpSession = open_session(peer.url + "/sub/")
        got = session.request(
            "POST",
            "wp-json/orders",
            headers={"accept": "application/json"},
            params={"status": "a b/é"},
            body=b"{}",
        )
        session.request("HEAD", peer.url + "/sub/x?y=1")
        first, second = peer.requests
    assert (got.status, got.body) == (201, b"\xef\xbb\xbf{}")
    assert got.headers["x-wp-total"] == "3"
    head, _, body = first.decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "POST /sub/wp-json/orders?status=a%20b%2F%C3%A9 HTTP/1.1"
    assert [line for line in lines if line.lower().startswith("accept:")] == [
        "accept: application/json"
    ]
    assert f"Host: 127.0.0.1:{peer.port}" in lines
    assert any(line.startswith("User-Agent: Colisync/") for line in lines)
    assert body == "{}"
    assert second.startswith(b"HEAD /sub/x?y=1 ")
    assert b"cookie" not in second.lower()


@pytest.mark.parametrize("value", ["key\n", "clé", "a\r\nX-Other: b", "a\0b"])
def test_a_header_that_cannot_be_sent_is_a_setting_to_correct(
    value: str, open_session: OpenSession
) -> None:
    with RawPeer(always(answer())) as peer:
        with pytest.raises(ConfigurationError) as caught:
            open_session(peer.url).request("GET", "/", headers={"apiKey": value})
        assert peer.connections == 0
    assert caught.value.params == {"name": "apiKey"}


def test_a_closed_session_sends_nothing(open_session: OpenSession) -> None:
    with RawPeer(always(answer())) as peer:
        session = open_session(peer.url)
        session.close()
        with pytest.raises(Unreachable):
            session.request("POST", "/", body=b"")
        assert peer.connections == 0
