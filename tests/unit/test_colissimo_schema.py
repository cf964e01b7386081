"""Every body we send is one that the service's schema, and the emulator's strict model, take."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from colisync.carriers.colissimo import ColissimoSettings
from colisync.carriers.colissimo.encode import Encoded, encode_label, encode_reprint
from colisync.errors import InvalidShipment
from colisync.model.address import Address
from colisync.model.label import LabelFormat, LabelRequest
from colisync.model.pickup import PickupPoint
from colisync.sandbox.colissimo.lengths import shorten
from colisync.sandbox.colissimo.request import CheckRequest
from colisync.testing.contracts.carrier import RECIPIENT, SENDER, label_request
from colisync.testing.published import COLISSIMO, faults

_SETTINGS = (
    ColissimoSettings(api_key="a-key"),
    ColissimoSettings(contract_number="900001", password="secret", parent_account="800001"),
)
_FORMATS = [
    LabelFormat.parse(text)
    for text in ("pdf_10x15", "pdf_10x12", "pdf_10x10", "pdf_a4", "zpl_203", "dpl_10x12_300")
]
_LATIN = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ éèàçœßłŠ’–'-.,/0123456789🎁"), max_size=60
)
_PLACES = st.sampled_from(
    [
        ("FR", "75015"), ("FR", "20000"), ("MC", "98000"), ("BE", "1000"), ("DE", "10115"),
        ("LU", "L-1234"), ("NL", "1012 AB"), ("AT", "1010"), ("ES", "28001"), ("IE", "D02 X285"),
        ("IT", "00118"), ("PT", "1000-001"), ("CZ", "110 00"), ("DK", "1050"), ("EE", "10111"),
        ("HU", "1011"), ("LT", "01100"), ("PL", "00-950"), ("SE", "111 22"), ("SI", "1000"),
        ("SK", "811 01"), ("LV", "1010"), ("FI", "00100"), ("GR", "104 31"), ("HR", "10000"),
        ("MT", "VLT 1117"), ("RO", "010011"), ("BG", "1000"), ("CY", "1010"),
    ]
)  # fmt: skip
_PHONES = st.sampled_from(
    ["", "06 12 09 34 57", "+32 475 12 09 34", "+49 171 1209345", "n/a", "0612345678"]
)


@st.composite
def _requests(draw: st.DrawFn) -> LabelRequest:
    country, postcode = draw(_PLACES)
    method = draw(st.sampled_from(["home", "home_signature", "pickup"]))
    recipient = Address(
        company=draw(st.one_of(st.just(""), _LATIN)),
        first_name=draw(st.one_of(st.just("Zoé"), _LATIN)),
        last_name=draw(st.one_of(st.just("Martin"), _LATIN)),
        street=draw(st.one_of(st.just("3 place du Marché"), _LATIN)),
        street2=draw(_LATIN),
        street3=draw(st.one_of(st.just(""), _LATIN)),
        postcode=postcode,
        city=draw(st.one_of(st.just("Ville"), _LATIN)),
        country=country,
        phone=draw(_PHONES),
        email=draw(st.sampled_from(["zoe@example.org", "", "zoe@"])),
        door_code=draw(st.sampled_from(["", "A1234", "12A34 puis 56B"])),
    )
    return label_request(
        method=method,
        recipient=recipient,
        pickup_point=PickupPoint(id="012345", country=country) if method == "pickup" else None,
        weight_g=draw(st.integers(1, 30_000)),
        insurance_eur=draw(st.sampled_from([0, 0, 150, 700, 5000])),
        label_format=draw(st.sampled_from(_FORMATS)),
        instructions=draw(_LATIN),
        order_number=draw(_LATIN),
        shop_name=draw(st.one_of(st.just("Atelier Lumière"), _LATIN)),
        options=draw(st.sampled_from([{}, {"non_machinable": True}])),
        hand_over_on=date(2026, 11, 24),
    )


def _encoded(request: LabelRequest, contract: ColissimoSettings) -> Encoded:
    try:
        return encode_label(request, contract)
    except InvalidShipment:
        assume(False)
        raise


def _sent(request: LabelRequest, contract: ColissimoSettings) -> Any:
    return json.loads(_encoded(request, contract).payload())


_WIDE = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@_WIDE
@given(_requests(), st.sampled_from(_SETTINGS))
def test_bodies_are_what_the_strict_model_takes_and_nothing_is_cut(
    request: LabelRequest, contract: ColissimoSettings
) -> None:
    """Over-long text would be truncated by the service with a warning: we never send any."""
    model = CheckRequest.model_validate_json(json.dumps(_sent(request, contract)))
    assert shorten(model)[1] == []


@pytest.mark.skipif(not COLISSIMO.exists(), reason="the published schema is not here")
@_WIDE
@given(_requests(), st.sampled_from(_SETTINGS))
def test_bodies_are_what_the_published_schema_says(
    request: LabelRequest, contract: ColissimoSettings
) -> None:
    assert faults(_sent(request, contract), "GenerateLabelRequestV31") == []


@pytest.mark.skipif(not COLISSIMO.exists(), reason="the published schema is not here")
def test_the_schema_check_can_fail() -> None:
    body = _sent(label_request(), _SETTINGS[0])
    body["letter"]["parcel"]["weight"] = "1.25"
    body["letter"]["unheard"] = 1
    body["letter"]["service"]["depositDate"] = "demain"
    del body["letter"]["addressee"]["address"]["zipCode"]
    body["outputFormat"]["x"] = False
    assert len(faults(body, "GenerateLabelRequestV31")) == 5


@pytest.mark.skipif(not COLISSIMO.exists(), reason="the published schema is not here")
def test_the_reprint_is_what_the_published_schema_says() -> None:
    body = encode_reprint("6A12345678905", _FORMATS[0])
    assert faults(body, "GetLabelRequest") == []


@_WIDE
@given(_requests())
def test_every_word_of_the_recipient_is_sent_or_told(request: LabelRequest) -> None:
    """Nothing of name and address disappears: it is on the label, or in the notes."""
    encoded = _encoded(request, _SETTINGS[0])
    address = encoded.body["letter"]["addressee"]["address"]
    sent = " ".join(str(value) for value in address.values()).replace(",", " ").split()
    dropped = "".join(str(note[1]["text"]) for note in encoded.notes)
    fields = ("company", "first_name", "last_name", "street", "street2", "street3", "city")
    for name in fields:
        for word in getattr(request.recipient, name).replace(",", " ").split():
            if word.isascii() and word.isalnum():
                assert word in sent or word in dropped


def test_the_fixed_parties_are_sold() -> None:
    assert encode_label(label_request(), _SETTINGS[0]).notes == []
    assert RECIPIENT.country == SENDER.country == "FR"
