"""An answer that drips for ever ends at the deadline, wherever it drips, with TLS or without."""

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colisync.errors import ConfigurationError, OutcomeUnknown, Unreachable
from colisync.testing.raw_peer import Line, RawPeer, Script, Tls, always, answer, make_tls
from colisync.wire.http import RemoteSession

DEADLINE = 0.6
LATE = 1.5


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def peer(request: pytest.FixtureRequest, tls: Tls) -> Iterator[Callable[[Script], RawPeer]]:
    opened: list[RawPeer] = []

    def start(script: Script) -> RawPeer:
        secured: ssl.SSLContext | None = tls.context if request.param else None
        opened.append(RawPeer(script, tls=secured).__enter__())
        return opened[-1]

    yield start
    for one in opened:
        one.__exit__(None, None, None)


def dripping(before: bytes, drops: bytes) -> Script:
    def script(line: Line) -> None:
        line.read()
        line.send(before)
        line.drip(drops, 0.05)

    return script


DRIPS = {
    "status line": dripping(b"", b"HTTP/1.1 200 " + b"O" * 500),
    "headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"y" * 500),
    "body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"z" * 500),
    "body without length": dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 500),
    "chunks": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n" * 90
    ),
    "trailers": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 90
    ),
    "100 Continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 30),
}


@pytest.mark.parametrize("peer", [False, True], ids=["plain", "tls"], indirect=True)
@pytest.mark.parametrize("drip", DRIPS)
def test_a_drip_ends_at_the_deadline(
    drip: str, peer: Callable[[Script], RawPeer], tls: Tls
) -> None:
    remote = peer(DRIPS[drip])
    session = RemoteSession(
        remote.url, local=True, ca_file=tls.ca_file, read_timeout=30.0, deadline=DEADLINE
    )
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        session.request("POST", "/label", body=b"{}")
    assert DEADLINE - 0.05 < time.monotonic() - started < LATE
    assert caught.value.key == "wire.unknown_timeout"
    assert len(remote.requests) == 1
    session.close()


@pytest.mark.parametrize("peer", [False, True], ids=["plain", "tls"], indirect=True)
def test_silence_ends_at_the_read_time_out(peer: Callable[[Script], RawPeer], tls: Tls) -> None:
    def silent(line: Line) -> None:
        line.read()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello")
        line.read()

    session = RemoteSession(
        peer(silent).url, local=True, ca_file=tls.ca_file, read_timeout=0.3, deadline=30.0
    )
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        session.request("POST", "/label", body=b"{}")
    assert time.monotonic() - started < 1.2
    session.close()


def test_the_last_wait_is_only_what_is_left_of_the_deadline() -> None:
    def late(line: Line) -> None:
        line.read()
        time.sleep(0.5)
        line.send(b"HTTP/1.1 200 OK\r\n")
        line.read()

    with RawPeer(late) as remote:
        session = RemoteSession(remote.url, local=True, read_timeout=30.0, deadline=0.7)
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            session.request("POST", "/", body=b"")
        assert time.monotonic() - started < 1.1
        session.close()


def test_a_slow_answer_within_the_deadline_is_whole(tls: Tls) -> None:
    body = b"0123456789"
    with RawPeer(dripping(answer(body)[:-10], body), tls=tls.context) as remote:
        session = RemoteSession(remote.url, local=True, ca_file=tls.ca_file, read_timeout=0.4)
        assert session.request("POST", "/", body=b"").body == body
        session.close()


def test_a_handshake_that_never_ends_sent_nothing() -> None:
    def mute(line: Line) -> None:
        while line.sock.recv(65536):
            pass

    with RawPeer(mute) as remote:
        session = RemoteSession(
            remote.url.replace("http:", "https:"), local=True, connect_timeout=0.3
        )
        started = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            session.request("POST", "/", body=b"")
        assert time.monotonic() - started < 1.2
        assert caught.value.key == "wire.tls"
        session.close()


def test_an_unknown_authority_is_refused_and_ours_is_taken(tls: Tls) -> None:
    with RawPeer(always(answer(b"ok")), tls=tls.context) as remote:
        stranger = RemoteSession(remote.url, local=True)
        with pytest.raises(Unreachable) as caught:
            stranger.request("GET", "/", repeatable=True)
        assert caught.value.key == "wire.tls"
        assert "certificate" in str(caught.value.params["detail"])
        assert remote.connections == 1
        assert remote.requests == []
        known = RemoteSession(remote.url, local=True, ca_file=tls.ca_file)
        assert known.request("POST", "/", body=b"").body == b"ok"
        assert known.request("POST", "/", body=b"").body == b"ok"
        assert remote.connections == 2
        for session in (stranger, known):
            session.close()


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    other = make_tls(tmp_path, host="other.example")
    with RawPeer(always(answer(b"ok")), tls=other.context) as remote:
        session = RemoteSession(remote.url, local=True, ca_file=other.ca_file)
        with pytest.raises(Unreachable) as caught:
            session.request("POST", "/", body=b"")
        assert caught.value.key == "wire.tls"
        assert remote.requests == []
        session.close()


def test_an_authority_that_cannot_be_read_is_a_setting_to_correct(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "absent.pem"):
        with pytest.raises(ConfigurationError) as caught:
            RemoteSession("https://shop.example", ca_file=str(tmp_path / name))
        assert caught.value.key == "wire.ca_file"
