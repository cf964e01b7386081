"""The PDF label: artwork and captions drawn once per size, one parcel's words stamped on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from colisync.sandbox.colissimo.artwork import HEIGHT, WIDTH, strip
from colisync.sandbox.colissimo.code128 import MODULES_PER_SYMBOL, bars, modules, symbols
from colisync.sandbox.colissimo.facts import LabelFacts
from colisync.sandbox.colissimo.formats import Format, Size
from colisync.sandbox.colissimo.pdf import (
    FONTS,
    Template,
    encode,
    font,
    stream,
    template,
    text,
)

_POINTS_PER_MM = 72 / 25.4
_PAGE_WIDTH = 100 * _POINTS_PER_MM
_MARGIN = 8.0
_A4 = (595.28, 841.89)
_A4_CORNER = (28.0, _A4[1] - 28.0 - 150 * _POINTS_PER_MM)
_COURIER_WIDTH = 0.6
_SPECIMEN_WIDTH = 5.223  # of SPECIMEN in Helvetica-Bold, at one point
_FIRST_MODULE, _SECOND_MODULE = 1.44, 0.96  # 6 and 4 dots at 300 dpi


@dataclass(frozen=True)
class _Layout:
    """Bands from the top of the label, in points; `scale` is that of the letters."""

    height: float
    scale: float
    header: float
    sender: float
    number: float
    recipient: float
    routing: float

    @property
    def sender_top(self) -> float:
        return self.height - self.header

    @property
    def number_top(self) -> float:
        return self.sender_top - self.sender

    @property
    def recipient_top(self) -> float:
        return self.number_top - self.number

    @property
    def routing_top(self) -> float:
        return self.recipient_top - self.recipient

    @property
    def foot_top(self) -> float:
        return self.routing_top - self.routing


_LARGE = _Layout(425.2, 1.0, 40, 62, 100, 118, 70)
_LAYOUTS: dict[Size, _Layout] = {
    "10x15": _LARGE,
    "A4": _LARGE,
    "10x12": _Layout(340.16, 0.84, 32, 51, 80, 98, 60),
    "10x10": _Layout(283.46, 0.72, 26, 43, 66, 80, 52),
}


def pdf_label(facts: LabelFacts, form: Format, x: int = 0, y: int = 0) -> bytes:
    """The PDF file of one label; `x` points further to the left, `y` points further down."""
    layout = _LAYOUTS[form.size]
    left, bottom = _A4_CORNER if form.size == "A4" else (0.0, 0.0)
    operators = [f"1 0 0 1 {left - x:g} {bottom - y:g} cm /Art Do"]
    operators += _words(facts, layout)
    number, routing = symbols(facts.number), symbols(facts.routing)
    tall = layout.number - 30 * layout.scale
    top = layout.number_top - 19 * layout.scale
    operators.append(_code(number, _FIRST_MODULE, top - tall, tall))
    tall = layout.routing - 22 * layout.scale
    top = layout.routing_top - 6 * layout.scale
    operators.append(_code(routing, _SECOND_MODULE, top - tall, tall))
    return _template(form.size).stamp(encode("\n".join(operators)))


def _words(facts: LabelFacts, layout: _Layout) -> list[str]:
    scale = layout.scale
    name = _line("F2", 11 * scale, 142, layout.height - layout.header / 2 + 1, facts.product.name)
    code = _line(
        "F1", 7.5 * scale, 142, layout.height - layout.header / 2 - 10 * scale, _kind(facts)
    )
    sender = _lines("F1", 7 * scale, _MARGIN, layout.sender_top - 16 * scale, facts.sender[:6])
    service = _lines("F1", 7 * scale, 186, layout.sender_top - 10 * scale, facts.service)
    size = 11 * scale
    number = f"N° {facts.spaced_number}"
    middle = (_PAGE_WIDTH - len(number) * _COURIER_WIDTH * size) / 2
    spaced = _line("F3", size, middle, layout.number_top - 13 * scale, number)
    size = 7.5 * scale
    middle = (_PAGE_WIDTH - len(facts.routing) * _COURIER_WIDTH * size) / 2
    routing = _line("F3", size, middle, layout.foot_top + 7 * scale, facts.routing)
    words = [name, code, *sender, *service, spaced, *_recipient(facts, layout), routing]
    return ["BT", *words, "ET"]


def _kind(facts: LabelFacts) -> str:
    signed = "signature" if facts.product.signed else "sans signature"
    return f"{facts.product.code} · {'point de retrait' if facts.product.relay else signed}"


def _recipient(facts: LabelFacts, layout: _Layout) -> list[str]:
    scale, top = layout.scale, layout.recipient_top
    lines = _lines("F2", 10 * scale, 14, top - 22 * scale, facts.recipient[:8], 12 * scale)
    contact = _line("F1", 7 * scale, 186, top - 9.5 * scale, facts.contact)
    said = _line("F1", 6 * scale, 66, top - 9.5 * scale, facts.instructions)
    return [*lines, contact, said]


def _line(face: str, size: float, x: float, y: float, words: str) -> str:
    return f"/{face} {size:.4g} Tf 1 0 0 1 {x:.5g} {y:.5g} Tm {text(words)} Tj" if words else ""


def _lines(
    face: str, size: float, x: float, y: float, words: Sequence[str], leading: float = 0.0
) -> list[str]:
    step = leading or size * 1.2
    return [_line(face, size, x, y - index * step, line) for index, line in enumerate(words)]


@cache
def _symbol(value: int) -> str:
    drawn = " ".join(f"{at} 0 {width} 1 re" for at, width in bars(value))
    return f"{drawn} f 1 0 0 1 {MODULES_PER_SYMBOL} 0 cm"


def _code(values: list[int], module: float, bottom: float, height: float) -> str:
    """A bar code in the middle of the label; the grey word under it is too pale to disturb it."""
    left = (_PAGE_WIDTH - modules(values) * module) / 2
    drawn = "\n".join(map(_symbol, values))
    return f"q {module} 0 0 {height:.5g} {left:.5g} {bottom:.5g} cm\n{drawn}\nQ"


@cache
def _template(size: Size) -> Template:
    """Objects 1 catalogue, 2 pages, 3 page, 4-6 fonts, 7 artwork, 8 strip, 9 about the file."""
    page = _A4 if size == "A4" else (_PAGE_WIDTH, _LAYOUTS[size].height)
    box = f"[0 0 {page[0]:.2f} {page[1]:.2f}]"
    fonts = "/Font << /F1 4 0 R /F2 5 0 R /F3 6 0 R >>"
    sheet = f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 10 0 R "
    art = f"/Type /XObject /Subtype /Form /BBox [-30 -600 600 900] /Resources << {fonts} "
    image = f"/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} "
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"{sheet}/Resources << {fonts} /XObject << /Art 7 0 R >> >> >>".encode(),
        *(font(name) for name in FONTS.values()),
        stream(f"{art}/XObject << /Strip 8 0 R >> >>", encode(_art(size)), compress=True),
        stream(f"{image}/ColorSpace /DeviceGray /BitsPerComponent 8", strip(), compress=True),
        b"<< /Title (SPECIMEN) /Producer (Colisync sandbox) >>",
    ]
    return template(objects, info=9)


def _art(size: Size) -> str:
    layout = _LAYOUTS[size]
    parts = [_specimen(layout), _frames(layout), _captions(layout)]
    if size == "A4":
        parts.append(_sheet(layout))
    return "\n".join(parts)


def _specimen(layout: _Layout) -> str:
    """The word from corner to corner, under everything else."""
    diagonal = (_PAGE_WIDTH**2 + layout.height**2) ** 0.5
    size = diagonal * 0.83 / _SPECIMEN_WIDTH
    cos, sin = _PAGE_WIDTH / diagonal, layout.height / diagonal
    along, across = -_SPECIMEN_WIDTH * size / 2, -0.36 * size
    x = _PAGE_WIDTH / 2 + along * cos - across * sin
    y = layout.height / 2 + along * sin + across * cos
    where = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.3f} {y:.3f} Tm"
    return f"0.87 g BT /F2 {size:.2f} Tf {where} (SPECIMEN) Tj ET 0 g"


def _frames(layout: _Layout) -> str:
    right = _PAGE_WIDTH
    rules = " ".join(
        f"0 {y:.2f} m {right:.2f} {y:.2f} l S"
        for y in (layout.sender_top, layout.number_top, layout.recipient_top, layout.routing_top)
    )
    outline = f"0.5 0.5 {right - 1:.2f} {layout.height - 1:.2f} re S"
    logo = f"0 {layout.sender_top:.2f} 134 {layout.header:.2f} re f"
    strip_at = f"q {right - 2:.2f} 0 0 {layout.foot_top - 1:.2f} 1 1 cm /Strip Do Q"
    between = f"180 {layout.number_top + 4:.2f} m 180 {layout.sender_top - 4:.2f} l S"
    return f"{strip_at} 0.8 w {rules} {outline} {logo} 0.4 w {between}"


def _captions(layout: _Layout) -> str:
    scale = layout.scale
    small = 5.5 * scale
    middle = layout.height - layout.header / 2
    foot = layout.foot_top / 2 - 2.5 * scale
    lines = [
        "1 g",
        _line("F2", 18 * scale, _MARGIN, middle - 6 * scale, "colissimo"),
        "0 g",
        _line("F2", small, _MARGIN, layout.sender_top - 8 * scale, "EXPÉDITEUR"),
        _line("F2", small, _MARGIN, layout.recipient_top - 9 * scale, "DESTINATAIRE"),
        _line("F2", 7.5 * scale, 52, foot, "BAC À SABLE COLISYNC — SANS VALEUR POSTALE"),
    ]
    badge = f"1 g 44 {foot - 4 * scale:.2f} {60 + 150 * scale:.2f} {13 * scale:.2f} re f 0 g"
    return f"{badge} BT {' '.join(lines)} ET"


def _sheet(layout: _Layout) -> str:
    x, y = _PAGE_WIDTH + 24, layout.height - 20
    words = [
        "Étiquette d'essai du bac à sable Colisync.",
        "Découper le long du cadre et coller sur le colis,",
        "code-barres à plat, sans ruban adhésif par-dessus.",
        "Elle ne permet aucun envoi.",
    ]
    return f"BT {' '.join(_lines('F1', 9, x, y, words, 13))} ET"
