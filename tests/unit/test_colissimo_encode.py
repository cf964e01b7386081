"""Requests as the label service takes them."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from colisync.carriers.colissimo import ColissimoCarrier, ColissimoSettings
from colisync.carriers.colissimo.encode import (
    encode_account,
    encode_label,
    encode_tracking,
    printing,
)
from colisync.errors import InvalidShipment, UnsupportedFeature
from colisync.model.label import Direction, LabelFormat, LabelRequest
from colisync.model.pickup import PickupPoint
from colisync.rendering.message import Catalogue, explain
from colisync.testing.contracts.carrier import RECIPIENT, SENDER, label_request

_KEY = ColissimoSettings(api_key="a-key")
_LOGIN = ColissimoSettings(contract_number="900001", password="pass-word", parent_account="800001")
_POINT = PickupPoint(id="012345", network="A2P", country="FR")


def _request(**fields: Any) -> LabelRequest:
    recipient = RECIPIENT.model_copy(update=fields.pop("recipient", {}))
    sender = SENDER.model_copy(update=fields.pop("sender", {}))
    return label_request(
        recipient=recipient, sender=sender, **{"hand_over_on": date(2026, 11, 24), **fields}
    )


def _pickup(**fields: Any) -> LabelRequest:
    return _request(**{"method": "pickup", "pickup_point": _POINT, **fields})


def _letter(request: LabelRequest) -> dict[str, Any]:
    letter: dict[str, Any] = encode_label(request, _KEY).body["letter"]
    return letter


def _refused(request: LabelRequest) -> InvalidShipment:
    """The error, which must read well in both languages."""
    with pytest.raises(InvalidShipment) as caught:
        encode_label(request, _KEY)
    for language in ("fr", "en"):
        text, remedy = explain(caught.value, Catalogue(language))
        assert text != caught.value.key
        assert remedy
        assert "[" not in (text + remedy).replace("[[senders]]", "")
    return caught.value


def test_a_home_label_whole() -> None:
    assert encode_label(_request(), _KEY).body == {
        "outputFormat": {"x": 0, "y": 0, "outputPrintingType": "PDF_10x15_300dpi"},
        "letter": {
            "service": {
                "productCode": "DOM",
                "depositDate": "2026-11-24",
                "orderNumber": "1042",
                "commercialName": "Atelier Lumière",
                "returnTypeChoice": 3,
            },
            "parcel": {"weight": 1.25, "nonMachinable": False},
            "sender": {
                "senderParcelRef": "ABCDEFGH2345",
                "address": {
                    "companyName": "Atelier Lumière",
                    "line2": "12 rue des Lilas",
                    "countryCode": "FR",
                    "city": "Lyon",
                    "zipCode": "69003",
                    "phoneNumber": "0478000000",
                    "email": "expedition@example.org",
                },
            },
            "addressee": {
                "addresseeParcelRef": "1042",
                "address": {
                    "lastName": "Martin",
                    "firstName": "Zoé",
                    "line2": "3 place du Marché",
                    "countryCode": "FR",
                    "city": "Paris",
                    "zipCode": "75015",
                    "phoneNumber": "0612093457",
                    "email": "zoe@example.org",
                },
            },
        },
    }


def test_a_pickup_label_carries_point_mobile_and_shop() -> None:
    """A peer always sends the point empty; the buyer keeps name and contact of their own."""
    letter = _letter(_pickup())
    assert letter["service"]["productCode"] == "HD"
    assert letter["service"]["commercialName"] == "Atelier Lumière"
    assert letter["parcel"]["pickupLocationId"] == "012345"
    assert letter["parcel"]["nonMachinable"] is False
    address = letter["addressee"]["address"]
    assert address["mobileNumber"] == "0612093457"
    assert "phoneNumber" not in address


def test_the_point_is_forbidden_elsewhere() -> None:
    letter = _letter(_request(pickup_point=_POINT))
    assert "pickupLocationId" not in letter["parcel"]


def test_the_key_is_no_part_of_the_body_and_the_login_is() -> None:
    body = encode_label(_request(), _KEY).body
    assert "contractNumber" not in body
    assert "fields" not in body
    assert "a-key" not in json.dumps(body)
    body = encode_label(_request(), _LOGIN).body
    assert (body["contractNumber"], body["password"]) == ("900001", "pass-word")
    assert body["fields"] == {"field": [{"key": "ACCOUNT_NUMBER", "value": "800001"}]}


def test_the_other_services_take_credentials_in_their_own_way() -> None:
    assert encode_tracking("6A1", _KEY) == {
        "apiKey": "a-key", "parcelNumber": "6A1", "lang": "fr_FR",
    }  # fmt: skip
    assert encode_tracking("6A1", _LOGIN)["login"] == "900001"
    assert encode_account(_KEY) == {"credential": {"apiKey": "a-key"}}
    assert encode_account(_LOGIN) == {
        "credential": {"login": "900001", "password": "pass-word"},
        "partnerClientCode": "800001",
    }


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"api_key": ""},
        {"password": "x", "contract_number": ""},
        {"api_key": "x", "password": "y", "contract_number": "900001"},
        {"api_key": "x", "contract_number": "12"},
        {"api_key": "x", "unheard_of": 1},
    ],
)
def test_settings_want_one_way_in(words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ColissimoSettings(**words)


def test_every_setting_says_what_it_is() -> None:
    for name, field in ColissimoSettings.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    ("grams", "kilograms"),
    [(1, 0.01), (10, 0.01), (14, 0.01), (15, 0.02), (999, 1.0), (1250, 1.25), (30_000, 30.0)],
)
def test_weights_are_json_numbers_and_never_zero(grams: int, kilograms: float) -> None:
    assert _letter(_request(weight_g=grams))["parcel"]["weight"] == kilograms


@pytest.mark.parametrize(
    ("request_", "key", "field"),
    [
        (_request(weight_g=0), "weight_missing", "weight_g"),
        (_request(weight_g=30_001), "too_heavy", "weight_g"),
        (_pickup(weight_g=20_001), "too_heavy_for_shop", "weight_g"),
        (_request(recipient={"country": ""}), "country_missing", "recipient.country"),
        (_request(recipient={"country": "QQ"}), "country_not_served", "recipient.country"),
        (_request(sender={"country": "DE"}), "sender_not_served", "sender.country"),
        (_request(sender={"street": ""}), "sender_wrong", "sender.street"),
        (_request(recipient={"country": "US"}), "customs_not_yet", "recipient.country"),
        (_request(recipient={"postcode": "97400"}), "customs_not_yet", "recipient.country"),
        (
            _request(method="home_signature", recipient={"country": "ES", "postcode": "35001"}),
            "customs_not_yet",
            "recipient.country",
        ),
        (_request(recipient={"country": "DE"}), "home_not_sold", "method"),
        (_pickup(recipient={"country": "GR"}), "method_not_sold", "method"),
        (_pickup(pickup_point=None), "pickup_point_missing", "pickup_point"),
        (_pickup(pickup_point=PickupPoint(id="FR-1")), "pickup_point_wrong", "pickup_point"),
        (
            _pickup(pickup_point=PickupPoint(id="123456", source="sendcloud")),
            "pickup_point_foreign",
            "pickup_point",
        ),
        (
            _pickup(pickup_point=PickupPoint(id="012345", country="BE")),
            "pickup_point_abroad",
            "pickup_point",
        ),
        (
            _pickup(pickup_point=PickupPoint(id="012345", network="X00")),
            "pickup_point_network",
            "pickup_point",
        ),
        (_pickup(shop_name="", sender={"company": "", "first_name": "A", "last_name": "B"}),
         "shop_name_missing", "shop_name"),
        (_pickup(recipient={"phone": ""}), "mobile_missing", "recipient.phone"),
        (_pickup(recipient={"phone": "0145093457"}), "mobile_wrong", "recipient.phone"),
        (_pickup(recipient={"phone": "0612345678"}), "mobile_made_up", "recipient.phone"),
        (_pickup(recipient={"email": ""}), "email_missing", "recipient.email"),
        (_pickup(recipient={"email": "zoe@example"}), "email_wrong", "recipient.email"),
        (_pickup(recipient={"first_name": ""}), "first_name_missing", "recipient.first_name"),
        (
            _pickup(recipient={"first_name": "", "company": "Café"}),
            "first_name_missing",
            "recipient.first_name",
        ),
        (
            _pickup(options={"non_machinable": True}),
            "non_machinable_pickup",
            "options.non_machinable",
        ),
        (_request(options={"by_drone": True}), "option_wrong", "options.by_drone"),
        (_request(options={"non_machinable": "?"}), "option_wrong", "options.non_machinable"),
        (_request(insurance_eur=100), "insurance_not_sold", "insurance_eur"),
        (
            _request(method="home_signature", insurance_eur=5001),
            "insurance_too_high",
            "insurance_eur",
        ),
        (_pickup(insurance_eur=1001), "insurance_too_high", "insurance_eur"),
        (
            _request(recipient={"country": "BE", "postcode": "1000", "phone": ""}),
            "mobile_missing",
            "recipient.phone",
        ),
        (
            _request(recipient={"country": "BE", "postcode": "1000", "phone": "+3222120934"}),
            "mobile_wrong",
            "recipient.phone",
        ),
        (_request(shop_name="ギフト"), "letters_unreadable", "shop_name"),
    ],
)  # fmt: skip
def test_what_cannot_ship_names_our_field(request_: LabelRequest, key: str, field: str) -> None:
    error = _refused(request_)
    assert (error.key, error.field) == (f"colissimo.{key}", field)


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        (_request(weight_g=30_001), "split"),
        (_pickup(weight_g=20_001), "split"),
        (_request(weight_g=0), None),
    ],
)
def test_the_verb_that_cures_is_hinted_where_it_is_not_edit(
    request_: LabelRequest, hint: str | None
) -> None:
    assert _refused(request_).hint == hint


def test_home_where_only_signature_is_sold_offers_it() -> None:
    error = _refused(_request(recipient={"country": "DE"}))
    assert "home_signature" in str(error.params["sold"])
    assert "home_signature" in explain(error, Catalogue("fr"))[1]


@pytest.mark.parametrize(
    "method",
    ["overseas_economy", "return_fr", "return_international", "return_token", "return_letterbox"],
)
def test_methods_of_later_versions_are_named(method: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        encode_label(_request(method=method), _KEY)
    assert (caught.value.key, caught.value.params) == (
        "colissimo.method_not_yet",
        {"method": method},
    )
    assert method not in ColissimoCarrier.methods


def test_a_return_by_an_outward_method_is_unsupported() -> None:
    with pytest.raises(UnsupportedFeature):
        encode_label(_request(direction=Direction.RETURN), _KEY)


@pytest.mark.parametrize(
    ("asked", "cents"),
    [(1, 15_000), (150, 15_000), (151, 30_000), (999, 100_000), (2001, 500_000), (5000, 500_000)],
)
def test_insurance_is_the_level_that_contains_it(asked: int, cents: int) -> None:
    parcel = _letter(_request(method="home_signature", insurance_eur=asked))["parcel"]
    assert parcel["insuranceValue"] == cents


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pdf_10x15", "PDF_10x15_300dpi"),
        ("pdf_10x12", "PDF_10x12_300dpi"),
        ("pdf_10x10", "PDF_10x10_300dpi"),
        ("pdf_a4", "PDF_A4_300dpi"),
        ("zpl_203", "ZPL_10x15_203dpi"),
        ("zpl_10x12_300", "ZPL_10x12_300dpi"),
        ("zpl_10x10_203", "ZPL_10x10_203dpi"),
        ("dpl_10x15_300", "DPL_10x15_300dpi"),
        ("dpl_10x12_203", "DPL_10x12_203dpi"),
        ("dpl_10x10_300", "DPL_10x10_300dpi"),
    ],
)
def test_every_format_has_its_name(text: str, name: str) -> None:
    assert printing(LabelFormat.parse(text)) == name


def test_a_long_order_number_keeps_its_end() -> None:
    number = "BOUTIQUE-2026-ATELIER-LUMIERE-000001042"
    encoded = encode_label(_request(order_number=number), _KEY)
    letter = encoded.body["letter"]
    assert letter["service"]["orderNumber"] == number[-30:]
    assert letter["addressee"]["addresseeParcelRef"] == number[-15:]
    assert encoded.notes[0][1]["field"] == "order_number"


def test_remarks_are_cleaned_and_the_rest_is_told() -> None:
    said = "Sonnez deux fois, l'entrée est à gauche du portail vert"
    encoded = encode_label(_request(instructions=said), _KEY)
    kept = encoded.body["letter"]["parcel"]["instructions"]
    assert kept == "Sonnez deux fois l entree est a"
    (note,) = encoded.notes
    assert f"{kept} {note[1]['text']}" == ("Sonnez deux fois l entree est a gauche du portail vert")


def test_the_buyers_own_remark_is_used_where_there_is_no_other() -> None:
    parcel = _letter(_request(recipient={"instructions": "Au fond de la cour"}))["parcel"]
    assert parcel["instructions"] == "Au fond de la cour"


def test_a_door_code_too_long_for_its_member_is_said_in_the_remark() -> None:
    address = _letter(_request(recipient={"door_code": "A1234"}))["addressee"]["address"]
    assert address["doorCode1"] == "A1234"
    long = _letter(_request(recipient={"door_code": "12A34 puis 56B"}))
    assert "doorCode1" not in long["addressee"]["address"]
    assert long["parcel"]["instructions"] == "12A34 puis 56B"


def test_the_sender_gives_the_shop_its_name_where_there_is_none() -> None:
    service = _letter(_pickup(shop_name=""))["service"]
    assert service["commercialName"] == "Atelier Lumière"


def test_overseas_within_one_island() -> None:
    sender = {"country": "RE", "postcode": "97400", "city": "Saint-Denis"}
    recipient = {"country": "FR", "postcode": "97410", "city": "Saint-Pierre"}
    letter = _letter(_request(sender=sender, recipient=recipient))
    assert letter["service"]["productCode"] == "COLD"
    assert letter["addressee"]["address"]["countryCode"] == "RE"


def test_nothing_is_sent_empty_and_no_number_is_a_string() -> None:
    """The service wants optional members left out; a peer sends numbers as strings."""
    for request in (_request(), _pickup(), _request(sender={"phone": "", "email": ""})):
        payload = json.loads(encode_label(request, _LOGIN).payload())
        _walk(payload, "")


def _walk(found: object, path: str) -> None:
    if isinstance(found, dict):
        for name, value in found.items():
            _walk(value, f"{path}.{name}")
    elif isinstance(found, list):
        assert found, path
        for value in found:
            _walk(value, path)
    else:
        assert found != "", path
        assert found is not None, path
        if path.endswith(("weight", ".x", ".y", "returnTypeChoice", "insuranceValue")):
            assert isinstance(found, int | float), path
        if path.endswith("nonMachinable"):
            assert isinstance(found, bool), path


def test_offers_tell_what_is_sold_instead() -> None:
    carrier = ColissimoCarrier.__new__(ColissimoCarrier)
    offers = {o.method: o for o in carrier.offers(_request(recipient={"country": "DE"}))}
    assert [o.method for o in offers.values() if o.sold] == ["home_signature", "pickup"]
    assert offers["home"].sold_instead == ("home_signature", "pickup")
    swiss = carrier.offers(_request(recipient={"country": "CH"}))
    assert {o.reason for o in swiss} == {"colissimo.customs_not_yet"}
    nowhere = carrier.offers(_request(recipient={"country": ""}))
    assert {o.reason for o in nowhere} == {"colissimo.country_missing"}
