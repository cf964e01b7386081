"""The tracking timeline: always HTTP 200, its own status codes (reference §4.1)."""

import re
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from colisync.sandbox.colissimo.access import key_is_right, login_is_right
from colisync.sandbox.colissimo.books import Books, Entry
from colisync.sandbox.colissimo.clock import PARIS
from colisync.sandbox.colissimo.lives import Happening, Lives, described, draw
from colisync.sandbox.colissimo.request import Address
from colisync.sandbox.colissimo.settings import ColissimoSettings

_NUMBER = re.compile(r"[0-9A-Z]{2}\d{11}|[A-Z]{2}\d{9}[A-Z]{2}")
_STEPS = (
    "Annoncé",
    "Pris en charge",
    "En cours d'acheminement",
    "Arrivé sur le site de livraison",
    "En livraison ou disponible",
    "Livré",
)
_DELIVERED_STEP = 5
_TEXTS = {
    "0": "Code retour OK",
    "101": "Numéro de colis incorrect",
    "105": "Numéro de colis inconnu",
    "201": "Identifiant ou mot de passe incorrect",
    "1000": "Erreur technique",
}


class TrackingRequest(BaseModel):
    """Body of `timelineCompany`; the key is found under both spellings."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)

    api_key: str = ""
    other_key: str = Field(default="", alias="apikey")
    login: str = ""
    password: str = ""
    parcel_number: str = ""
    lang: str = "fr_FR"
    ip: str = ""
    profil: str = ""


def timeline(
    body: bytes, settings: ColissimoSettings, books: Books, lives: Lives, now: datetime
) -> dict[str, Any]:
    """The JSON of one tracking call, which is counted in the books."""
    books.trackings += 1
    try:
        request = TrackingRequest.model_validate_json(body)
    except ValidationError:
        return _status("1000", "fr_FR")
    if not _may_ask(settings, request):
        return _status("201", request.lang)
    if not _NUMBER.fullmatch(request.parcel_number):
        return _status("101", request.lang)
    events = lives.events(request.parcel_number, now)
    if events is None:
        return _status("105", request.lang)
    parcel = _parcel(request.parcel_number, books.find(request.parcel_number), events, settings)
    return {**_status("0", request.lang), "parcel": parcel}


def _may_ask(settings: ColissimoSettings, request: TrackingRequest) -> bool:
    key = request.api_key or request.other_key
    if key:
        return key_is_right(settings, key)
    return login_is_right(settings, request.login, request.password)


def _status(code: str, lang: str) -> dict[str, Any]:
    text = _TEXTS[code]
    return {"lang": lang, "status": [{"code": code, "message": text}], "message": text}


def _parcel(
    number: str, entry: Entry | None, events: list[Happening], settings: ColissimoSettings
) -> dict[str, Any]:
    reached = max((described(e.code)[0] for e in events), default=0)
    zoned = draw(f"zone {number}", 2) == 0
    return {
        "parcelNumber": number,
        "parcelNumberAVPI": None,
        "parcelNumberInstance": None,
        "contractNumber": settings.contract_number,
        "measuredWeight": None,
        "measuredDimension": None,
        "statusDelivery": reached == _DELIVERED_STEP,
        **(_about(entry) if entry else {}),
        "step": _steps(reached, events, zoned=zoned),
        "event": _events(number, events, zoned=zoned),
    }


def _about(entry: Entry) -> dict[str, Any]:
    letter = entry.facts.letter
    address = letter.addressee.address
    point = letter.parcel.pickup_location_id
    removal = {"siteName": f"POINT {point}", "siteCode": point, "zipCode": address.zip_code}
    return {
        "customerParcelReference": letter.service.order_number,
        "consigneeInformation": _consignee(address),
        "removalPoint": removal if point else None,
        "service": {"deliveryChoice": entry.facts.product.name},
    }


def _consignee(address: Address) -> dict[str, Any]:
    return {
        "companyName": address.company_name,
        "name": address.last_name,
        "firstName": address.first_name,
        "address": {
            "address0": address.line0,
            "address1": address.line1,
            "address2": address.line2,
            "address3": address.line3,
            "zipCode": address.zip_code,
            "city": address.city,
            "countryCodeISO": address.country_code,
        },
        "mobilePhone": address.mobile_number,
        "email": address.email,
    }


def _steps(reached: int, events: list[Happening], *, zoned: bool) -> list[dict[str, Any]]:
    dates = {described(e.code)[0]: _date(e.at, zoned=zoned) for e in events}
    return [
        {
            "stepId": step,
            "type": "DELIVERY",
            "labelShort": text,
            "labelLong": text,
            "status": "STEP_STATUS_ACTIVE" if step <= reached else "STEP_STATUS_INACTIVE",
            "countryCodeISO": "FR",
            "date": dates.get(step),
        }
        for step, text in enumerate(_STEPS)
    ]


def _events(
    number: str, events: list[Happening], *, zoned: bool
) -> list[dict[str, Any]] | dict[str, Any]:
    """In no promised order; one event alone is a bare object."""
    written = [_event(event, zoned=zoned) for event in events]
    if len(written) == 1:
        return written[0]
    turn = draw(f"order {number}", max(len(written), 1))
    return written[turn:] + written[:turn]


def _event(event: Happening, *, zoned: bool) -> dict[str, Any]:
    text = described(event.code)[1]
    return {
        "date": _date(event.at, zoned=zoned),
        "code": event.code,
        "labelShort": text,
        "labelLong": text,
        "siteCode": "075000",
        "siteName": "PLATEFORME DU BAC À SABLE",
        "siteZipCode": "75000",
    }


def _date(at: datetime, *, zoned: bool) -> str:
    """Paris time; some parcels' dates say so, the others leave the zone out."""
    local = at.astimezone(PARIS)
    written = local if zoned else local.replace(tzinfo=None)
    return written.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
