"""Labels in the printers' own languages: ZPL II (Zebra) and DPL (Datamax).

Positions are millimetres from the top left corner of a label 100 mm wide.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from colisync.sandbox.colissimo.code128 import modules, symbols
from colisync.sandbox.colissimo.facts import LabelFacts, plain
from colisync.sandbox.colissimo.formats import Format

_MM_PER_INCH = 25.4
_WIDTH_MM = 100.0
_FIRST_MODULE_MM, _SECOND_MODULE_MM = 0.5, 0.33
_STX, _CR = "\x02", "\r"


@dataclass(frozen=True, slots=True)
class _Text:
    """A line of letters `tall` millimetres high."""

    x: float
    y: float
    tall: float
    words: str


@dataclass(frozen=True, slots=True)
class _Code:
    """A Code 128, centred."""

    y: float
    tall: float
    module: float
    data: str


def zpl_label(facts: LabelFacts, form: Format) -> bytes:
    """The label as ZPL II text in UTF-8."""
    dots = form.dpi / _MM_PER_INCH
    lines = [
        "^XA",
        "^CI28",
        f"^PW{round(_WIDTH_MM * dots)}",
        f"^LL{round(form.height_mm * dots)}",
        "^LH0,0",
        f"^FO0,0^GB{round(_WIDTH_MM * dots)},{round(form.height_mm * dots)},3^FS",
        *(_zpl(mark, dots) for mark in _marks(facts, form)),
        "^PQ1",
        "^XZ",
    ]
    return ("\n".join(lines) + "\n").encode()


def dpl_label(facts: LabelFacts, form: Format) -> bytes:
    """The label as DPL text: a label format between `<STX>L` and `E`."""
    lines = [
        f"{_STX}m",
        f"{_STX}M{round(form.height_mm * 10):04}",
        f"{_STX}L",
        "D11",
        "PC",
        "SC",
        *(_dpl(mark, form) for mark in _marks(facts, form)),
        "Q0001",
        "E",
    ]
    return (_CR.join(lines) + _CR).encode("latin-1", "replace")


def _marks(facts: LabelFacts, form: Format) -> Iterator[_Text | _Code]:
    """Everything on the label from top to bottom; 10×12 and 10×10 are squeezed."""
    scale = form.height_mm / 150
    yield _Text(4, 4 * scale, 7 * scale, "colissimo")
    yield _Text(50, 4 * scale, 4 * scale, facts.product.name)
    yield _Text(50, 9 * scale, 3 * scale, f"{facts.product.code}  {facts.contact}")
    for index, line in enumerate(facts.sender[:6]):
        yield _Text(4, (15 + 3.4 * index) * scale, 2.6 * scale, line)
    for index, line in enumerate(facts.service):
        yield _Text(64, (15 + 3.4 * index) * scale, 2.6 * scale, line)
    yield _Text(24, 38 * scale, 4 * scale, facts.spaced_number)
    yield _Code(43 * scale, 24 * scale, _FIRST_MODULE_MM, facts.number)
    for index, line in enumerate(facts.recipient[:8]):
        yield _Text(6, (71 + 4.6 * index) * scale, 3.8 * scale, line)
    yield _Text(6, 108.5 * scale, 2.6 * scale, facts.instructions)
    yield _Code(112 * scale, 16 * scale, _SECOND_MODULE_MM, facts.routing)
    yield _Text(24, 129 * scale, 3 * scale, facts.routing)
    yield _Text(8, 134 * scale, 14 * scale, "SPECIMEN")


def _zpl(mark: _Text | _Code, dots: float) -> str:
    if isinstance(mark, _Text):
        tall = round(mark.tall * dots)
        where = f"^FO{round(mark.x * dots)},{round(mark.y * dots)}"
        return f"{where}^A0N,{tall},{tall}^FH^FD{_hidden(mark.words)}^FS"
    module = round(mark.module * dots)
    left = round((_WIDTH_MM * dots - modules(symbols(mark.data)) * module) / 2)
    tall = round(mark.tall * dots)
    return f"^FO{left},{round(mark.y * dots)}^BY{module}^BCN,{tall},N,N,N,A^FD{mark.data}^FS"


def _hidden(words: str) -> str:
    """ZPL's own characters as hexadecimal, after `^FH`."""
    return words.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


def _dpl(mark: _Text | _Code, form: Format) -> str:
    """One record: rotation, font, multipliers, height, row and column, data.

    Rows and columns are hundredths of an inch from the bottom left corner.
    """
    bottom = form.height_mm - mark.y - mark.tall
    row = max(round(bottom / _MM_PER_INCH * 100), 0)
    if isinstance(mark, _Text):
        column = round(mark.x / _MM_PER_INCH * 100)
        points = max(round(mark.tall / _MM_PER_INCH * 72), 4)
        return f"1911S00{row:04}{column:04}P{points:03}P{points:03}{plain(mark.words)}"
    module = max(round(mark.module * form.dpi / _MM_PER_INCH), 1)
    width_mm = modules(symbols(mark.data)) * module / form.dpi * _MM_PER_INCH
    column = round((_WIDTH_MM - width_mm) / 2 / _MM_PER_INCH * 100)
    tall = round(mark.tall / _MM_PER_INCH * 100)
    return f"1e{module}{module}{tall:03}{row:04}{column:04}{mark.data}"
