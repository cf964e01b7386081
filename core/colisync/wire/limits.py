"""Bodies read within bounds: their size is counted after decompression, while it streams."""

import zlib
from collections.abc import Mapping
from typing import Protocol

_CHUNK = 65536
_REFUSED = frozenset({"br", "zstd", "deflate", "compress"})


class TooLarge(Exception):
    """The body passes the cap."""


class BadEncoding(Exception):
    """The body is not in the encoding that its header names."""


class Incomplete(Exception):
    """The compressed body ends before its end."""


class RawBody(Protocol):
    """A stream of the bytes as they were sent."""

    def read(self, amt: int | None = None, decode_content: bool | None = None) -> bytes: ...


class _Inflater:
    """Gzip in, at most `room` bytes out."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self._fed = False

    def feed(self, data: bytes, room: int) -> bytes:
        """What `data` holds. Raises TooLarge, BadEncoding."""
        self._fed = True
        out = self._inflate(data, room)
        while self._stream.eof and self._stream.unused_data.startswith(b"\x1f\x8b"):
            rest = self._stream.unused_data
            self._stream = zlib.decompressobj(wbits=31)
            out += self._inflate(rest, room - len(out))
        return out

    def _inflate(self, data: bytes, room: int) -> bytes:
        try:
            out = self._stream.decompress(data, room + 1)
        except zlib.error as error:
            raise BadEncoding("gzip") from error
        if len(out) > room:
            raise TooLarge
        return out

    @property
    def complete(self) -> bool:
        """True at the end of a gzip stream, and for a body of no bytes at all."""
        return self._stream.eof or not self._fed


def read_body(
    raw: RawBody, headers: Mapping[str, str], cap: int, pieces: list[bytes] | None = None
) -> bytes:
    """The whole body, decompressed, of an answer with these `headers` (names in lower case).

    What came before an error is in `pieces`.
    Raises TooLarge, BadEncoding, Incomplete.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > cap:
        raise TooLarge
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in _REFUSED:
        raise BadEncoding(encoding)
    if encoding in ("gzip", "x-gzip"):
        return _read_gzip(raw, cap, [] if pieces is None else pieces)
    return _read_plain(raw, cap, [] if pieces is None else pieces)


def _read_plain(raw: RawBody, cap: int, pieces: list[bytes]) -> bytes:
    size = 0
    while piece := raw.read(_CHUNK, decode_content=False):
        size += len(piece)
        if size > cap:
            raise TooLarge
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_gzip(raw: RawBody, cap: int, pieces: list[bytes]) -> bytes:
    inflater = _Inflater()
    size = 0
    while piece := raw.read(_CHUNK, decode_content=False):
        pieces.append(inflater.feed(piece, cap - size))
        size += len(pieces[-1])
    if not inflater.complete:
        raise Incomplete
    return b"".join(pieces)
