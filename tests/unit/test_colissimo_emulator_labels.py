"""The documents the Colissimo emulator makes, and what a multipart answer is made of."""

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pytest

from colisync.sandbox.colissimo.code128 import bars, symbols
from colisync.sandbox.colissimo.facts import LabelFacts
from colisync.sandbox.colissimo.formats import label_formats
from colisync.sandbox.colissimo.label import label
from colisync.sandbox.colissimo.numbers import routing_code
from colisync.sandbox.colissimo.products import products
from colisync.sandbox.colissimo.request import LabelRequest, OutputFormat

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_NUMBER = "6A12345678905"
_ROUTING = routing_code(_NUMBER, "75015", "801", "FR")
_SIZES_MM = {"10x15": (100, 150), "10x12": (100, 120), "10x10": (100, 100), "A4": (210, 297)}
_BODY: dict[str, Any] = {
    "outputFormat": {"x": 0, "y": 0, "outputPrintingType": "PDF_10x15_300dpi"},
    "letter": {
        "service": {"productCode": "DOM", "depositDate": "2026-03-02"},
        "parcel": {"weight": 1.25, "instructions": "Portail ^vert~ (fond)"},
        "sender": {
            "senderParcelRef": "ABCDEFGH2345",
            "address": {
                "companyName": "Atelier Lumière",
                "line2": "12 rue des Lilas",
                "countryCode": "FR",
                "city": "Lyon",
                "zipCode": "69003",
            },
        },
        "addressee": {
            "address": {
                "companyName": r"Épreuve \ (SARL)",
                "lastName": "Żółkiewski",
                "firstName": "Zoé",
                "line0": "Escalier B",
                "line1": "Résidence du Lac",
                "line2": "3 place du Test",
                "line3": "Le Bourg",
                "countryCode": "FR",
                "city": "Paris",
                "zipCode": "75015",
                "mobileNumber": "0612345679",
            }
        },
    },
}


def _facts() -> LabelFacts:
    request = LabelRequest.model_validate_json(json.dumps(_BODY))
    return LabelFacts(_NUMBER, _ROUTING, products()["DOM"], request.letter, "900001")


def _made(printing: str) -> bytes:
    output = {"x": 0, "y": 0, "outputPrintingType": printing}
    return label(_facts(), OutputFormat.model_validate(output))


def _drawn(page: pikepdf.Page) -> str:
    content = page.Contents.read_bytes() + page.Resources.XObject.Art.read_bytes()
    return content.decode("cp1252")


def _strings(drawn: str) -> list[str]:
    found = re.findall(r"\(((?:\\.|[^\\)])*)\) Tj", drawn)
    return [re.sub(r"\\(.)", r"\1", text) for text in found]


def _symbols_drawn(code: str) -> list[int]:
    values = {bars(value): value for value in range(107)}
    lines = [re.findall(r"(\d+) 0 (\d+) 1 re", line) for line in code.splitlines()]
    return [values[tuple((int(a), int(w)) for a, w in line)] for line in lines if line]


@pytest.mark.parametrize("size", _SIZES_MM)
def test_a_pdf_label_is_a_sound_file_of_its_size(size: str) -> None:
    made = _made(f"PDF_{size}_300dpi")
    assert 50_000 < len(made) < 70_000
    with pikepdf.open(io.BytesIO(made)) as file:
        assert file.check_pdf_syntax() == []
        assert len(file.pages) == 1
        box = [float(edge) for edge in file.pages[0].MediaBox]
        assert box[2] / 72 * 25.4 == pytest.approx(_SIZES_MM[size][0], abs=0.1)
        assert box[3] / 72 * 25.4 == pytest.approx(_SIZES_MM[size][1], abs=0.1)


@pytest.mark.parametrize("size", _SIZES_MM)
def test_a_pdf_label_says_who_what_and_specimen(size: str) -> None:
    with pikepdf.open(io.BytesIO(_made(f"PDF_{size}_300dpi"))) as file:
        strings = _strings(_drawn(file.pages[0]))
    assert {
        "SPECIMEN",
        "ATELIER LUMIÈRE",
        r"ÉPREUVE \ (SARL)",
        "ZOÉ ZÓLKIEWSKI",
        "ESCALIER B",
        "RÉSIDENCE DU LAC",
        "3 PLACE DU TEST",
        "LE BOURG",
        "75015 PARIS",
        "Tél. 0612345679",
        "Poids : 1,25 kg",
        "Dépôt : 02/03/2026",
        "Réf. : ABCDEFGH2345",
        "N° 6A 12345 67890 5",
        _ROUTING,
    } <= set(strings)


def test_a_pdf_label_carries_both_bar_codes() -> None:
    with pikepdf.open(io.BytesIO(_made("PDF_10x15_300dpi"))) as file:
        drawn = file.pages[0].Contents.read_bytes().decode("cp1252")
    first, second = re.findall(r"^q [\d.]+ 0 0 .*?^Q", drawn, re.MULTILINE | re.DOTALL)
    assert _symbols_drawn(first) == symbols(_NUMBER)
    assert _symbols_drawn(second) == symbols(_ROUTING)


def test_the_offset_moves_the_print_left_and_down() -> None:
    output = {"x": 10, "y": 5, "outputPrintingType": "PDF_10x15_300dpi"}
    made = label(_facts(), OutputFormat.model_validate(output))
    with pikepdf.open(io.BytesIO(made)) as file:
        assert file.pages[0].Contents.read_bytes().startswith(b"1 0 0 1 -10 -5 cm")


@pytest.mark.parametrize("size", ["10x15", "10x12", "10x10"])
@pytest.mark.parametrize(("dpi", "width"), [(203, 799), (300, 1181)])
def test_a_zpl_label_is_one_format_with_both_codes(size: str, dpi: int, width: int) -> None:
    made = _made(f"ZPL_{size}_{dpi}dpi").decode()
    assert made.startswith("^XA\n")
    assert made.endswith("^XZ\n")
    assert f"^PW{width}\n" in made
    assert re.search(rf"\^BCN,\d+,N,N,N,A\^FD{_NUMBER}\^FS", made)
    assert f"^FD{_ROUTING}^FS" in made
    assert "^FDSPECIMEN^FS" in made
    assert "Portail _5Evert_7E (fond)" in made
    height = int(re.findall(r"\^LL(\d+)", made)[0])
    assert all(int(y) < height for y in re.findall(r"\^FO\d+,(\d+)", made))


def test_a_dpl_label_is_one_format_with_both_codes() -> None:
    made = _made("DPL_10x15_203dpi").decode("latin-1")
    lines = made.split("\r")
    assert "\x02L" in lines
    assert lines[-3:] == ["Q0001", "E", ""]
    assert any(line.startswith("1e") and line.endswith(_NUMBER) for line in lines)
    assert any(line.startswith("1e") and line.endswith(_ROUTING) for line in lines)
    assert any(line.endswith("SPECIMEN") for line in lines)
    assert made.isascii()


def test_every_printing_type_makes_a_label() -> None:
    starts = {"PDF": b"%PDF-", "ZPL": b"^XA", "DPL": b"\x02"}
    for printing in label_formats():
        assert _made(printing).startswith(starts[printing[:3]]), printing
    assert len(label_formats()) == 22
