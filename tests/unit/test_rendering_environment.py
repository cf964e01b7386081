"""Pages and notes."""

from dataclasses import dataclass

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from colisync.rendering.environment import environment, render


@dataclass
class News:
    number: str
    tracking_url: str = ""
    replaces: tuple[str, ...] = ()


def note(language: str, *parcels: News) -> str:
    return render(
        "order_note.txt.j2", language=language, carrier_name="Colissimo", parcels=list(parcels)
    )


def test_a_note_names_carrier_number_and_link() -> None:
    one = News("6A123", "https://suivi.example/?code=6A123&x=1")
    assert note("fr", one).splitlines() == [
        "Envoi par Colissimo.",
        "Numéro de suivi : 6A123",
        "Suivre le colis : https://suivi.example/?code=6A123&x=1",
    ]
    assert note("en", one).splitlines() == [
        "Shipped with Colissimo.",
        "Tracking number: 6A123",
        "Track the parcel: https://suivi.example/?code=6A123&x=1",
    ]


def test_a_note_names_every_parcel_and_what_it_replaces() -> None:
    text = note("fr", News("6A1"), News("6A2", replaces=("6A0",)))
    assert text.splitlines() == [
        "Envoi par Colissimo.",
        "Numéro de suivi : 6A1",
        "Numéro de suivi : 6A2",
        "Ce numéro remplace 6A0.",
    ]


def test_a_page_escapes_what_it_is_given() -> None:
    page = render(
        "label_page.html.j2",
        language="fr",
        title="<script>",
        text="Expirée & close",
        remedy='"Demandez"',
    )
    assert page.startswith("<!doctype html>")
    assert '<html lang="fr">' in page
    assert "<script>" not in page
    assert "Expirée &amp; close" in page
    assert "&#34;Demandez&#34;" in page


def test_a_page_without_remedy_has_no_empty_paragraph() -> None:
    page = render("label_page.html.j2", language="en", title="t", text="x", remedy="")
    assert page.count("<p>") == 1


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("order_note.txt.j2", language="fr", carrier_name="Colissimo")
    with pytest.raises(TemplateNotFound):
        render("absent.html.j2")


def test_one_environment_for_one_set_of_packages() -> None:
    assert environment() is environment([])
    assert environment(["colisync.rendering"]) is environment(("colisync.rendering",))
