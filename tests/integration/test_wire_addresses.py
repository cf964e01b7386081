"""Where requests may go: no private address unless asked for, no redirection, no other host."""

import socket
from typing import Any

import pytest

from colisync.errors import ConfigurationError, Unreachable
from colisync.testing.raw_peer import Line, RawPeer, Tls, always, answer, make_tls
from colisync.wire.http import RemoteSession
from colisync.wire.judge import judge

PUBLIC = "93.184.215.14"


def resolves_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names resolve to each of `answers` in turn; the names asked for come back."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        families = [socket.AF_INET6 if ":" in ip else socket.AF_INET for ip in found]
        return [
            (family, socket.SOCK_STREAM, 6, "", (ip, port))
            for family, ip in zip(families, found, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]"])
def test_this_very_machine_is_refused(host: str) -> None:
    with RawPeer(always(answer())) as peer:
        session = RemoteSession(f"http://{host}:{peer.port}")
        with pytest.raises(ConfigurationError) as caught:
            session.request("GET", "/", repeatable=True)
        assert caught.value.key == "wire.private_address"
        assert peer.connections == 0


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::ffff:127.0.0.1"]
)
def test_a_name_that_leads_inside_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, [address])
    with pytest.raises(ConfigurationError) as caught:
        RemoteSession("http://shop.example").request("POST", "/", body=b"secret")
    assert caught.value.params == {"host": "shop.example", "address": address}


def test_a_name_that_turns_inside_later_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it was looked at, private when it is connected to."""
    with RawPeer(always(answer())) as peer:
        asked = resolves_to(monkeypatch, [PUBLIC], ["127.0.0.1"])
        session = RemoteSession(f"http://shop.example:{peer.port}", connect_timeout=0.05)
        with pytest.raises(Unreachable):
            session.request("POST", "/", body=b"")
        with pytest.raises(ConfigurationError):
            session.request("POST", "/", body=b"")
        assert asked == ["shop.example", "shop.example"]
        assert peer.connections == 0


def test_of_mixed_addresses_only_the_public_ones_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with RawPeer(always(answer())) as peer:
        resolves_to(monkeypatch, ["127.0.0.1", PUBLIC])
        session = RemoteSession(f"http://shop.example:{peer.port}", connect_timeout=0.05)
        with pytest.raises(Unreachable):
            session.request("POST", "/", body=b"")
        assert peer.connections == 0


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawPeer(always(answer(b"ok"))) as peer:
        resolves_to(monkeypatch, ["127.0.0.99", "127.0.0.1"])
        session = RemoteSession(f"http://shop.example:{peer.port}", local=True)
        assert session.request("POST", "/", body=b"").body == b"ok"
        session.close()


def test_a_redirection_is_an_answer_and_not_followed() -> None:
    with RawPeer(always(answer(b"inside"))) as inside:
        moved = answer(b"", "301 Moved", f"Location: {inside.url}/admin?token=abcdef")
        with RawPeer(always(moved)) as peer:
            session = RemoteSession(peer.url, local=True)
            got = session.request("GET", "/", repeatable=True)
            session.close()
        assert got.status == 301
        assert inside.connections == 0
    with pytest.raises(ConfigurationError) as caught:
        judge(got, remote="Boutique")
    assert caught.value.key == "wire.redirected"
    assert caught.value.params["location"] == f"{inside.url}/admin?token=***"


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/x",
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1:1/x",
        "http://user@127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}@other.example/x",
        "file:///etc/passwd",
    ],
)
def test_credentials_go_to_the_configured_remote_only(url: str) -> None:
    with RawPeer(always(answer())) as peer:
        session = RemoteSession(peer.url, local=True)
        with pytest.raises(ConfigurationError):
            session.request("GET", url.format(port=peer.port))
        assert peer.connections == 0


@pytest.fixture
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"), host="shop.example")


def test_a_proxy_carries_tls_through(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    def proxy(line: Line) -> None:
        line.read()
        line.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        with tls.context.wrap_socket(line.sock, server_side=True) as secured:
            while secured.recv(65536):
                secured.sendall(answer(b"through"))

    with RawPeer(proxy) as peer:
        monkeypatch.setenv("HTTPS_PROXY", peer.url)
        session = RemoteSession("https://shop.example", ca_file=tls.ca_file)
        monkeypatch.delenv("HTTPS_PROXY")
        for _ in range(2):
            assert session.request("POST", "/", body=b"").body == b"through"
        assert peer.requests[0].startswith(b"CONNECT shop.example:443 ")
        assert peer.connections == 1
        session.close()


def test_a_proxy_that_refuses_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawPeer(always(answer(b"", "407 Who"))) as peer:
        monkeypatch.setenv("HTTPS_PROXY", peer.url)
        with pytest.raises(Unreachable) as caught:
            RemoteSession("https://shop.example").request("POST", "/", body=b"")
        assert caught.value.key == "wire.no_connection"


def test_no_proxy_for_who_is_excepted_or_local(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, ["127.0.0.1"])
    with RawPeer(always(answer())) as peer:
        monkeypatch.setenv("HTTPS_PROXY", peer.url)
        monkeypatch.setenv("NO_PROXY", "shop.example")
        with pytest.raises(ConfigurationError):
            RemoteSession("https://shop.example").request("POST", "/", body=b"")
        monkeypatch.delenv("NO_PROXY")
        with pytest.raises(Unreachable):
            RemoteSession("https://shop.example:1", local=True).request("POST", "/", body=b"")
        assert peer.connections == 0


def test_behind_a_proxy_a_literal_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    with pytest.raises(ConfigurationError):
        RemoteSession("https://10.0.0.5")
