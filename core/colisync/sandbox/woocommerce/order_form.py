"""A complete order from a few fields: lines, totals, addresses, dates and flags filled in."""

import hashlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.php import HOME, JsonObject, number
from colisync.sandbox.woocommerce.samples import completed, sample
from colisync.sandbox.woocommerce.settings import WooCommerceSettings

Ids = Callable[[str, int], int]  # kind, wanted id or 0 → id
FindProduct = Callable[[JsonObject], JsonObject | None]

_SYMBOLS = {"EUR": "€", "CHF": "CHF", "GBP": "£", "USD": "$"}
_PAID = ("processing", "completed", "refunded")
_STAMPS = ("date_created", "date_modified", "date_completed", "date_paid")
_LINES = ("line_items", "shipping_lines", "fee_lines")


def complete_order(
    fields: JsonObject,
    *,
    settings: WooCommerceSettings,
    ids: Ids,
    find_product: FindProduct,
    now: int,
) -> JsonObject:
    """The order as the shop shows it, without `_links`.

    Short forms: a line needs only `product_id`, `variation_id` or `sku` (or `name` and `price`);
    a shipping line may be the text `flat_rate:1`; meta may be an object of keys and values.
    """
    given = {name: value for name, value in fields.items() if name != "_links"}
    parts = {name: given.pop(name) for name in (*_LINES, *_STAMPS, "shipping") if name in given}
    stamps = {name: given.pop(f"{name}_gmt", None) for name in _STAMPS}
    meta = given.pop("meta_data", [])
    order = completed("order", {"currency": settings.currency, **given})
    order["id"] = ids("post", int(given.get("id") or 0))
    order["meta_data"] = meta_list(meta, ids)
    order["shipping"] = _shipping(order["billing"], parts.get("shipping", {}))
    order["line_items"] = [line_item(x, ids, find_product) for x in parts.get("line_items", [{}])]
    order["shipping_lines"] = [shipping_line(x, ids) for x in parts.get("shipping_lines", [])]
    order["fee_lines"] = [fee_line(x, ids) for x in parts.get("fee_lines", [])]
    _date(order, parts, stamps, settings, now)
    _name(order, settings)
    recount(order, keep=set(given))
    refresh_flags(order, keep=set(given))
    if "needs_processing" not in given:
        order["needs_processing"] = _needs_processing(order, find_product)
    return order


def _shipping(billing: JsonObject, given: JsonObject | None) -> JsonObject:
    """The billing person and place, overridden by `given`; all empty where it is None."""
    empty: JsonObject = sample("order")["shipping"]
    if given is None:
        return empty
    same = {name: billing[name] for name in empty if name != "phone"}
    return {**empty, **same, **given}


def line_item(given: JsonObject, ids: Ids, find_product: FindProduct) -> JsonObject:
    """One line, its name, SKU and price from the product it names; what is given wins."""
    product = find_product(given)
    known = _line_of(product) if product else {}
    quantity = given.get("quantity", 1)
    price = Decimal(str(given.get("price", known.pop("unit_price", "10.00"))))
    total = money(price * Decimal(str(quantity)))
    filled = {"name": "Article", "subtotal": total, "total": total, **known, **given}
    line = completed("line_item", filled)
    line["id"] = ids("item", int(given.get("id") or 0))
    line["price"] = number(float(price))
    line["meta_data"] = item_meta(line["meta_data"], ids)
    return line


def _line_of(product: JsonObject) -> JsonObject:
    parent = int(product["parent_id"])
    varies = product["type"] == "variation"
    return {
        "name": product["name"],
        "product_id": parent if varies else product["id"],
        "variation_id": product["id"] if varies else 0,
        "sku": product["sku"],
        "parent_name": product.get("parent_name"),
        "unit_price": product["price"] or "0",
    }


def shipping_line(given: JsonObject | str, ids: Ids) -> JsonObject:
    """One shipping line; `flat_rate:1` names method and instance."""
    if isinstance(given, str):
        method, _, instance = given.partition(":")
        given = {"method_id": method, "instance_id": instance, "method_title": method}
    shape = {
        "id": ids("item", int(given.get("id") or 0)),
        "method_title": "",
        "method_id": "",
        "instance_id": "",
        "total": "0.00",
        "total_tax": "0.00",
        "taxes": [],
        "tax_status": "taxable",
        "meta_data": [],
    }
    line = {**shape, **{k: v for k, v in given.items() if k != "id" and v is not None}}
    line["total"] = money(Decimal(str(line["total"])))
    line["instance_id"] = str(line["instance_id"])
    line["meta_data"] = item_meta(line["meta_data"], ids)
    return line


def fee_line(given: JsonObject, ids: Ids) -> JsonObject:
    """One fee line."""
    total = Decimal(str(given.get("total", given.get("amount", "0"))))
    shape = {
        "id": ids("item", int(given.get("id") or 0)),
        "name": "",
        "tax_class": "",
        "tax_status": "taxable",
        "amount": f"{total.normalize():f}",
        "total": money(total),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
    }
    return {**shape, **{k: v for k, v in given.items() if k in shape and k not in ("id", "total")}}


def meta_list(given: JsonObject | Iterable[JsonObject], ids: Ids) -> list[JsonObject]:
    """`meta_data` with its ids; an object gives one entry per key."""
    entries = (
        [{"key": key, "value": value} for key, value in given.items()]
        if isinstance(given, dict)
        else list(given)
    )
    return [
        {"id": ids("meta", int(e.get("id") or 0)), "key": e.get("key"), "value": e.get("value")}
        for e in entries
    ]


def item_meta(given: JsonObject | Iterable[JsonObject], ids: Ids) -> list[JsonObject]:
    """A line's `meta_data`, with what the shop displays of each entry."""
    sources = list(given) if not isinstance(given, dict) else [{}] * len(given)
    plain = meta_list(given, ids)
    return [
        {
            **entry,
            "display_key": source.get("display_key", entry["key"]),
            "display_value": source.get("display_value", entry["value"]),
        }
        for entry, source in zip(plain, sources, strict=True)
    ]


def money(amount: Decimal) -> str:
    """`amount` with two decimals."""
    return f"{amount:.2f}"


def _total(lines: Iterable[JsonObject], member: str = "total") -> Decimal:
    return sum((Decimal(line[member]) for line in lines), Decimal(0))


def recount(order: JsonObject, keep: Iterable[str] = ()) -> None:
    """Sets the order's totals from its lines, except those named in `keep`."""
    shipping = _total(order["shipping_lines"])
    goods = _total(order["line_items"]) + _total(order["fee_lines"])
    discount = _total(order["line_items"], "subtotal") - _total(order["line_items"])
    made = {
        "shipping_total": money(shipping),
        "discount_total": money(discount),
        "total": money(goods + shipping + Decimal(order["total_tax"])),
    }
    order.update({name: value for name, value in made.items() if name not in keep})


def refresh_flags(order: JsonObject, keep: Iterable[str] = ()) -> None:
    """Sets what the shop derives from the status, except what is named in `keep`."""
    status = order["status"]
    due = Decimal(order["total"]) > 0
    made = {
        "is_editable": status in ("pending", "on-hold", "auto-draft"),
        "needs_payment": due and status in ("pending", "failed", "checkout-draft"),
    }
    order.update({name: value for name, value in made.items() if name not in keep})


def _needs_processing(order: JsonObject, find_product: FindProduct) -> bool:
    """False when everything sold is virtual and downloadable."""
    products = [find_product(line) for line in order["line_items"]]
    return any(p is None or not (p["virtual"] and p["downloadable"]) for p in products)


def _name(order: JsonObject, settings: WooCommerceSettings) -> None:
    order["number"] = str(order["number"] or order["id"])
    order["version"] = order["version"] or settings.version
    digest = hashlib.sha256(f"order {order['id']}".encode()).hexdigest()
    order["order_key"] = order["order_key"] or f"wc_order_{digest[:13]}"
    order["payment_url"] = (
        f"{HOME}/checkout/order-pay/{order['id']}/?pay_for_order=true&key={order['order_key']}"
    )
    order["currency_symbol"] = _SYMBOLS.get(order["currency"], order["currency"])


def _date(
    order: JsonObject,
    given: JsonObject,
    gmt: dict[str, str | None],
    settings: WooCommerceSettings,
    now: int,
) -> None:
    """Sets the four dates in both columns: given, else creation now and the rest from it."""
    epochs: dict[str, int] = {}
    for name in _STAMPS:
        utc_text, value = gmt[name], given.get(name)
        if utc_text:
            epochs[name] = dates.epoch_of_gmt(utc_text)
        elif value:
            epochs[name] = dates.epoch_of(value, settings.zone)
    created = epochs.setdefault("date_created", now)
    epochs.setdefault("date_modified", created)
    if order["status"] in _PAID and "date_paid" not in given and not gmt["date_paid"]:
        epochs.setdefault("date_paid", created)
    if order["status"] == "completed" and "date_completed" not in given:
        epochs.setdefault("date_completed", epochs["date_modified"])
    for name in _STAMPS:
        stamp(order, name, epochs.get(name), settings)


def stamp(data: JsonObject, name: str, epoch: int | None, settings: WooCommerceSettings) -> None:
    """Sets the date `name` in both columns; None empties it."""
    data[name] = None if epoch is None else dates.local(epoch, settings.zone)
    data[f"{name}_gmt"] = None if epoch is None else dates.gmt(epoch)


def has_number(value: Any) -> bool:
    """`value` can be read as a number."""
    try:
        Decimal(str(value))
    except ArithmeticError:
        return False
    return True
