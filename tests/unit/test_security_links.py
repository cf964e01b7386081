"""Label links: they end by themselves and cannot be made by others."""

import time

import pytest
from cryptography.fernet import Fernet

from colisync.errors import ColisyncError, UnsupportedFeature
from colisync.security.links import LabelLinks

KEY = Fernet.generate_key().decode()
URL = "https://colis.example/"


def token_of(url: str) -> str:
    assert url.startswith("https://colis.example/l/")
    return url.rpartition("/")[2]


def test_a_link_leads_back_to_its_parcel() -> None:
    links = LabelLinks(KEY, URL, 30)
    assert links.read(token_of(links.url(42, "atelier"))) == ("atelier", 42)


def test_a_link_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    links = LabelLinks(KEY, URL, 30)
    token = token_of(links.url(42, "atelier"))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30 * 86400 - 60)
    assert links.read(token) == ("atelier", 42)
    monkeypatch.setattr(time, "time", lambda: now + 30 * 86400 + 60)
    with pytest.raises(ColisyncError) as caught:
        links.read(token)
    assert caught.value.key == "security.link_expired"


def test_a_changed_link_is_refused() -> None:
    links = LabelLinks(KEY, URL, 30)
    token = token_of(links.url(42, "atelier"))
    other = token_of(links.url(43, "atelier"))
    mixed = other.partition(".")[0] + "." + token.partition(".")[2]
    for forged in ("", "x", "é.b.c", token[:-2], token + "A", mixed):
        with pytest.raises(ColisyncError) as caught:
            links.read(forged)
        assert caught.value.key == "security.link_forged"


def test_a_link_of_another_key_is_refused_even_when_it_is_old() -> None:
    with pytest.raises(ColisyncError) as caught:
        LabelLinks(KEY, URL, 30).read(
            token_of(LabelLinks(Fernet.generate_key().decode(), URL, 30).url(1, "w"))
        )
    assert caught.value.key == "security.link_forged"


def test_the_signing_key_is_not_the_sealing_key() -> None:
    from itsdangerous import URLSafeTimedSerializer

    forged = str(URLSafeTimedSerializer(KEY).dumps(["atelier", 42]))
    with pytest.raises(ColisyncError):
        LabelLinks(KEY, URL, 30).read(forged)


def test_links_outlive_a_change_of_key() -> None:
    new = Fernet.generate_key().decode()
    old_link = token_of(LabelLinks(KEY, URL, 30).url(1, "w"))
    both = LabelLinks([new, KEY], URL, 30)
    assert both.read(old_link) == ("w", 1)
    assert LabelLinks(new, URL, 30).read(token_of(both.url(2, "w"))) == ("w", 2)


def test_without_a_public_url_there_is_no_link() -> None:
    with pytest.raises(UnsupportedFeature):
        LabelLinks(KEY, "", 30).url(1, "w")
    assert KEY not in repr(LabelLinks(KEY, URL, 30))
