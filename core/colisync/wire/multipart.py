"""A multipart answer split on its boundary's bytes; the documents in it are never read as text."""

import re
from typing import NamedTuple

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_CONTENT_ID = re.compile(rb"^content-id:\s*<?([^>\r\n]*)>?\s*$", re.IGNORECASE | re.MULTILINE)
_BLANK = b" \t\r\n"
_LEAD = re.compile(rb"[ \r\n]*--")
_BOM = b"\xef\xbb\xbf"


class Parts(NamedTuple):
    """The complete parts by their Content-ID, without angle brackets. `whole` is false where the
    closing boundary is missing: the part that was being sent is then left out."""

    by_id: dict[str, bytes]
    whole: bool


def split(body: bytes, content_type: str) -> Parts:
    """The parts of `body`, each exactly as sent; a body without boundary is one `jsonInfos`.

    Both line ends and both known content types are taken, the boundary quoted or not; the body's
    own first line decides, since a proxy may rewrite headers. Source: reference §1.6.
    """
    start = _first_boundary(body, content_type)
    if start < 0:
        text = body.removeprefix(_BOM).strip(_BLANK)
        return Parts({"jsonInfos": text} if text else {}, True)
    line_end = body.find(b"\n", start)
    if line_end < 0:
        return Parts({}, False)
    line = body[start : line_end + 1]
    eol = b"\r\n" if line.endswith(b"\r\n") else b"\n"
    return _walk(body, line_end + 1, line.rstrip(_BLANK), eol)


def _first_boundary(body: bytes, content_type: str) -> int:
    """Where the first boundary line begins; -1 where there is none."""
    if lead := _LEAD.match(body):
        return lead.end() - 2
    named = _BOUNDARY.search(content_type)
    if named is None:
        return -1
    marker = b"--" + (named[1] or named[2]).encode()
    found = body.find(marker)
    return found if found == 0 or body[found - 1 : found] == b"\n" else -1


def _walk(body: bytes, position: int, marker: bytes, eol: bytes) -> Parts:
    parts: dict[str, bytes] = {}
    delimiter = eol + marker
    while True:
        end = _next(body, delimiter, eol, position)
        if end < 0:
            return Parts(parts, False)
        name, content = _part(body, position, end, eol)
        parts[name] = content
        after = end + len(delimiter)
        if body.startswith(b"--", after):
            return Parts(parts, True)
        position = body.index(b"\n", after) + 1


def _next(body: bytes, delimiter: bytes, eol: bytes, position: int) -> int:
    """The next delimiter that is a line of its own: a document may hold one as a prefix."""
    # A part may be empty: its delimiter then begins with the line end of its headers.
    end = body.find(delimiter, position - len(eol))
    while end >= 0:
        after = end + len(delimiter)
        rest = body[after : after + 80].lstrip(b" \t")
        if rest.startswith((eol, b"--")):
            return end
        end = body.find(delimiter, after)
    return -1


def _part(body: bytes, start: int, end: int, eol: bytes) -> tuple[str, bytes]:
    gap = body.find(eol + eol, start - len(eol), end + len(eol))
    if gap < 0:
        return "", body[start:end]
    name = _CONTENT_ID.search(body[start : gap + len(eol)].replace(b"\r\n", b"\n"))
    content = body[gap + 2 * len(eol) : end]
    return name[1].decode("ascii", "replace").strip() if name else "", content
