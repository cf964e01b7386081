"""From our requests to the bodies that Colissimo's services take. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from colisync.carriers.colissimo.coverage import (
    METHODS,
    Territory,
    country_of,
    coverage,
    insurance_limit,
    needs_customs,
)
from colisync.carriers.colissimo.lettering import cut, letters_and_digits
from colisync.carriers.colissimo.options import ColissimoOptions, read_options
from colisync.carriers.colissimo.parties import (
    Notes,
    Party,
    door_code,
    encode_address,
    legible,
)
from colisync.carriers.colissimo.refusals import invalid
from colisync.carriers.colissimo.settings import ColissimoSettings
from colisync.errors import UnsupportedFeature
from colisync.model.label import Direction, LabelFormat, LabelKind, LabelRequest

Body = dict[str, Any]

_LATER = (
    "overseas_economy",
    "return_fr",
    "return_international",
    "return_token",
    "return_letterbox",
)
_DO_NOT_RETURN = 3  # as the official plug-ins always send
_INSURANCE_LEVELS = (150, 300, 500, 1000, 2000, 5000)
_REMARK = 35
_ORDER_NUMBER = 30
_RECIPIENT_REFERENCE = 15
_HEAVIEST_G = 30_000
_HEAVIEST_IN_A_SHOP_G = 20_000
_SHOPS = frozenset({"A2P", "CMT", "PCS"})
_FOREIGN_PICKERS = frozenset({"sendcloud"})  # their ids are their own, of six digits or not
_MOBILE_COUNTRIES = frozenset({"BE", "US"})


@dataclass(frozen=True, slots=True)
class Encoded:
    """The body of one label request, and what of the order it could not carry."""

    body: Body
    notes: Notes

    def payload(self) -> bytes:
        """The body as JSON in UTF-8."""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def credentials(settings: ColissimoSettings) -> tuple[dict[str, str], Body]:
    """Headers and body members that open the label service: a key, or number and password."""
    if settings.api_key is not None and settings.api_key.get_secret_value():
        return {"apiKey": settings.api_key.get_secret_value()}, {}
    password = settings.password.get_secret_value() if settings.password else ""
    return {}, {"contractNumber": settings.contract_number, "password": password}


def encode_label(request: LabelRequest, settings: ColissimoSettings) -> Encoded:
    """The SLS 3.1 body of `request`: JSON numbers and booleans, no empty member, a stable order.

    Weights go in kilograms with two decimals, amounts in cents.

    Raises:
        UnsupportedFeature: the method is not ours, or not yet.
        InvalidShipment: the first field at fault, with the remedy in the catalogue.
    """
    check_method(request)
    territory = sold_territory(request)
    product = territory.product(request.method)
    notes: Notes = []
    options = read_options(request.options)
    body = dict(credentials(settings)[1])
    body["outputFormat"] = {"x": 0, "y": 0, "outputPrintingType": printing(request.label_format)}
    service = _service(request, product, notes)
    sender = _sender(request, notes)
    addressee, remark = _addressee(request, notes)
    parcel = _parcel(request, territory, product, options)
    if remark := _instructions(request, remark, notes):
        parcel["instructions"] = remark
    body["letter"] = {
        "service": service, "parcel": parcel, "sender": sender, "addressee": addressee,
    }  # fmt: skip
    if settings.parent_account:
        account = {"key": "ACCOUNT_NUMBER", "value": settings.parent_account}
        body["fields"] = {"field": [account]}
    return Encoded(body, notes)


def encode_reprint(number: str, label_format: LabelFormat) -> Body:
    """The body that asks for the label of `number` once more."""
    return {"parcelNumber": number, "outputPrintingType": printing(label_format)}


def encode_tracking(number: str, settings: ColissimoSettings) -> Body:
    """The body that asks for everything that happened to `number`."""
    return {**_account(settings), "parcelNumber": number, "lang": "fr_FR"}


def encode_account(settings: ColissimoSettings) -> Body:
    """The body that asks what the contract holds."""
    body: Body = {"credential": _account(settings)}
    if settings.parent_account:
        body["partnerClientCode"] = settings.parent_account
    return body


def _account(settings: ColissimoSettings) -> Body:
    headers, members = credentials(settings)
    if headers:
        return {"apiKey": headers["apiKey"]}
    return {"login": members["contractNumber"], "password": members["password"]}


def check_method(request: LabelRequest) -> None:
    """Returns for the methods of this version; raises UnsupportedFeature naming any other."""
    params = {"method": request.method}
    if request.method in _LATER:
        raise UnsupportedFeature("colissimo.method_not_yet", params=params)
    if request.method not in METHODS:
        raise UnsupportedFeature("colissimo.method_unknown", params=params)
    if request.direction is not Direction.OUTWARD:
        raise UnsupportedFeature("colissimo.method_not_yet", params={"method": "return"})


def sold_territory(request: LabelRequest) -> Territory:
    """What is sold for this sender and recipient, the method among it.

    Raises InvalidShipment for a destination that is not served, needs a CN23, or where the
    method is not sold: then the methods that are, are named.
    """
    territory = coverage(request.sender, request.recipient)
    country = country_of(request.recipient)
    if needs_customs(territory, request.recipient):
        raise invalid(
            "colissimo.customs_not_yet",
            "recipient.country",
            country=country,
            postcode=request.recipient.postcode,
        )
    if not territory.product(request.method):
        sold = ", ".join(territory.sold)
        key = "colissimo.home_not_sold" if request.method == "home" else "colissimo.method_not_sold"
        raise invalid(key, "method", method=request.method, country=country, sold=sold)
    return territory


def printing(label_format: LabelFormat) -> str:
    """The service's name of a label format. Source: reference §1.5."""
    size = "A4" if label_format.size == "a4" else label_format.size
    dpi = 300 if label_format.kind is LabelKind.PDF else label_format.dpi
    return f"{label_format.kind.value.upper()}_{size}_{dpi}dpi"


def _shorten(notes: Notes, field: str, left: str) -> None:
    notes.append(("colissimo.shortened", {"field": field, "text": left}))


def _service(request: LabelRequest, product: str, notes: Notes) -> Body:
    body: Body = {"productCode": product, "depositDate": request.hand_over_on.isoformat()}
    if number := legible(request.order_number, "order_number", notes):
        # The end of a long number tells orders apart, its beginning does not.
        if len(number) > _ORDER_NUMBER:
            _shorten(notes, "order_number", number[:-_ORDER_NUMBER])
        body["orderNumber"] = number[-_ORDER_NUMBER:].lstrip()
    name = legible(request.shop_name or request.sender.company, "shop_name", notes)
    if not name and product == "HD":
        raise invalid("colissimo.shop_name_missing", "shop_name")
    name, left = cut(name, _REMARK)
    if left:
        _shorten(notes, "shop_name", left)
    if name:
        body["commercialName"] = name
    body["returnTypeChoice"] = _DO_NOT_RETURN
    return body


def _sender(request: LabelRequest, notes: Notes) -> Body:
    party = Party("sender", request.sender, country_of(request.sender), notes)
    return {"senderParcelRef": request.reference, "address": encode_address(party)}


def _addressee(request: LabelRequest, notes: Notes) -> tuple[Body, str]:
    """The recipient's block, and what of it must be said in the delivery remark."""
    pickup = request.method == "pickup"
    country = country_of(request.recipient)
    party = Party(
        "recipient",
        request.recipient,
        country,
        notes,
        named=pickup,
        reachable=pickup or country in _MOBILE_COUNTRIES,
        writable=pickup,
    )
    address = encode_address(party)
    code, remark = door_code(request.recipient, notes)
    address.update(code)
    body: Body = {"address": address}
    if reference := legible(request.order_number, "order_number", []):
        body = {"addresseeParcelRef": reference[-_RECIPIENT_REFERENCE:].lstrip(), **body}
    return body, remark


def _parcel(
    request: LabelRequest, territory: Territory, product: str, options: ColissimoOptions
) -> Body:
    body: Body = {}
    if request.insurance_eur:
        body["insuranceValue"] = _insurance(request, insurance_limit(product, territory))
    body["weight"] = _kilograms(request)
    body["nonMachinable"] = options.non_machinable
    if product == "HD":
        if options.non_machinable:
            raise invalid("colissimo.non_machinable_pickup", "options.non_machinable")
        body["pickupLocationId"] = _point(request)
    return body


def _insurance(request: LabelRequest, limit: int) -> int:
    """Cents of the insurance level that contains the amount asked."""
    asked = request.insurance_eur
    if not limit:
        raise invalid("colissimo.insurance_not_sold", "insurance_eur", method=request.method)
    if not 0 < asked <= limit:
        raise invalid("colissimo.insurance_too_high", "insurance_eur", asked=asked, limit=limit)
    return 100 * next(level for level in _INSURANCE_LEVELS if level >= asked)


def _kilograms(request: LabelRequest) -> float:
    """Kilograms with two decimals, never 0.00: ten grams are the least there is."""
    if not request.weight_g:
        raise invalid("colissimo.weight_missing", "weight_g")
    point = request.pickup_point
    in_a_shop = request.method == "pickup" and point is not None and point.network in _SHOPS
    heaviest = _HEAVIEST_IN_A_SHOP_G if in_a_shop else _HEAVIEST_G
    if request.weight_g > heaviest:
        key = "colissimo.too_heavy_for_shop" if in_a_shop else "colissimo.too_heavy"
        raise invalid(key, "weight_g", weight_g=request.weight_g, limit_kg=heaviest // 1000)
    return max(1, (request.weight_g + 5) // 10) / 100


def _point(request: LabelRequest) -> str:
    """The point's six digits, kept as text: they may begin with zeros."""
    point = request.pickup_point
    if point is None or not point.id:
        raise invalid("colissimo.pickup_point_missing", "pickup_point")
    if point.source in _FOREIGN_PICKERS:
        params = {"point": point.id, "picker": point.source}
        raise invalid("colissimo.pickup_point_foreign", "pickup_point", **params)
    if not (len(point.id) == 6 and point.id.isascii() and point.id.isdigit()):
        raise invalid("colissimo.pickup_point_wrong", "pickup_point", point=point.id)
    country = country_of(request.recipient)
    if point.country and point.country != country:
        raise invalid(
            "colissimo.pickup_point_abroad", "pickup_point", point=point.country, country=country
        )
    if point.network == "X00":
        # That network wants the point's own address, for which SLS 3.1 has no member.
        raise invalid("colissimo.pickup_point_network", "pickup_point", point=point.id)
    return point.id


def _instructions(request: LabelRequest, code: str, notes: Notes) -> str:
    """The delivery remark within 35 letters, digits and blanks; what is cut off is noted."""
    said = request.instructions or request.recipient.instructions
    if not (said or code):
        return ""
    text, left = cut(letters_and_digits(f"{code} {said}"), _REMARK)
    if left:
        _shorten(notes, "instructions", left)
    return text
