"""The tables: whole, well-formed, and each of their messages written in both languages."""

import ast
import json
import re
from pathlib import Path

import pytest

from colisync.carriers.colissimo import ColissimoCarrier
from colisync.carriers.colissimo.codes import meaning, meanings
from colisync.carriers.colissimo.coverage import (
    METHODS,
    country_of,
    coverage,
    needs_customs,
)
from colisync.carriers.colissimo.refusals import DATA, refusals
from colisync.errors import InvalidShipment
from colisync.model.address import Address
from colisync.model.label import LabelRequest
from colisync.model.tracking import TrackingReason, TrackingStatus
from colisync.rendering.message import Catalogue
from colisync.testing.contracts.carrier import SENDER

_REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "colissimo.md"
_CAPABILITIES = json.loads((DATA / "capabilities.json").read_text())
# Not fields of a request, but of what later versions add to it.
_LATER_FIELDS = {"customs", "items.hs_code", "items.origin", "items.weight_g", "items.name"}


def _to(country: str, postcode: str = "10000") -> Address:
    return Address(country=country, postcode=postcode)


def _from(country: str) -> Address:
    return SENDER.model_copy(update={"country": country})


@pytest.mark.parametrize(
    "name", ["capabilities", "dial_codes", "label_errors", "letters", "tracking_events"]
)
def test_each_table_states_document_and_date(name: str) -> None:
    table = json.loads((DATA / f"{name}.json").read_text())
    assert table["document"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", table["read_on"])


def test_the_mainland_table_covers_every_territory_once() -> None:
    listed = [code for row in _CAPABILITIES["mainland"] for code in row["territories"].split()]
    assert len(listed) == len(set(listed)) == 251
    overseas = [code for row in _CAPABILITIES["overseas"] for code in row["territories"].split()]
    assert sorted(overseas) == sorted(listed)


@pytest.mark.parametrize(
    ("country", "products"),
    [
        ("FR", ("DOM", "DOS", "HD")),
        ("MC", ("DOM", "DOS", "HD")),
        ("BE", ("DOM", "DOS", "HD")),
        ("DE", ("", "DOS", "HD")),
        ("LV", ("", "DOS", "HD")),
        ("GR", ("", "DOS", "")),
        ("GB", ("", "DOS", "")),
        ("RE", ("COM", "CDS", "")),
        ("NC", ("COM", "CDS", "")),
        ("MF", ("COM", "CDS", "")),
        ("CH", ("DOM", "DOS", "")),
        ("AD", ("DOM", "DOS", "")),
    ],
)
def test_products_by_destination(country: str, products: tuple[str, str, str]) -> None:
    territory = coverage(SENDER, _to(country))
    assert tuple(territory.product(method) for method in METHODS) == products


@pytest.mark.parametrize(
    ("country", "postcode", "needed"),
    [
        ("FR", "75015", False),
        ("ES", "28001", False),
        ("ES", "35001", True),
        ("ES", "38 001", True),
        ("DE", "27498", True),
        ("DE", "78266", True),
        ("IT", "23030", True),
        ("IT", "23031", False),
        ("GR", "630 86", True),
        ("AD", "AD100", True),
        ("GB", "SW1A 1AA", True),
        ("RE", "97400", True),
    ],
)
def test_where_a_declaration_is_due(country: str, postcode: str, needed: bool) -> None:
    recipient = _to(country, postcode)
    assert needs_customs(coverage(SENDER, recipient), recipient) is needed


@pytest.mark.parametrize(
    ("postcode", "country"),
    [
        ("97400", "RE"),
        ("97133", "BL"),
        ("97150", "MF"),
        ("97190", "GP"),
        ("98000", "MC"),
        ("98 800", "NC"),
        ("98735", "PF"),
        ("20000", "FR"),
        ("75015", "FR"),
    ],
)
def test_an_overseas_postcode_under_fr_is_its_own_territory(postcode: str, country: str) -> None:
    assert country_of(_to("FR", postcode)) == country


def test_a_sender_overseas() -> None:
    island = coverage(_from("RE"), _to("RE"))
    assert (island.home, island.home_signature, island.pickup, island.cn23) == (
        "COLD",
        "COL",
        "",
        False,
    )
    neighbour = coverage(_from("GP"), _to("MQ"))
    assert (neighbour.home, neighbour.cn23) == ("COLD", True)
    assert coverage(_from("RE"), _to("GP")).home == "COM"
    assert coverage(_from("RE"), _to("DE")).home_signature == "COLI"
    assert coverage(_from("RE"), _to("FR")).cn23


@pytest.mark.parametrize(
    ("sender", "recipient", "key"),
    [
        ("BE", "FR", "sender_not_served"),
        ("", "FR", "sender_not_served"),
        ("FR", "", "country_missing"),
        ("FR", "QQ", "country_not_served"),
        ("RE", "QQ", "country_not_served"),
    ],
)
def test_what_is_not_served_is_said(sender: str, recipient: str, key: str) -> None:
    with pytest.raises(InvalidShipment) as caught:
        coverage(_from(sender), _to(recipient))
    assert caught.value.key == f"colissimo.{key}"


def test_every_published_event_is_in_the_table() -> None:
    """A peer maps three codes and calls everything else "in transit"."""
    table = json.loads((DATA / "tracking_events.json").read_text())
    published = [code for row in table["events"] for code in row["codes"].split()]
    assert len(published) == len(set(published)) == 321  # 320 of the plug-in, and COMCFM
    assert set(published) <= set(meanings())


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("COMCFM", "announced", None),
        ("DEPGUI", "accepted", None),
        ("PCHCFM", "in_transit", None),
        ("AEC", "in_transit", None),
        ("AARCFM", "out_for_delivery", None),
        ("RENAVI", "attempt_failed", "absent"),
        ("AARREL", "at_pickup_point", None),
        ("LIVCFM", "delivered", None),
        ("LIVVPC", "delivered", None),
        ("RSTTAF", "in_transit", None),
        ("DOUTAX", "in_transit", "customs"),
        ("DOUPRO", "exception", "customs"),
        ("RENAIN", "exception", "address"),
        ("RENVOL", "exception", "capacity"),
        ("AARTER", "exception", "sorting"),
        ("REFISO", "exception", "damage"),
        ("RENAVA", "returning", "refused"),
        ("RENDID", "returning", "not_collected"),
        ("LIVEXP", "returned", None),
        ("ANNULE", None, None),
        ("DSCOUV", None, None),
        ("ECHCFM", None, None),
        ("ZZZZZZ", "unknown", None),
    ],
)
def test_what_codes_mean(code: str, status: str | None, reason: str | None) -> None:
    expected = (
        TrackingStatus(status) if status else None,
        TrackingReason(reason) if reason else None,
    )
    assert meaning(code) == expected


@pytest.mark.skipif(not _REFERENCE.exists(), reason="the reference pages are not here")
def test_every_label_error_of_the_reference_is_in_the_table() -> None:
    text = _REFERENCE.read_text()
    section = text[text.index("## 7. Label error codes") : text.index("International routing:")]
    codes: set[str] = set()
    for line in section.splitlines():
        cell = line.split("|")[1] if line.startswith("| ") else ""
        if "–" in cell:
            first, last = map(int, cell.split("–"))
            codes |= {str(code) for code in range(first, last + 1)}
        else:
            codes |= set(re.findall(r"\d+", cell))
    assert len(codes) > 150
    assert codes - {"0"} <= set(refusals())


def test_routing_errors_are_in_the_table() -> None:
    numbers = [*range(10), *range(12, 28), *range(200, 213), *range(300, 306), 1005, 1008, 1100]
    missing = {f"ROUTING_{n}" for n in numbers} - set(refusals()) - {"ROUTING_10", "ROUTING_11"}
    assert missing == set()
    geo = [*range(101, 110), 124, 125]
    assert {f"GEO_ROUTING_IV{n}" for n in geo} <= set(refusals())


def test_every_refusal_knows_whose_turn_it_is() -> None:
    turns = {"invalid", "rejected", "authentication", "unavailable"}
    for code, refusal in refusals().items():
        assert refusal.turn in turns, code
        assert bool(refusal.field) == (refusal.turn == "invalid"), code


def test_fields_are_named_as_our_requests_name_them() -> None:
    ours = {*LabelRequest.model_fields, "customs"}
    parts = {f"{who}.{name}" for who in ("sender", "recipient") for name in Address.model_fields}
    for refusal in refusals().values():
        head = refusal.field.split(".")[0]
        assert not refusal.field or head in ours
        assert head not in ("sender", "recipient") or refusal.field in {*parts, head}


def _keys() -> set[str]:
    """Every key that the carrier can utter: of its table and of its source."""
    keys = {refusal.key for refusal in refusals().values()}
    keys |= {method.name_key for method in ColissimoCarrier.methods.values()}
    for path in Path(str(DATA)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            keys |= {word for word in _words(node) if word.startswith("colissimo.")}
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_error":
                named = {word for part in ast.walk(node.args[1]) for word in _words(part)}
                keys |= {f"colissimo.{word}" for word in named}
    return keys - {"colissimo.carriers"}


def _words(node: ast.AST) -> list[str]:
    """A constant that may be a key."""
    found = node.value if isinstance(node, ast.Constant) else None
    return [found] if isinstance(found, str) and re.fullmatch(r"[a-z_.]*[a-z]", found) else []


_SPEAKS_FOR_ITSELF = {"colissimo.left_out", "colissimo.shortened"}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_key_has_a_text_and_a_remedy(language: str) -> None:
    directory = Path(str(DATA)).parents[2] / "locale"
    texts = set(
        re.findall(r'^msgid "(.+)"', (directory / language / "colissimo.po").read_text(), re.M)
    )
    silent = {"colissimo.check_labels", "colissimo.check_tracking", *_SPEAKS_FOR_ITSELF}
    keys = _keys()
    assert len(keys) > 120
    assert keys - texts == set()
    remedies = {key for key in keys if ".method." not in key} - silent
    assert {f"{key}.remedy" for key in remedies} - texts == set()
    assert {text.removesuffix(".remedy") for text in texts} - keys == set()


def test_texts_use_only_what_their_errors_carry() -> None:
    """A text that asks for a parameter which nobody gives would show its name in brackets."""
    for language in ("fr", "en"):
        catalogue = Catalogue(language)
        for code, refusal in refusals().items():
            params = {"code": code, "text": "TEXTE", "field": refusal.field}
            shown = catalogue.text(refusal.key, params) + catalogue.remedy(refusal.key, params)
            assert "%(" not in shown
            assert "[" not in shown.replace("[[senders]]", ""), refusal.key
