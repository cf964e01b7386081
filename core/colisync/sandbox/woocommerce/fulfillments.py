"""Fulfilments, where their feature is on: nothing in them is checked by the shop.

Source: reference/woocommerce.md §9, `fulfillment*` recordings (2026-11-21).
"""

from typing import Any

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.order_form import Ids, meta_list
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState

_KEY = "_fulfillment_status"


def _bad(message: str) -> Refusal:
    return Refusal(400, 0, message)


def _order(state: ShopState, order_id: int) -> JsonObject:
    """The order. An unknown one is answered before permissions: no Allow, a textual status."""
    if state.orders.get(order_id) is None:
        code, message = "woocommerce_rest_order_invalid_id", "Invalid order ID."
        raise Refusal(404, code, message, {"status": "404"}, early=True)
    return state.order(order_id)


def _find(state: ShopState, order_id: int, fulfillment_id: int) -> JsonObject:
    _order(state, order_id)
    found = state.fulfillments.get(fulfillment_id)
    if found is None or found["entity_id"] != str(order_id):
        raise _bad("Fulfillment not found.")
    return found


def _of(state: ShopState, order_id: int) -> list[JsonObject]:
    return [f for f in state.fulfillments.values() if f["entity_id"] == str(order_id)]


def list_fulfillments(state: ShopState, call: Call, params: Any, order_id: int) -> Answer:
    """The fulfilments of an order."""
    _order(state, order_id)
    return Answer(_of(state, order_id))


def get_fulfillment(
    state: ShopState, call: Call, params: Any, order_id: int, fulfillment_id: int
) -> Answer:
    """One fulfilment."""
    return Answer(_find(state, order_id, fulfillment_id))


def get_metadata(
    state: ShopState, call: Call, params: Any, order_id: int, fulfillment_id: int
) -> Answer:
    """The meta of one fulfilment."""
    return Answer(_find(state, order_id, fulfillment_id)["meta_data"])


def change_metadata(
    state: ShopState, call: Call, params: Any, order_id: int, fulfillment_id: int
) -> Answer:
    """The meta of one fulfilment, those given set by key (not recorded)."""
    found = _find(state, order_id, fulfillment_id)
    given = {entry["key"]: entry["value"] for entry in call.fields.get("meta_data") or []}
    kept = [entry for entry in found["meta_data"] if entry["key"] not in given]
    found["meta_data"] = [*kept, *meta_list(given, _meta_ids(state))]
    return Answer(found["meta_data"])


def delete_metadata(
    state: ShopState, call: Call, params: Any, order_id: int, fulfillment_id: int
) -> Answer:
    """The meta of one fulfilment without `meta_key` (not recorded)."""
    found = _find(state, order_id, fulfillment_id)
    unwanted = call.param("meta_key")
    found["meta_data"] = [entry for entry in found["meta_data"] if entry["key"] != unwanted]
    return Answer(found["meta_data"])


def create_fulfillment(state: ShopState, call: Call, params: Any, order_id: int) -> Answer:
    """A new fulfilment; a repeat makes a second one. With `notify_customer` a mail goes out."""
    _order(state, order_id)
    made: JsonObject = {"id": 0, "entity_type": "WC_Order", "entity_id": str(order_id)}
    _fill(state, made, call.fields)
    made["id"] = state.numbers("fulfillment")
    state.fulfillments[made["id"]] = made
    _after(state, call, order_id)
    return Answer(made, 201)


def change_fulfillment(
    state: ShopState, call: Call, params: Any, order_id: int, fulfillment_id: int
) -> Answer:
    """The fulfilment with what it was given; every meta key that was not given is dropped."""
    found = _find(state, order_id, fulfillment_id)
    _fill(state, found, call.fields)
    _after(state, call, order_id)
    return Answer(found)


def delete_fulfillment(
    state: ShopState, call: Call, params: Any, order_id: int, fulfillment_id: int
) -> Answer:
    """A sentence; no `force` needed."""
    _find(state, order_id, fulfillment_id)
    del state.fulfillments[fulfillment_id]
    _after(state, call, order_id)
    return Answer({"message": "Fulfillment deleted successfully."})


def _fill(state: ShopState, made: JsonObject, given: JsonObject) -> None:
    """Meta without an `id` member is dropped; an unknown status becomes `unfulfilled`."""
    kept = [entry for entry in given["meta_data"] if "id" in entry]
    if not any(entry.get("key") == "_items" and entry.get("value") for entry in kept):
        raise _bad("The fulfillment should contain at least one item.")
    done = given.get("status") == "fulfilled"
    now = dates.local(state.now(), state.settings.zone).replace("T", " ")
    known = {entry["key"]: entry["id"] for entry in made.get("meta_data", [])}
    entries = [{"id": known.get(e["key"], 0), "key": e["key"], "value": e["value"]} for e in kept]
    if done:
        entries.append({"id": 0, "key": "_date_fulfilled", "value": now})
    made |= {"is_fulfilled": done, "status": "fulfilled" if done else "unfulfilled"}
    made |= {"date_updated": now, "meta_data": meta_list(entries, _meta_ids(state))}


def _meta_ids(state: ShopState) -> Ids:
    """Ids of the fulfilments' own table of meta."""
    return lambda _, wanted: state.numbers("fulfillment_meta", wanted)


def _after(state: ShopState, call: Call, order_id: int) -> None:
    """The order's meta follows, its date moves, its status does not."""
    order = _order(state, order_id)
    value = _progress(order, _of(state, order_id))
    entry = next((m for m in order["meta_data"] if m["key"] == _KEY), None)
    if entry is None:
        entry = {"id": state.numbers("meta"), "key": _KEY, "value": value}
        order["meta_data"].append(entry)
    entry["value"] = value
    state.save(order)
    if call.flag("notify_customer"):
        state.books.mail(state.time(), order_id, "fulfillment")


def _progress(order: JsonObject, fulfillments: list[JsonObject]) -> str:
    sent: dict[int, int] = {}
    for fulfillment in fulfillments:
        if fulfillment["is_fulfilled"]:
            meta = {entry["key"]: entry["value"] for entry in fulfillment["meta_data"]}
            for item in meta["_items"]:
                sent[item["item_id"]] = sent.get(item["item_id"], 0) + int(item["qty"])
    left = [line for line in order["line_items"] if sent.get(line["id"], 0) < line["quantity"]]
    if not sent:
        return "unfulfilled"
    return "partially_fulfilled" if left else "fulfilled"


def lookup(state: ShopState, call: Call, params: Any, order_id: int) -> Answer:
    """Nothing: it knows no Colissimo number of 13 characters."""
    _order(state, order_id)
    return Answer([])


def _body_parameters(_: WooCommerceSettings) -> Parameters:
    return {"meta_data": Parameter("list", "object", required=True)}


def _on(settings: WooCommerceSettings) -> bool:
    return settings.has_fulfillments


_BASE = "/orders/<order_id>/fulfillments"
_V3 = ("wc/v3",)
ROUTES = (
    Route(
        _BASE,
        get=list_fulfillments,
        post=create_fulfillment,
        noun="list",
        body=_body_parameters,
        namespaces=_V3,
        exists=_on,
    ),
    Route(f"{_BASE}/lookup", get=lookup, namespaces=_V3, exists=_on),
    Route(
        f"{_BASE}/<fulfillment_id>",
        get=get_fulfillment,
        edit=change_fulfillment,
        delete=delete_fulfillment,
        namespaces=_V3,
        exists=_on,
    ),
    Route(
        f"{_BASE}/<fulfillment_id>/metadata",
        get=get_metadata,
        edit=change_metadata,
        delete=delete_metadata,
        namespaces=_V3,
        exists=_on,
    ),
)
