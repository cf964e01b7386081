"""What a PUT or a batch item does to an order.

Source: reference/woocommerce.md §6, `order_put_*` and `batch_*` recordings (2026-11-21).
"""

from typing import Any

from colisync.sandbox.woocommerce.call import truthy
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.order_form import (
    fee_line,
    item_meta,
    line_item,
    meta_list,
    recount,
    shipping_line,
)
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState

_PLAIN = (
    "parent_id",
    "currency",
    "customer_id",
    "customer_note",
    "payment_method",
    "payment_method_title",
    "transaction_id",
)
_LINES = ("line_items", "shipping_lines", "fee_lines")


def body_parameters(settings: WooCommerceSettings) -> Parameters:
    """What a single write is validated against; a batch item is not."""
    texts = {name: Parameter() for name in _PLAIN if name not in ("parent_id", "customer_id")}
    lists = {name: Parameter("list", "object") for name in (*_LINES, "meta_data")}
    return {
        "status": Parameter(values=("auto-draft", *settings.order_statuses)),
        "parent_id": Parameter("integer"),
        "customer_id": Parameter("integer"),
        "set_paid": Parameter("boolean"),
        "billing": Parameter("object"),
        "shipping": Parameter("object"),
        **texts,
        **lists,
    }


def update_order(state: ShopState, order_id: int, changes: JsonObject) -> None:
    """Applies `changes` as the shop does, validated or not. Raises `Refusal` for an unknown id.

    A status lifts a trashed order out of the trash, without a webhook. Under HPOS every PUT, even
    an empty one, moves the date of change; with posts, meta alone does not.
    """
    order = state.order(order_id, status=400)
    before = {name: value for name, value in order.items() if name != "meta_data"}
    _set_members(order, changes)
    _set_lines(state, order, changes)
    _set_meta(state, order["meta_data"], changes.get("meta_data") or [])
    from_trash = order["status"] == "trash"
    _set_status(state, order, changes)
    touched = any(before[name] != order[name] for name in before)
    silent = from_trash and order["status"] != "trash"
    state.save(order, bump=state.settings.uses_hpos or touched, event="" if silent else "updated")


def _set_members(order: JsonObject, changes: JsonObject) -> None:
    for name in _PLAIN:
        if changes.get(name) is not None:
            order[name] = changes[name]
    for name in ("billing", "shipping"):
        given = changes.get(name)
        if isinstance(given, dict):
            order[name].update({k: str(v) for k, v in given.items() if k in order[name]})


def _set_status(state: ShopState, order: JsonObject, changes: JsonObject) -> None:
    """A status that the shop does not have becomes `pending`: only a single PUT is validated."""
    status = changes.get("status")
    if status:
        known = str(status).removeprefix("wc-")
        state.transition(order, known if known in state.settings.order_statuses else "pending")
    elif truthy(changes.get("set_paid")) and order["status"] in ("pending", "on-hold", "failed"):
        state.transition(order, "processing" if order["needs_processing"] else "completed")


def _set_meta(state: ShopState, meta: list[JsonObject], given: list[Any]) -> None:
    """By id, else by key; null deletes; an entry without a key is stored nameless."""
    for entry in given:
        key, value, wanted = entry.get("key"), entry.get("value"), entry.get("id")
        found = [m for m in meta if (m["id"] == wanted if wanted else key and m["key"] == key)]
        if value is None:
            meta[:] = [m for m in meta if m not in found]
        elif found:
            found[0]["value"] = value
            found[0]["key"] = key if key is not None else found[0]["key"]
            meta[:] = [m for m in meta if m not in found[1:]]
        else:
            meta += meta_list([{"key": key, "value": value}], state.numbers)


def _set_lines(state: ShopState, order: JsonObject, changes: JsonObject) -> None:
    """Lines by id; one without an id is added. Totals follow."""
    touched = [name for name in _LINES if isinstance(changes.get(name), list)]
    for name in touched:
        for given in changes[name]:
            if given.get("id"):
                _change_line(state, order[name], given)
            else:
                order[name].append(_new_line(state, name, given))
    if touched:
        recount(order)


def _new_line(state: ShopState, name: str, given: JsonObject) -> JsonObject:
    if name == "line_items":
        return line_item(given, state.numbers, state.find_product)
    made = shipping_line if name == "shipping_lines" else fee_line
    return made(given, state.numbers)


def _change_line(state: ShopState, lines: list[JsonObject], given: JsonObject) -> None:
    line = next((item for item in lines if item["id"] == given["id"]), None)
    if line is None:
        message = "Order item ID provided is not associated with order."
        raise Refusal(400, "woocommerce_rest_invalid_item_id", message)
    if given.get("quantity") == 0:
        lines.remove(line)
        return
    meta = given.get("meta_data")
    if meta:
        _set_meta(state, line["meta_data"], meta)
        line["meta_data"] = item_meta(line["meta_data"], state.numbers)
    for name in ("name", "quantity", "subtotal", "total", "method_title", "method_id"):
        if name in line and given.get(name) is not None:
            line[name] = given[name]
