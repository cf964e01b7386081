"""PDF files written byte by byte: objects, cross-reference table, trailer.

A `Template` is a file whose every object but the last is fixed: stamping a page costs one join.
Source: ISO 32000-1 §7.5, §9.6.2 (the standard fonts need not be embedded).
"""

import unicodedata
import zlib
from dataclasses import dataclass

_HEADER = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
_ESCAPES = str.maketrans({"\\": "\\\\", "(": "\\(", ")": "\\)"})
_UNDECOMPOSED = str.maketrans("ĐđĦħıŁłŊŋŦŧ", "DdHhiLlNnTt")

FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Courier-Bold"}


def font(name: str) -> bytes:
    """The dictionary of one standard font."""
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
    )


def stream(entries: str, data: bytes, *, compress: bool = False) -> bytes:
    """A stream object; `entries` are its dictionary without the length."""
    if compress:
        data = zlib.compress(data, 9)
        entries += " /Filter /FlateDecode"
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def text(content: str) -> str:
    """The text as a PDF string, in letters WinAnsi has."""
    if not content.isascii():
        content = _western(content)
    return f"({content.translate(_ESCAPES)})"


def encode(operators: str) -> bytes:
    """The page's operators as bytes."""
    return operators.encode("cp1252", "replace")


def _western(content: str) -> str:
    if _has(content):
        return content
    content = content.translate(_UNDECOMPOSED)
    return "".join(c if _has(c) else unicodedata.normalize("NFKD", c)[0] for c in content)


def _has(content: str) -> bool:
    try:
        content.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Template:
    """A file but for its last object, the page's content."""

    head: bytes
    table: bytes
    last: int

    def stamp(self, content: bytes) -> bytes:
        """The whole file with that page content."""
        body = b"%d 0 obj\n<< /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (
            self.last,
            len(content),
            content,
        )
        return b"".join(
            (self.head, body, self.table, b"%d\n%%%%EOF\n" % (len(self.head) + len(body)))
        )


def template(objects: list[bytes], *, info: int) -> Template:
    """A template of objects 1, 2, …; the catalogue is 1, the content is the one after the last."""
    head = bytearray(_HEADER)
    offsets = []
    for index, body in enumerate(objects, start=1):
        offsets.append(len(head))
        head += b"%d 0 obj\n%b\nendobj\n" % (index, body)
    last = len(objects) + 1
    offsets.append(len(head))
    lines = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n" % (last + 1, lines)
    table += b"<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n" % (last + 1, info)
    return Template(bytes(head), table, last)
