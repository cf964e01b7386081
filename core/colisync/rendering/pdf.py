"""PDFs joined, and numbered."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from colisync.errors import UnreadableAnswer

if TYPE_CHECKING:
    from pikepdf import Page, Pdf

_STAMP_POINTS = 6
_STAMP_MARGIN = 4
_DIGIT_WIDTH = 0.556  # Helvetica's digits, in parts of their size; a slash is narrower


def join(labels: Sequence[bytes], stamps: Sequence[str] = ()) -> bytes:
    """One PDF with all the pages in order.

    `stamps`, one for each label where given, stand small in the lower right corner of its first
    page ("37/60"); empty leaves it as it is.
    Raises UnreadableAnswer naming the position, from 1, of the first that is no PDF.
    """
    # Imported late: a heavy library that most commands do without.
    from pikepdf import Pdf

    if not labels:
        raise ValueError("nothing to join")
    opened: list[Pdf] = []
    try:
        with Pdf.new() as joined:
            for position, label in enumerate(labels, 1):
                opened.append(_opened(label, position))
                first = len(joined.pages)
                joined.pages.extend(opened[-1].pages)
                if stamps and stamps[position - 1]:
                    _stamp(joined.pages[first], stamps[position - 1])
            out = BytesIO()
            joined.save(out)
            return out.getvalue()
    finally:
        for pdf in opened:
            pdf.close()


def is_readable(label: bytes) -> bool:
    """True for a PDF with a page."""
    try:
        _opened(label, 1).close()
    except UnreadableAnswer:
        return False
    return True


def _stamp(page: "Page", text: str) -> None:
    from pikepdf import Dictionary, Name

    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    name = page.add_resource(font, Name.Font)
    _, bottom, right, _ = (float(edge) for edge in page.cropbox.as_list())
    x = right - _STAMP_MARGIN - len(text) * _DIGIT_WIDTH * _STAMP_POINTS
    y = bottom + _STAMP_MARGIN
    # The page's own drawing may leave its coordinates turned: they end before the stamp.
    page.contents_add(b"q\n", prepend=True)
    drawing = f"\nQ q BT 0 g {name} {_STAMP_POINTS} Tf {x:.2f} {y:.2f} Td ({text}) Tj ET Q\n"
    page.contents_add(drawing.encode("ascii"))


def _opened(label: bytes, position: int) -> "Pdf":
    from pikepdf import Pdf, PdfError

    try:
        pdf = Pdf.open(BytesIO(label))
        pages = len(pdf.pages)
    except PdfError as error:
        raise UnreadableAnswer("rendering.broken_pdf", params={"position": position}) from error
    if not pages:
        raise UnreadableAnswer("rendering.broken_pdf", params={"position": position})
    return pdf
