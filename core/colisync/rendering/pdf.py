"""PDFs joined."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from colisync.errors import UnreadableAnswer

if TYPE_CHECKING:
    from pikepdf import Pdf


def join(labels: Sequence[bytes]) -> bytes:
    """One PDF with all the pages in order.

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
                joined.pages.extend(opened[-1].pages)
            out = BytesIO()
            joined.save(out)
            return out.getvalue()
    finally:
        for pdf in opened:
            pdf.close()


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
