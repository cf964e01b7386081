"""Addresses, targets, bodies and deadlines, without a socket."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.errors import ConfigurationError
from colisync.wire.addresses import is_public
from colisync.wire.clock import SystemClock
from colisync.wire.deadline import Deadline, Watch
from colisync.wire.limits import BadEncoding, Incomplete, TooLarge, read_body
from colisync.wire.target import BaseAddress


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "not an address",
        "",
    ],
)
def test_addresses_that_are_not_the_internet_s(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("base", "url", "params", "path"),
    [
        ("https://shop.example", "/wp-json/wc/v3", None, "/wp-json/wc/v3"),
        ("https://shop.example/", "wp-json", None, "/wp-json"),
        ("https://shop.example/fr/", "/wp-json", None, "/fr/wp-json"),
        ("https://shop.example/fr", "", None, "/fr"),
        ("https://shop.example", "", None, "/"),
        ("https://shop.example", "https://shop.example/x?a=1", {"b": "2"}, "/x?a=1&b=2"),
        ("https://shop.example", "https://SHOP.example:443/x", None, "/x"),
        ("https://shop.example:8443", "https://shop.example:8443/x", None, "/x"),
        ("https://shop.example", "https://shop.example", None, "/"),
        ("https://shop.example", "//other.example/x", None, "/other.example/x"),
        ("https://shop.example", "/x?u=http://other.example/", None, "/x?u=http://other.example/"),
        ("https://shop.example", "/x#fragment", {"a": "é /~"}, "/x?a=%C3%A9%20%2F~"),
        ("http://[2606:4700::1111]:8080", "http://[2606:4700::1111]:8080/x", None, "/x"),
    ],
)
def test_paths(base: str, url: str, params: dict[str, str] | None, path: str) -> None:
    assert BaseAddress(base).path(url, params) == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https:///x",
        "https://ck_1:cs_1@shop.example",
        "https://shop.example:99999",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BaseAddress(url)
    assert caught.value.key == "wire.bad_address"
    assert "cs_1" not in str(caught.value)


def test_names_with_accents() -> None:
    assert BaseAddress("https://Étiquette.example").host == "xn--tiquette-90a.example"


class Pieces:
    def __init__(self, data: bytes, size: int) -> None:
        self._left = data
        self._size = size

    def read(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        assert decode_content is False
        piece, self._left = self._left[: self._size], self._left[self._size :]
        return piece


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_bodies_come_whole(body: bytes, size: int) -> None:
    assert read_body(Pieces(body, size), {}, 5000) == body
    packed = {"content-encoding": "gzip"}
    assert read_body(Pieces(gzip.compress(body), size), packed, 5000) == body


def test_the_cap_counts_what_comes_out() -> None:
    packed = gzip.compress(b"x" * 1001)
    headers = {"content-encoding": "GZIP"}
    assert len(read_body(Pieces(packed, 10), headers, 1001)) == 1001
    with pytest.raises(TooLarge):
        read_body(Pieces(packed, 10), headers, 1000)
    with pytest.raises(TooLarge):
        read_body(Pieces(b"x" * 1001, 10), {}, 1000)
    with pytest.raises(TooLarge):
        read_body(Pieces(b"", 10), {"content-length": "9" * 30}, 1000)


def test_two_gzip_members_are_one_body_and_padding_is_nothing() -> None:
    headers = {"content-encoding": "gzip"}
    two = gzip.compress(b"one") + gzip.compress(b"two")
    for size in (1, 7, 1000):
        assert read_body(Pieces(two, size), headers, 100) == b"onetwo"
    assert read_body(Pieces(gzip.compress(b"one") + b"\0\0", 9), headers, 100) == b"one"


def test_a_gzip_body_must_end() -> None:
    headers = {"content-encoding": "gzip"}
    packed = gzip.compress(b"label" * 100)
    for cut in (1, 12, len(packed) // 2, len(packed) - 1):
        with pytest.raises(Incomplete):
            read_body(Pieces(packed[:cut], 9), headers, 10_000)
    assert read_body(Pieces(b"", 9), headers, 100) == b""


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd"])
def test_an_encoding_that_nobody_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(BadEncoding):
        read_body(Pieces(zlib.compress(b"x"), 9), {"content-encoding": encoding}, 100)


@pytest.mark.parametrize("encoding", ["", "identity", "utf-8", "none"])
def test_an_encoding_that_is_none_is_no_matter(encoding: str) -> None:
    assert read_body(Pieces(b"x", 9), {"content-encoding": encoding}, 100) == b"x"


def test_patience_never_passes_the_deadline() -> None:
    watch = Watch(Deadline(100.0), connect_seconds=5.0, silence=30.0, local=False)
    assert (watch.connect_patience(), watch.patience()) == (5.0, 30.0)
    watch = Watch(Deadline(2.0), connect_seconds=5.0, silence=30.0, local=False)
    assert 1.0 < watch.connect_patience() <= 2.0
    assert 1.0 < watch.patience() <= 2.0
    over = Watch(Deadline(-1.0), connect_seconds=5.0, silence=30.0, local=False)
    with pytest.raises(TimeoutError):
        over.patience()
    assert over.timed_out
    assert over.remaining() == 0.0


def test_sleep_counts_once() -> None:
    deadline = Deadline(10.0)
    deadline.sleep(SystemClock(), 0.05)
    assert 9.8 < deadline.remaining() <= 9.95
    assert SystemClock().now().tzinfo is not None
