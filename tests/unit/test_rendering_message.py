"""Messages in French and English."""

from pathlib import Path

import pytest

from colisync.errors import ColisyncError, InvalidShipment, RateLimited, Rejected, Scalar
from colisync.rendering.message import CORE_LOCALE, Catalogue, explain

FR = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#, python-format
msgid "box.full"
msgstr "Colis n° %(number)s trop lourd : %(weight)d g, 100 %% plein."

#, python-format
msgid "box.full.remedy"
msgstr "Séparez « %(field)s » en deux."

msgid "box.plain"
msgstr "Tarif à 100 %"

#, python-format
msgid "box.odd"
msgstr "%(number)s et 20 %!"

msgid "box.french"
msgstr "Seulement ici."
"""
EN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#, python-format
msgid "box.full"
msgstr "Parcel %(number)s too heavy: %(weight)d g."

msgid "box.english"
msgstr "Only here."

msgid "box.empty"
msgstr ""
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for language, text in (("fr", FR), ("en", EN)):
        (tmp_path / language).mkdir()
        (tmp_path / language / "box.po").write_text(text, encoding="utf-8")
    return tmp_path


def test_each_reader_gets_their_language(directory: Path) -> None:
    params: dict[str, Scalar] = {"number": "6A1", "weight": 31000}
    assert (
        Catalogue("fr", [directory]).text("box.full", params)
        == "Colis n° 6A1 trop lourd : 31000 g, 100 % plein."
    )
    assert Catalogue("en", [directory]).text("box.full", params) == (
        "Parcel 6A1 too heavy: 31000 g."
    )


def test_the_other_language_is_better_than_a_key(directory: Path) -> None:
    assert Catalogue("en", [directory]).text("box.french") == "Seulement ici."
    assert Catalogue("fr", [directory]).text("box.english") == "Only here."
    assert Catalogue("de", [directory]).text("box.french") == "Seulement ici."


def test_a_key_that_nobody_wrote_shows_itself(directory: Path) -> None:
    catalogue = Catalogue("fr", [directory, directory / "absent"])
    assert catalogue.text("box.absent") == "box.absent"
    assert catalogue.text("box.empty") == "box.empty"
    assert catalogue.remedy("box.absent") == ""


def test_a_parameter_that_is_missing_or_odd_never_raises(directory: Path) -> None:
    catalogue = Catalogue("fr", [directory])
    assert catalogue.remedy("box.full") == "Séparez « [field] » en deux."
    assert catalogue.remedy("box.full", {"field": None}) == "Séparez «  » en deux."
    assert "%(weight)d" in catalogue.text("box.full", {"number": "6A1", "weight": "lots"})
    assert catalogue.text("box.plain") == "Tarif à 100 %"
    assert catalogue.text("box.odd", {"number": 1}) == "%(number)s et 20 %!"
    assert catalogue.text("box.full", {"number": "%(x)s %", "weight": 1}).startswith(
        "Colis n° %(x)s % trop"
    )


def test_an_error_explains_itself(directory: Path) -> None:
    catalogue = Catalogue("fr", [directory])
    error = InvalidShipment("box.full", field="weight_g", params={"number": "6A1", "weight": 31000})
    assert explain(error, catalogue) == (
        "Colis n° 6A1 trop lourd : 31000 g, 100 % plein.",
        "Séparez « weight_g » en deux.",
    )
    hinted = ColisyncError("box.french", hint="Essayez encore.")
    assert explain(hinted, catalogue) == ("Seulement ici.", "Essayez encore.")


def test_our_own_catalogue_is_the_default() -> None:
    refused = Rejected(
        "wire.rejected", code="400", text="Poids invalide", params={"remote": "B", "status": 400}
    )
    assert CORE_LOCALE.is_dir()
    assert explain(refused, Catalogue("fr"))[0] == "B refuse la demande (400) : Poids invalide"
    assert explain(refused, Catalogue("en"))[0] == "B refuses the request (400): Poids invalide"
    limited = RateLimited("wire.rate_limited", retry_after=5, params={"remote": "B", "status": 429})
    assert explain(limited, Catalogue("en"))[0] == "B asks to wait (429)."
