"""The routes of Shipment Tracking and of AST, where the shop has one of them.

Source: reference/woocommerce.md §6.1, read in the plug-ins, not recorded.
"""

import hashlib
import re
from typing import Any

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import HOME, JsonObject
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState

KEY = "_wc_shipment_tracking_items"
_FOLLOW = "https://www.laposte.fr/outils/suivre-vos-envois?code=%1$s"
_PROVIDERS = {"France": {"Colissimo": _FOLLOW, "Chronopost": "", "Mondial Relay": ""}}
_AST_STATUS = {"1": "completed", "2": "partial-shipped"}


def _items(order: JsonObject) -> list[JsonObject]:
    for entry in order["meta_data"]:
        if entry["key"] == KEY and isinstance(entry["value"], list):
            return list(entry["value"])
    return []


def _store(state: ShopState, order: JsonObject, items: list[JsonObject]) -> None:
    entry = next((m for m in order["meta_data"] if m["key"] == KEY), None)
    if entry is None:
        entry = {"id": state.numbers("meta"), "key": KEY, "value": []}
        order["meta_data"].append(entry)
    entry["value"] = items
    state.save(order, bump=state.settings.uses_hpos)


def _shown(order_id: int, item: JsonObject) -> JsonObject:
    provider = item["custom_tracking_provider"] or item["tracking_provider"]
    link = item["custom_tracking_link"] or _FOLLOW.replace("%1$s", item["tracking_number"])
    base = f"/orders/{order_id}/shipment-trackings"
    shipped = dates.gmt(int(item["date_shipped"] or 0))[:10]
    made = links(
        f"{base}/{item['tracking_id']}", base, methods=("GET", "DELETE"), up=f"/orders/{order_id}"
    )
    return {
        "tracking_id": item["tracking_id"],
        "tracking_provider": provider,
        "tracking_link": link,
        "tracking_number": item["tracking_number"],
        "date_shipped": shipped,
        "_links": made,
    }


def list_items(state: ShopState, call: Call, params: Any, order_id: int) -> Answer:
    """The tracking entries of an order, oldest first."""
    order = state.order(order_id, message="Invalid order ID.")
    return Answer([_shown(order_id, item) for item in _items(order)])


def create_item(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """A new entry and a private note; a repeat makes a second of both."""
    order = state.order(order_id, message="Invalid order ID.")
    item = _item(state, call.fields, order_id)
    replaces = state.settings.ast and str(params.get("replace_tracking", "0")) == "1"
    items = [] if replaces else _items(order)
    status = _AST_STATUS.get(str(params.get("status_shipped", "0")), "")
    if state.settings.ast and status in state.settings.order_statuses:
        state.transition(order, status)
    _store(state, order, [*items, item])
    provider = item["custom_tracking_provider"] or item["tracking_provider"]
    state.add_note(order_id, f"Order shipped with {provider}: {item['tracking_number']}")
    place = f"{HOME}/wp-json{call.route}/{item['tracking_id']}"
    return Answer(_shown(order_id, item), 201, [("Location", place)])


def _item(state: ShopState, given: JsonObject, order_id: int) -> JsonObject:
    tracking_number = str(given["tracking_number"])
    shipped = dates.parse(f"{str(given.get('date_shipped') or '')[:10]}T00:00:00")
    epoch = dates.bound(shipped, gmt=True, zone=state.settings.zone) if shipped else state.now()
    seed = f"{order_id} {tracking_number} {state.numbers('tracking')}"
    provider = str(given.get("tracking_provider") or "").lower()
    return {
        "tracking_provider": re.sub(r"[^a-z0-9]+", "-", provider).strip("-"),
        "custom_tracking_provider": str(given.get("custom_tracking_provider") or ""),
        "custom_tracking_link": str(given.get("custom_tracking_link") or ""),
        "tracking_number": tracking_number,
        "date_shipped": str(epoch),
        "tracking_id": hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest(),
    }


def _find(order: JsonObject, tracking_id: str) -> JsonObject:
    for item in _items(order):
        if item["tracking_id"] == str(tracking_id):
            return item
    code = "woocommerce_rest_shipment_tracking_invalid_id"
    raise Refusal(404, code, "Invalid shipment tracking ID.")


def get_item(state: ShopState, call: Call, params: Any, order_id: int, tracking_id: str) -> Answer:
    """One entry."""
    order = state.order(order_id, message="Invalid order ID.")
    return Answer(_shown(order_id, _find(order, tracking_id)))


def delete_item(
    state: ShopState, call: Call, params: Any, order_id: int, tracking_id: str
) -> Answer:
    """The entry that is no more; no `force` needed."""
    order = state.order(order_id, message="Invalid order ID.")
    item = _find(order, tracking_id)
    _store(state, order, [other for other in _items(order) if other != item])
    return Answer(_shown(order_id, item))


def providers(state: ShopState, call: Call, params: Any, order_id: int) -> Answer:
    """The providers enabled in the plug-in, by country."""
    return Answer(_PROVIDERS)


def _body_parameters(_: WooCommerceSettings) -> Parameters:
    return {
        "tracking_number": Parameter(required=True),
        "status_shipped": Parameter("any"),
        "replace_tracking": Parameter("any"),
    }


def _plugin(settings: WooCommerceSettings) -> bool:
    return settings.has_tracking


def _ast(settings: WooCommerceSettings) -> bool:
    return settings.ast


_BASE = "/orders/<order_id>/shipment-trackings"
ROUTES = tuple(
    route
    for names, exists in (
        (("wc-shipment-tracking/v3",), _plugin),
        (("wc/v1", "wc/v2", "wc/v3", "wc-ast/v3"), _ast),
    )
    for route in (
        Route(
            _BASE,
            get=list_items,
            post=create_item,
            noun="list",
            body=_body_parameters,
            namespaces=names,
            exists=exists,
        ),
        Route(f"{_BASE}/providers", get=providers, namespaces=names, exists=exists),
        Route(
            f"{_BASE}/<tracking_id:text>",
            get=get_item,
            delete=delete_item,
            namespaces=names,
            exists=exists,
        ),
    )
)
