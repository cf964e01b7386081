"""The CN23 of a parcel: a plain A4 page that lists what was declared, SPECIMEN across it."""

from functools import cache

from colisync.sandbox.colissimo.facts import LabelFacts, address_lines
from colisync.sandbox.colissimo.pdf import FONTS, Template, encode, font, template, text
from colisync.sandbox.colissimo.request import Article

_WIDTH, _HEIGHT = 595.28, 841.89
_LEFT = 40.0
_COLUMNS = (40.0, 300.0, 340.0, 400.0, 460.0, 520.0)
_MOST_LINES = 24
_CATEGORIES = {1: "Cadeau", 2: "Échantillon", 3: "Envoi commercial", 4: "Documents", 5: "Autre"}


def cn23(facts: LabelFacts) -> bytes:
    """The PDF file, one page."""
    customs = facts.letter.customs_declarations
    articles = customs.contents.article
    category = _CATEGORIES.get(customs.contents.category.value, "Retour de marchandise")
    total = sum(article.value * article.quantity for article in articles)
    lines = [
        _line("F2", 18, _LEFT, 790, "DÉCLARATION EN DOUANE CN23"),
        _line("F3", 12, 360, 792, facts.spaced_number),
        *_party("Expéditeur", address_lines(facts.letter.sender.address), _LEFT),
        *_party("Destinataire", address_lines(facts.letter.addressee.address), 320),
        _line("F1", 10, _LEFT, 610, f"Nature de l'envoi : {category}"),
        *_row(580, ("Désignation", "Qté", "Poids kg", "Valeur", "N° tarif.", "Origine"), "F2"),
    ]
    for index, article in enumerate(articles[:_MOST_LINES]):
        lines += _row(562 - 16 * index, _cells(article), "F1")
    freight = facts.letter.service.total_amount / 100
    lines.append(_line("F2", 10, _LEFT, 150, f"Valeur totale : {total:.2f}"))
    lines.append(_line("F1", 10, 260, 150, f"Frais de port : {freight:.2f} EUR"))
    return _template().stamp(encode("\n".join(["0.87 g", _SPECIMEN, "0 g BT", *lines, "ET"])))


_SPECIMEN = "BT /F2 140 Tf 0.577 0.816 -0.816 0.577 128 100 Tm (SPECIMEN) Tj ET"


def _line(face: str, size: float, x: float, y: float, words: str) -> str:
    return f"/{face} {size:g} Tf 1 0 0 1 {x:g} {y:g} Tm {text(words)} Tj"


def _party(title: str, lines: list[str], x: float) -> list[str]:
    titled = _line("F2", 9, x, 750, title)
    return [titled, *(_line("F1", 10, x, 734 - 13 * i, line) for i, line in enumerate(lines))]


def _row(y: float, cells: tuple[str, ...], face: str) -> list[str]:
    return [_line(face, 9, x, y, cell) for x, cell in zip(_COLUMNS, cells, strict=True)]


def _cells(article: Article) -> tuple[str, ...]:
    return (
        article.description[:48],
        str(article.quantity),
        f"{article.weight:.2f}",
        f"{article.value:.2f}",
        article.hs_code,
        article.origin_country or "FR",
    )


@cache
def _template() -> Template:
    fonts = "/Font << /F1 4 0 R /F2 5 0 R /F3 6 0 R >>"
    box = f"[0 0 {_WIDTH} {_HEIGHT}]"
    sheet = f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 8 0 R "
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"{sheet}/Resources << {fonts} >> >>".encode(),
        *(font(name) for name in FONTS.values()),
        b"<< /Title (SPECIMEN CN23) /Producer (Colisync sandbox) >>",
    ]
    return template(objects, info=7)
