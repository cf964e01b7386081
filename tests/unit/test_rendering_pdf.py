"""Labels joined."""

from io import BytesIO

import pytest
from pikepdf import Pdf

from colisync.errors import UnreadableAnswer
from colisync.rendering.pdf import join


def label(*widths: int) -> bytes:
    pdf = Pdf.new()
    for width in widths:
        pdf.add_blank_page(page_size=(width, 400))
    out = BytesIO()
    pdf.save(out)
    return out.getvalue()


def widths(data: bytes) -> list[int]:
    with Pdf.open(BytesIO(data)) as pdf:
        return [int(page.mediabox[2]) for page in pdf.pages]


def test_pages_come_in_order() -> None:
    assert widths(join([label(101), label(102, 103), label(104)])) == [101, 102, 103, 104]


def test_the_same_label_twice_is_two_pages() -> None:
    one = label(101)
    assert widths(join([one, one])) == [101, 101]


def test_a_hundred_labels() -> None:
    assert widths(join([label(width) for width in range(100, 200)])) == list(range(100, 200))


@pytest.mark.parametrize("broken", [b"", b"^XA^XZ", b"%PDF-1.7\nnothing", b"<html>no</html>"])
def test_a_broken_label_is_named(broken: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        join([label(101), label(102), broken])
    assert caught.value.key == "rendering.broken_pdf"
    assert caught.value.params == {"position": 3}


def test_nothing_to_join_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        join([])
