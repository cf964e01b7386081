"""From the shop's JSON to our nouns. Pure."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from colisync.errors import UnreadableAnswer
from colisync.model.order import Order

Row = dict[str, Any]
META_KEY = "_colisync"
"""Our own meta on an order: a list of {key, number, carrier, url, label, void}."""
IN_STORE = frozenset({"local_pickup", "pickup_location"})
_ITEMS = "_wc_shipment_tracking_items"
_FOREIGN = (
    ("lpc_outward_parcel_number", "colissimo"),
    (_ITEMS, "shipment_tracking"),
    ("_tracking_number", "tracking_number"),
    ("_fulfillment_status", "fulfillments"),
)
_TERRITORIES = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL",
    "978": "MF", "980": "MC", "984": "TF", "986": "WF", "987": "PF", "988": "NC",
    "97133": "BL", "97150": "MF",
}  # fmt: skip
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Product:
    """What an order does not say of a product. `weight_g` None: the shop gives no weight."""

    weight_g: int | None = None
    virtual: bool = False


UNKNOWN = Product()
Products = Mapping[tuple[str, str], Product]
"""By (product id, variation id); the variation id is empty for a simple product."""


def decode_order(row: Row, products: Products, refunded: Mapping[str, int]) -> Order:
    """The order in `row`. `refunded` holds the quantities refunded, by line id.

    Raises UnreadableAnswer naming the field that does not read.
    """
    number = text(row, "number") or text(row, "id")
    try:
        return Order.model_validate(_order(row, products, refunded))
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"][:3])
        raise _unreadable(field, number) from error
    except UnreadableAnswer as error:
        raise _unreadable(str(error.params["field"]), number) from error


def _order(row: Row, products: Products, refunded: Mapping[str, int]) -> Row:
    metas = meta(row)
    billing, status, currency = record(row, "billing"), text(row, "status"), text(row, "currency")
    lines = [_line(item, products, refunded, currency) for item in records(row, "line_items")]
    picked = records(row, "shipping_lines")
    methods = {text(line, "method_id").partition(":")[0] for line in picked}
    if status == "refunded":
        lines = [line | {"quantity": 0} for line in lines]
    created = moment(row, "date_created_gmt")
    ours, foreign = our_entries(metas), _foreign(metas)
    return {
        "external_id": text(row, "id"),
        "number": text(row, "number") or text(row, "id"),
        "status": status,
        "created_at": created,
        "modified_at": moment(row, "date_modified_gmt") or created,
        "paid_at": moment(row, "date_paid_gmt"),
        "currency": currency,
        "total": _money(row.get("total"), currency),
        "shipping_total": _money(row.get("shipping_total"), currency),
        "recipient": _recipient(record(row, "shipping"), billing),
        "buyer_email": text(billing, "email"),
        "buyer_note": text(row, "customer_note"),
        "choice": _choice(picked),
        "pickup_point": _pickup_point(metas),
        "lines": lines,
        "needs_shipping": row.get("needs_processing") is not False
        and (not lines or any(line["needs_shipping"] for line in lines)),
        "collected_in_store": bool(methods) and methods <= IN_STORE,
        "gone": status == "trash",
        "foreign_shipment": foreign,
        "our_numbers": tuple(entry["number"] for entry in ours if not entry.get("void")),
        "raw": row,
    }


def _line(item: Row, products: Products, refunded: Mapping[str, int], currency: str) -> Row:
    external_id, ordered = text(item, "id"), _quantity(item)
    product_id, variation_id = _reference(item, "product_id"), _reference(item, "variation_id")
    product = products.get((product_id, variation_id), UNKNOWN)
    return {
        "external_id": external_id,
        "sku": text(item, "sku"),
        "name": text(item, "name"),
        "quantity": max(0, ordered - refunded.get(external_id, 0)),
        "ordered_quantity": ordered,
        "weight_g": product.weight_g,
        "unit_price": _money(item.get("price"), currency),
        "product_id": product_id,
        "variation_id": variation_id,
        "needs_shipping": not product.virtual,
    }


def _recipient(shipping: Row, billing: Row) -> Row:
    """Country is the test of an empty shipping address; the e-mail is only in `billing`."""
    chosen = shipping if text(shipping, "country") else billing
    postcode = text(chosen, "postcode")
    return {
        "company": text(chosen, "company"),
        "first_name": text(chosen, "first_name"),
        "last_name": text(chosen, "last_name"),
        "street": text(chosen, "address_1"),
        "street2": text(chosen, "address_2"),
        "postcode": postcode,
        "city": text(chosen, "city"),
        "state": text(chosen, "state"),
        "country": territory(text(chosen, "country"), postcode),
        "phone": text(shipping, "phone") or text(billing, "phone"),
        "email": text(billing, "email"),
    }


def territory(country: str, postcode: str) -> str:
    """The ISO code of the place: buyers pick France with an overseas postcode too.

    Empty where the shop's country is not two letters.
    """
    country = country.strip().upper()
    if country != "FR":
        return country if _COUNTRY.fullmatch(country) else ""
    digits = "".join(postcode.split())
    if len(digits) != 5 or not digits.startswith(("97", "98")):
        return country
    return _TERRITORIES.get(digits) or _TERRITORIES.get(digits[:3], country)


def choice_id(method_id: str, instance_id: str) -> str:
    """The id of a shipping choice: `flat_rate:3`, or the method alone where it has no instance."""
    return f"{method_id}:{instance_id}" if instance_id and ":" not in method_id else method_id


def _choice(picked: Sequence[Row]) -> Row | None:
    for line in picked:
        method = text(line, "method_id")
        chosen = choice_id(method, text(line, "instance_id")) or text(line, "method_title")
        if chosen:
            return {"id": chosen, "title": text(line, "method_title")}
    return None


def _pickup_point(metas: Mapping[str, Any]) -> Row | None:
    point_id = loose(metas.get("_lpc_meta_pickUpLocationId"))
    if point_id:
        data = _structure(metas.get("_lpc_meta_pickUpLocationData"))
        return {
            "id": point_id,
            "name": loose(metas.get("_lpc_meta_pickUpLocationLabel")) or loose(data.get("nom")),
            "network": loose(metas.get("_lpc_meta_pickUpProductCode")),
            "street": loose(data.get("adresse1")),
            "postcode": loose(data.get("codePostal")),
            "city": loose(data.get("localite")),
            "country": territory(loose(data.get("codePays")), ""),
            "source": "colissimo",
        }
    data = _structure(metas.get("sendcloudshipping_v2_service_point"))
    if not loose(data.get("id")):
        return None
    street = (loose(data.get("street")), loose(data.get("house_number")))
    return {
        "id": loose(data.get("id")),
        "name": loose(data.get("name")),
        "street": " ".join(part for part in street if part),
        "postcode": loose(data.get("postal_code")),
        "city": loose(data.get("city")),
        "source": "sendcloud",
    }


def _foreign(metas: Mapping[str, Any]) -> Row | None:
    """The first tool that shipped this order and is not us."""
    ours = {entry["number"] for entry in our_entries(metas)}
    for key, tool in _FOREIGN:
        value = metas.get(key)
        if key == "_fulfillment_status":
            if value in ("fulfilled", "partially_fulfilled") and not ours:
                return {"tool": tool}
            continue
        numbers = [number for number in _numbers(value) if number not in ours]
        if numbers:
            return {"tool": tool, "numbers": numbers}
    return None


def _numbers(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        number = loose(item.get("tracking_number") if isinstance(item, dict) else item)
        if number:
            yield number


def our_entries(metas: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What we wrote on the order, withdrawn numbers included (`void`)."""
    value = metas.get(META_KEY)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    entries = value if isinstance(value, list) else []
    return [e for e in entries if isinstance(e, dict) and isinstance(e.get("number"), str)]


def decode_refunds(rows: Sequence[Row]) -> dict[str, int]:
    """Refunded quantities by line id. Refund lines have negative quantities and name their line
    in meta."""
    done: dict[str, int] = {}
    for line in (line for row in rows for line in records(row, "line_items")):
        line_id = loose(meta(line).get("_refunded_item_id"))
        done[line_id] = done.get(line_id, 0) + _quantity(line)
    return done


def grams(value: object, factor: float) -> int | None:
    """The weight in grams, None where the field is empty, zero or no number."""
    try:
        weight = float(loose(value).replace(",", ".") or 0) * factor
    except ValueError:
        return None
    return max(1, round(weight)) if math.isfinite(weight) and weight > 0 else None


def meta(row: Row) -> dict[str, Any]:
    """Meta by key; the last one counts. Keys may be null, values of any type."""
    return {str(item.get("key")): item.get("value") for item in records(row, "meta_data")}


def moment(row: Row, key: str) -> datetime | None:
    """The naive UTC time in `key`, made aware. Raises UnreadableAnswer."""
    value = row.get(key)
    if not value:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except (TypeError, ValueError) as error:
        raise _unreadable(key) from error


def text(row: Row, key: str) -> str:
    """The text in `key`; numbers become text, null is empty. Raises UnreadableAnswer."""
    value = row.get(key)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return str(value)
    raise _unreadable(key)


def loose(value: object) -> str:
    """The text of a meta value, empty for anything but text and numbers."""
    return str(value).strip() if isinstance(value, str | int) and value is not True else ""


def record(row: Row, key: str) -> Row:
    """The object in `key`; PHP writes an empty one as a list. Raises UnreadableAnswer."""
    value = row.get(key)
    if isinstance(value, dict):
        return value
    if not value:
        return {}
    raise _unreadable(key)


def records(row: Row, key: str) -> list[Row]:
    """The list of objects in `key`; PHP writes one with gaps as an object. Raises
    UnreadableAnswer."""
    value = row.get(key)
    if not value:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise _unreadable(key)


def _reference(item: Row, key: str) -> str:
    value = text(item, key)
    return "" if value == "0" else value


def _quantity(item: Row) -> int:
    """Whole units, whatever the sign; a plug-in's decimal quantity is rounded up."""
    value = item.get("quantity")
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return math.ceil(abs(value))
    raise _unreadable("quantity")


def _money(value: object, currency: str) -> Row | None:
    """Amounts are texts, prices of lines are numbers."""
    try:
        amount = float(loose(value) or (value if isinstance(value, float) else "nan"))
    except ValueError:
        return None
    return {"amount": str(value), "currency": currency} if math.isfinite(amount) else None


def _structure(value: object) -> Row:
    """The object in a meta value, which may be JSON in a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _unreadable(field: str, order: str = "") -> UnreadableAnswer:
    return UnreadableAnswer("woocommerce.order_unreadable", params={"order": order, "field": field})
