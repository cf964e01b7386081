"""From the shop's JSON to our nouns. Pure."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from colisync.model.order import Order
from colisync.model.territory import territory
from colisync.model.told import our_entries
from colisync.wire import fields
from colisync.wire.fields import Row
from colisync.wire.known_products import UNKNOWN, Products
from colisync.wire.order_rows import order_of

META_KEY = "_colisync"
IN_STORE = frozenset({"local_pickup", "pickup_location"})
_NAMES: Mapping[str, Any] = json.loads((Path(__file__).parent / "data/fields.json").read_bytes())
"""Our names of fields, and theirs."""


def decode_order(row: Row, products: Products, refunded: Mapping[str, int]) -> Order:
    """The order in `row`; `refunded` holds quantities by line id. Raises UnreadableAnswer."""
    return order_of(row, lambda row: _order(row, products, refunded), "woocommerce")


def _order(row: Row, products: Products, refunded: Mapping[str, int]) -> Row:
    metas, order = meta(row), fields.texts(row, _NAMES["order"])
    status, currency = order["status"], order["currency"]
    billing, picked = fields.record(row, "billing"), fields.records(row, "shipping_lines")
    items = fields.records(row, "line_items")
    lines = [_line(item, products, refunded, currency) for item in items]
    if status == "refunded":
        lines = [line | {"quantity": 0} for line in lines]
    methods = {fields.text(line, "method_id").partition(":")[0] for line in picked}
    ours = our_entries(fields.structure(metas.get(META_KEY)))
    created = fields.moment(row, "date_created_gmt")
    order |= {
        "number": fields.text(row, "number") or order["external_id"],
        "created_at": created,
        "modified_at": fields.moment(row, "date_modified_gmt") or created,
        "paid_at": fields.moment(row, "date_paid_gmt"),
        "total": fields.money(row, "total", currency),
        "shipping_total": fields.money(row, "shipping_total", currency),
        "recipient": _recipient(fields.record(row, "shipping"), billing),
        "buyer_email": fields.text(billing, "email"),
        "choice": _choice(picked),
        "pickup_point": _pickup_point(metas),
        "lines": lines,
        "needs_shipping": row.get("needs_processing") is not False
        and (not lines or any(line["needs_shipping"] for line in lines)),
        "collected_in_store": bool(methods) and methods <= IN_STORE,
        "gone": status == "trash",
        "foreign_shipment": _foreign(metas, {entry["number"] for entry in ours}),
        "our_numbers": tuple(entry["number"] for entry in ours if not entry.get("void")),
        "raw": row,
    }
    return order


def _line(item: Row, products: Products, refunded: Mapping[str, int], currency: str) -> Row:
    line, ordered = fields.texts(item, _NAMES["line"]), fields.units(item, "quantity")
    key = fields.reference(item, "product_id"), fields.reference(item, "variation_id")
    product = products.get(key, UNKNOWN)
    line["quantity"] = max(0, ordered - refunded.get(line["external_id"], 0))
    line["ordered_quantity"] = ordered
    line["weight_g"] = product.weight_g
    line["unit_price"] = fields.money(item, "price", currency)
    line["product_id"], line["variation_id"] = key
    line["needs_shipping"] = not product.virtual
    return line


def _recipient(shipping: Row, billing: Row) -> Row:
    """Country is the test of an empty shipping address; the e-mail is only in `billing`."""
    place = fields.texts(shipping if fields.text(shipping, "country") else billing, _NAMES["place"])
    place["country"] = territory(place["country"], place["postcode"])
    place["phone"] = fields.text(shipping, "phone") or fields.text(billing, "phone")
    place["email"] = fields.text(billing, "email")
    return place


def choice_id(line: Row) -> str:
    """The id of a shipping choice: `flat_rate:3`, or the method alone where it has no instance."""
    method, instance = fields.text(line, "method_id"), fields.text(line, "instance_id")
    return f"{method}:{instance}" if instance and ":" not in method else method


def _choice(picked: Sequence[Row]) -> Row | None:
    for line in picked:
        title = fields.text(line, "method_title")
        if chosen := choice_id(line) or title:
            return {"id": chosen, "title": title}
    return None


def _pickup_point(metas: Mapping[str, Any]) -> Row | None:
    """The point that the official Colissimo plug-in or Sendcloud left."""
    if point := fields.loose(metas.get("_lpc_meta_pickUpLocationId")):
        data = metas.get("_lpc_meta_pickUpLocationData")
        found = fields.loose_texts(data, _NAMES["colissimo_point"])
        found["name"] = fields.loose(metas.get("_lpc_meta_pickUpLocationLabel")) or found["name"]
        found["country"] = territory(found["country"], "")
        network = fields.loose(metas.get("_lpc_meta_pickUpProductCode"))
        return {**found, "id": point, "network": network, "source": "colissimo"}
    data = metas.get("sendcloudshipping_v2_service_point")
    found = fields.loose_texts(data, _NAMES["sendcloud_point"])
    if not found["id"]:
        return None
    found["street"] = f"{found['street']} {found.pop('house')}".strip()
    return {**found, "source": "sendcloud"}


def _foreign(metas: Mapping[str, Any], ours: set[str]) -> Row | None:
    """The first tool that shipped this order and is not us."""
    for key, tool in _NAMES["shipped_by"].items():
        numbers = fields.loose_list(metas.get(key), "tracking_number")
        if foreign := [number for number in numbers if number not in ours]:
            return {"tool": tool, "numbers": foreign}
    if not ours and metas.get("_fulfillment_status") in ("fulfilled", "partially_fulfilled"):
        return {"tool": "fulfillments"}
    return None


def decode_refunds(rows: Sequence[Row]) -> dict[str, int]:
    """Refunded quantities by line id, which refunds name in meta; their quantities are negative."""
    done: dict[str, int] = {}
    for line in (line for row in rows for line in fields.records(row, "line_items")):
        line_id = fields.loose(meta(line).get("_refunded_item_id"))
        done[line_id] = done.get(line_id, 0) + fields.units(line, "quantity")
    return done


def meta(row: Row) -> dict[str, Any]:
    """Meta by key; the last one counts. Keys may be null, values of any type."""
    return {str(item.get("key")): item.get("value") for item in fields.records(row, "meta_data")}
