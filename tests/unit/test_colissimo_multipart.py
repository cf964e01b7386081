"""Answers split on the bytes of their boundary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.wire.multipart import split

_BOUNDARY = "uuid:5f1c0d2e-9a77-4b1e-8f33-0c9b6f0a7d11"
_INFOS = b'{"messages":[]}'
_MIXED = f"multipart/mixed;boundary={_BOUNDARY};charset=UTF-8"
_QUOTED = f'multipart/mixed;boundary="{_BOUNDARY}";charset=UTF-8'
_RELATED = (
    f'multipart/related; type="application/json"; boundary="{_BOUNDARY}"; start="<jsonInfos>"'
)
# A document may hold what looks like the frame around it.
_PDF = (
    b"%PDF-1.4\r\n--\r\n--uuid:\r\n\r\n\x00\xff\xfe\n--" + _BOUNDARY.encode() + b"-not\r\n%%EOF\r\n"
)


def _body(
    eol: bytes, label: bytes = _PDF, *, end: bytes = b"--", first: bytes | None = None
) -> bytes:
    lead = eol if first is None else first
    marker = b"--" + _BOUNDARY.encode()
    return b"".join(
        [
            lead, marker, eol,
            b"Content-Type: application/json;charset=UTF-8", eol,
            b"Content-Transfer-Encoding: binary", eol,
            b"Content-ID: <jsonInfos>", eol, eol,
            _INFOS, eol, marker, eol,
            b"content-id: <label>", eol,
            b"Content-Type: application/octet-stream", eol, eol,
            label, eol, marker, end, eol,
        ]
    )  # fmt: skip


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("kind", [_MIXED, _QUOTED, _RELATED, "application/json", ""])
def test_both_line_ends_and_every_content_type(eol: bytes, kind: str) -> None:
    """A peer looks for bare LF, and fails on every label after the carrier made it."""
    parts = split(_body(eol), kind)
    assert parts.by_id == {"jsonInfos": _INFOS, "label": _PDF}
    assert parts.whole


@pytest.mark.parametrize("first", [b"", b"\r\n", b"\r\n\r\n", b"\n"])
def test_blank_lines_before_the_first_boundary(first: bytes) -> None:
    assert split(_body(b"\r\n", first=first), _MIXED).by_id["label"] == _PDF


def test_a_preamble_is_skipped_where_the_header_names_the_boundary() -> None:
    parts = split(b"<b>Warning</b>\r\n" + _body(b"\r\n", first=b""), _QUOTED)
    assert parts.by_id["label"] == _PDF


@pytest.mark.parametrize("raw", [_INFOS, b"\xef\xbb\xbf" + _INFOS, b"\r\n " + _INFOS + b"\n"])
def test_a_single_part_is_the_infos(raw: bytes) -> None:
    assert split(raw, "application/json").by_id == {"jsonInfos": _INFOS}


@pytest.mark.parametrize("raw", [b"", b"\r\n"])
def test_an_empty_body_has_no_part(raw: bytes) -> None:
    assert split(raw, _MIXED).by_id == {}


def test_an_empty_part_is_empty() -> None:
    assert split(_body(b"\r\n", b""), _MIXED).by_id["label"] == b""


def test_a_label_cut_off_anywhere_is_left_out_and_the_infos_are_kept() -> None:
    whole = _body(b"\r\n")
    infos_end = whole.index(_INFOS) + len(_INFOS) + len(_BOUNDARY) + 8
    # The line end after the closing boundary is nobody's.
    for length in range(infos_end, len(whole) - 4):
        parts = split(whole[:length], _MIXED)
        assert parts.by_id.get("jsonInfos") == _INFOS, length
        assert parts.by_id.get("label", _PDF) == _PDF
        assert not parts.whole


@given(st.binary(max_size=300), st.sampled_from([b"\r\n", b"\n"]))
def test_any_bytes_come_back_as_they_went(label: bytes, eol: bytes) -> None:
    assert split(_body(eol, label), _MIXED).by_id["label"] == label


@given(st.binary(max_size=300), st.sampled_from([_MIXED, _QUOTED, "text/html", ""]))
def test_no_bytes_make_it_fail(body: bytes, kind: str) -> None:
    split(body, kind)
    split(b"--" + body, kind)
