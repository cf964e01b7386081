"""The label service's answers as bytes (reference §1.6)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from colisync.sandbox.colissimo.settings import ColissimoSettings

_JSON_TYPE = "application/json;charset=UTF-8"
_RELATED = 'multipart/related; type="application/json"; boundary="{}"; start="<jsonInfos>"'
_MIXED = 'multipart/mixed;boundary="{}";charset=UTF-8'


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes


def single(infos: Mapping[str, object], status: int = 200) -> Answer:
    """Plain JSON."""
    return Answer(status, _JSON_TYPE, dump(infos))


def several(
    infos: Mapping[str, object],
    documents: Sequence[tuple[str, bytes]],
    settings: ColissimoSettings,
    status: int = 200,
) -> Answer:
    """`<jsonInfos>` and one binary part for each (name, bytes); payloads are left untouched."""
    end = b"\r\n" if settings.line_ends == "crlf" else b"\n"
    boundary = f"uuid:{uuid4()}"
    parts = [("jsonInfos", _JSON_TYPE, dump(infos))]
    parts += [(name, "application/octet-stream", content) for name, content in documents]
    mark = f"--{boundary}".encode()
    body = [end]
    for name, kind, content in parts:
        headers = (
            f"Content-Type: {kind}",
            "Content-Transfer-Encoding: binary",
            f"Content-ID: <{name}>",
        )
        body += [mark, end, *(h.encode() + end for h in headers), end, content, end]
    body += [mark, b"--"]
    shape = _RELATED if settings.multipart == "related" else _MIXED
    return Answer(status, shape.format(boundary), b"".join(body))


def dump(infos: Mapping[str, object]) -> bytes:
    """Compact JSON in UTF-8, accents as they are."""
    return json.dumps(infos, ensure_ascii=False, separators=(",", ":")).encode()
