"""Labels joined."""

from io import BytesIO

import pytest
from pikepdf import Pdf, parse_content_stream

from colisync.errors import UnreadableAnswer
from colisync.rendering.pdf import is_readable, join


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


def words(data: bytes) -> list[str]:
    with Pdf.open(BytesIO(data)) as pdf:
        return [
            " ".join(
                str(one.operands[0])
                for one in parse_content_stream(page)
                if str(one.operator) == "Tj"
            )
            for page in pdf.pages
        ]


def test_each_label_bears_its_number_on_its_first_page() -> None:
    joined = join([label(101, 102), label(103), label(104)], ["1/3", "", "3/3"])
    assert words(joined) == ["1/3", "", "", "3/3"]
    assert widths(joined) == [101, 102, 103, 104]


def test_a_number_that_is_stamped_leaves_the_drawing_as_it_was() -> None:
    with Pdf.open(BytesIO(label(101))) as pdf:
        pdf.pages[0].contents_add(b"0.5 0 0 0.5 10 10 cm 0 0 20 20 re f")
        out = BytesIO()
        pdf.save(out)
    with Pdf.open(BytesIO(join([out.getvalue()], ["37/60"]))) as pdf:
        said = [str(one.operator) for one in parse_content_stream(pdf.pages[0])]
    assert said == ["q", "cm", "re", "f", "Q", "q", "BT", "g", "Tf", "Td", "Tj", "ET", "Q"]


@pytest.mark.parametrize("broken", [b"", b"^XA^XZ", b"<html>no</html>"])
def test_what_is_readable_is_told(broken: bytes) -> None:
    assert is_readable(label(101))
    assert not is_readable(broken)
