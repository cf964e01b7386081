"""What the contract's own services say of it, as lines of `colisync check`. Pure."""

from datetime import date
from typing import Any

from colisync.carriers.colissimo.decode import read_json
from colisync.model.address import Address
from colisync.model.label import LabelFormat, LabelRequest
from colisync.ports.http import HttpAnswer
from colisync.ports.shop import Finding

# Right in its check digit, and nobody's: asking for it tells only whether one may ask.
PROBE_NUMBER = "6A00000000000"


def sample_request(hand_over_on: date) -> LabelRequest:
    """A parcel within France that nobody sends: checkGenerateLabel makes no number of it."""
    place = {"street": "10 rue de la Paix", "postcode": "75002", "city": "Paris", "country": "FR"}
    return LabelRequest(
        reference="COLISYNCTEST",
        order_number="CHECK",
        method="home",
        sender=Address(company="Colisync", **place),
        recipient=Address(first_name="Camille", last_name="Martin", **place),
        weight_g=500,
        label_format=LabelFormat.parse("pdf_10x15"),
        hand_over_on=hand_over_on,
        shop_name="Colisync",
    )


def decode_account(answer: HttpAnswer) -> tuple[str, list[Finding]]:
    """The contract's commercial name (Facilité, Privilège), empty where it is not told, and what
    its holder should know. Source: reference §0.2."""
    found = read_json(answer.body)
    offer = found.get("contractType")
    if answer.status != 200 or not isinstance(offer, str):
        words = str(found.get("messageErreur") or f"HTTP {answer.status}")
        return "", [warning("colissimo.account_unreadable", text=words)]
    findings = [] if _terms_accepted(found) else [warning("colissimo.terms_not_accepted")]
    return _OFFERS.get(offer.upper(), offer.capitalize()), findings


_OFFERS = {"FACILITE": "Facilité", "PRIVILEGE": "Privilège"}


def _terms_accepted(found: dict[str, Any]) -> bool:
    terms = found.get("cgv")
    return not isinstance(terms, dict) or terms.get("accepted") is not False


def warning(key: str, **params: str) -> Finding:
    """A finding that stops nothing."""
    return Finding(level="warning", key=key, params=dict(params))
