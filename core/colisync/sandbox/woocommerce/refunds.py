"""Refunds: lines with negative quantities. Source: `refund*` recordings (2026-11-21)."""

from decimal import Decimal
from typing import Any

from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal, no_trash
from colisync.sandbox.woocommerce.fields import field_tree, select
from colisync.sandbox.woocommerce.listing import PAGING, page_of, paging
from colisync.sandbox.woocommerce.order_form import item_meta, money, stamp
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import HOME, JsonObject, number
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState


def refund_lines(
    state: ShopState, order_id: int, lines: list[JsonObject], *, amount: str = "", reason: str = ""
) -> JsonObject:
    """A new refund of `lines` (`id`, `quantity`, `refund_total`); the order's date moves.

    An order refunded to its whole total becomes `refunded`. Raises `Refusal`.
    """
    order = state.order(order_id)
    items = [_negative(state, order, line) for line in lines]
    total = Decimal(amount) if amount else -sum((Decimal(i["total"]) for i in items), Decimal(0))
    already = -sum((Decimal(r["total"]) for r in order["refunds"]), Decimal(0))
    left = Decimal(order["total"]) - already
    if total < 0 or total > left or (not total and not items):
        raise Refusal(400, "woocommerce_rest_invalid_order_refund", "Invalid refund amount.")
    refund: JsonObject = {"id": state.numbers("post"), "parent_id": order_id}
    stamp(refund, "date_created", state.now(), state.settings)
    kind = "full" if total == left else "partial"
    mark = {"id": state.numbers("meta"), "key": "_refund_type", "value": kind}
    refund |= {"amount": money(total), "reason": reason, "refunded_by": 1}
    refund |= {"refunded_payment": False, "meta_data": [mark], "line_items": items}
    refund |= {"shipping_lines": [], "tax_lines": [], "fee_lines": []}
    state.refunds[refund["id"]] = refund
    short = {"id": refund["id"], "reason": reason, "total": f"-{money(total)}"}
    order["refunds"].insert(0, short)
    if total == left:
        state.transition(order, "refunded")
    state.save(order)
    return refund


def _negative(state: ShopState, order: JsonObject, given: JsonObject) -> JsonObject:
    line = next((x for x in order["line_items"] if x["id"] == int(given["id"])), None)
    if line is None:
        message = "Order item ID provided is not associated with order."
        raise Refusal(400, "woocommerce_rest_invalid_item_id", message)
    quantity = int(given.get("quantity", 0))
    due = Decimal(str(line["price"])) * quantity
    total = Decimal(str(given.get("refund_total", due)))
    meta = [{"key": "_refunded_item_id", "value": str(line["id"])}]
    return {
        **line,
        "id": state.numbers("item"),
        "quantity": -quantity,
        "subtotal": f"-{money(total)}",
        "total": f"-{money(total)}",
        "meta_data": item_meta(meta, state.numbers),
        "price": number(float(total / quantity)) if quantity else 0,
    }


def _shown(refund: JsonObject, *, parent: bool = False) -> JsonObject:
    order_id = refund["parent_id"]
    kept = {name: value for name, value in refund.items() if parent or name != "parent_id"}
    base = f"/orders/{order_id}/refunds"
    own = f"{base}/{refund['id']}"
    made = links(own, base, methods=("GET", "DELETE"), up=f"/orders/{order_id}")
    return {**kept, "_links": made}


def _page(call: Call, params: JsonObject, found: list[JsonObject], *, parent: bool) -> Answer:
    found = sorted(found, key=lambda r: (r["date_created_gmt"], r["id"]), reverse=True)
    total, pages, link = paging(call, params, len(found), {"dp": 2})
    wanted = set(page_of([r["id"] for r in found], params))
    tree = field_tree(call.query.get("_fields"))
    shown = [select(_shown(r, parent=parent), tree) for r in found if r["id"] in wanted]
    return Answer(shown, total=total, pages=pages, link=link)


def list_refunds(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """The refunds of one order, newest first."""
    state.stored(order_id, message="Invalid order ID.")
    found = [r for r in state.refunds.values() if r["parent_id"] == order_id]
    return _page(call, params, found, parent=False)


def list_all(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """The refunds of all orders, newest first, each with its order."""
    return _page(call, params, list(state.refunds.values()), parent=True)


def create_refund(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """A new refund; its `Location` shows the route's pattern instead of the order, as recorded."""
    state.stored(order_id, message="Invalid order ID.")
    lines = call.fields.get("line_items") or []
    amount, reason = str(params.get("amount") or ""), str(params.get("reason") or "")
    refund = refund_lines(state, order_id, lines, amount=amount, reason=reason)
    pattern = f"{HOME}/wp-json{call.namespace}/orders/(?P<order_id>[\\d]+)/refunds"
    return Answer(_shown(refund), 201, [("Location", f"{pattern}/{refund['id']}")])


def _find(state: ShopState, order_id: int, refund_id: int) -> JsonObject:
    found = state.refunds.get(refund_id)
    if found is None or found["parent_id"] != order_id:
        message = "Invalid order refund ID."
        raise Refusal(404, "woocommerce_rest_invalid_order_refund_id", message)
    return found


def get_refund(state: ShopState, call: Call, params: Any, order_id: int, refund_id: int) -> Answer:
    """One refund."""
    return Answer(_shown(_find(state, order_id, refund_id)))


def delete_refund(
    state: ShopState, call: Call, params: Any, order_id: int, refund_id: int
) -> Answer:
    """The refund that is no more; only with `force`."""
    refund = _find(state, order_id, refund_id)
    if not call.flag("force"):
        raise no_trash("Refunds")
    del state.refunds[refund_id]
    order = state.order(order_id)
    order["refunds"] = [r for r in order["refunds"] if r["id"] != refund_id]
    state.save(order)
    return Answer(_shown(refund))


def _list_parameters(_: WooCommerceSettings) -> Parameters:
    return PAGING


def _body_parameters(_: WooCommerceSettings) -> Parameters:
    return {
        "amount": Parameter(),
        "reason": Parameter(),
        "api_refund": Parameter("boolean"),
        "line_items": Parameter("list", "object"),
    }


ROUTES = (
    Route(
        "/orders/<order_id>/refunds",
        get=list_refunds,
        post=create_refund,
        noun="list",
        query=_list_parameters,
        body=_body_parameters,
    ),
    Route("/orders/<order_id>/refunds/<refund_id>", get=get_refund, delete=delete_refund),
    Route("/refunds", get=list_all, noun="list", query=_list_parameters, namespaces=("wc/v3",)),
)
