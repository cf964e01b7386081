"""The routes of orders: list, one, create, change, trash, delete, batch, statuses, totals."""

from typing import Any

from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.fields import FieldTree, field_tree
from colisync.sandbox.woocommerce.listing import OrderQuery, order_parameters, page_of, paging
from colisync.sandbox.woocommerce.order_form import complete_order
from colisync.sandbox.woocommerce.order_writes import body_parameters, update_order
from colisync.sandbox.woocommerce.php import HOME, JsonObject, as_list, encode
from colisync.sandbox.woocommerce.render import OrderView, render
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.samples import sample
from colisync.sandbox.woocommerce.state import ShopState

_BATCH_LIMIT = 100
_CREATED_FIELDS = (
    *("status", "billing", "shipping", "line_items", "shipping_lines", "fee_lines", "meta_data"),
    *("customer_note", "customer_id", "currency", "payment_method", "payment_method_title"),
    "transaction_id",
)


def list_orders(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A page of orders, as text already."""
    ids = OrderQuery(state.orders, state.settings, params).ids()
    view = _view(state, call)
    found = [order for n in page_of(ids, params) if (order := state.orders.get(n))]
    statuses = as_list(call.query.get("status") or "any")
    defaults = {"status": statuses, "dp": 2, "context": "view"}
    total, pages, link = paging(
        call, params, len(ids), defaults, forgets_total=state.settings.uses_hpos
    )
    body = b"[" + b",".join(render(order, view, listed=True) for order in found) + b"]"
    return Answer(body, total=total, pages=pages, link=link)


def list_orders_v1(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """`wc/v1` knows nothing of HPOS: 200 and an empty list."""
    if state.settings.uses_hpos:
        return Answer([], total=0)
    return list_orders(state, call, params)


def get_order(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """One order, trashed or not."""
    return Answer(render(state.stored(order_id), _view(state, call)))


def change_order(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """The order after a PUT."""
    update_order(state, order_id, call.fields)
    return get_order(state, call, params, order_id)


def create_order(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A new order, with its address."""
    order_id = _create(state, call.fields)
    body = render(state.stored(order_id), _view(state, call))
    return Answer(body, 201, [("Location", f"{HOME}/wp-json{call.namespace}/orders/{order_id}")])


def delete_order(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """The order as it was before it went to the trash, or for good with `force`."""
    order = state.stored(order_id)
    body = render(order, _view(state, call))
    if call.flag("force"):
        state.orders.remove(order_id)
    elif order.status == "trash":
        message = "The shop_order has already been deleted."
        raise Refusal(410, "woocommerce_rest_already_trashed", message)
    else:
        trash_order(state, order_id)
    return Answer(body)


def trash_order(state: ShopState, order_id: int) -> None:
    """Puts an order in the trash: its date of change moves, `order.deleted` is heard."""
    order = state.order(order_id)
    now = state.now()
    marks = {"_wp_trash_meta_status": f"wc-{order['status']}", "_wp_trash_meta_time": str(now)}
    for key, value in marks.items():
        order["meta_data"].append({"id": state.numbers("meta"), "key": key, "value": value})
    order["status"] = "trash"
    state.books.status(order_id, "trash")
    state.save(order, event="deleted")


def batch(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """Every item done in turn, none validated, each with its own outcome; always 200."""
    groups = {name: _items(call, name) for name in ("create", "update", "delete")}
    if sum(len(items) for items in groups.values()) > _BATCH_LIMIT:
        message = f"Unable to accept more than {_BATCH_LIMIT} items for this request."
        raise Refusal(413, "woocommerce_rest_request_entity_too_large", message)
    done = {
        name: [_batch_item(state, call, name, item) for item in items]
        for name, items in groups.items()
        if items
    }
    tree = field_tree(call.query.get("_fields"))
    members = [
        encode(name) + b":" + (b"[" + b",".join(items) + b"]" if _whole(tree, name) else b"[]")
        for name, items in done.items()
        if tree is None or name in tree
    ]
    return Answer(b"{" + b",".join(members) + b"}" if members else [])


def _whole(tree: FieldTree | None, name: str) -> bool:
    return tree is None or tree[name] is True


def _items(call: Call, name: str) -> list[Any]:
    given = call.fields.get(name)
    return given if isinstance(given, list) else []


def _batch_item(state: ShopState, call: Call, name: str, item: Any) -> bytes:
    order_id = item if name == "delete" else item.get("id")
    known = order_id if isinstance(order_id, int) else 0
    status = 200
    try:
        order_id, body = _batch_work(state, name, item, known)
    except Refusal as refusal:
        body, status = encode({"id": order_id, "error": refusal.body()}), refusal.status
    state.books.write(state.time(), call.method, call.path, order_id, item, status)
    return body


def _batch_work(state: ShopState, name: str, item: Any, order_id: int) -> tuple[int, bytes]:
    if name == "create":
        order_id = _create(state, item)
    elif name == "update":
        update_order(state, order_id, item)
    body = render(state.stored(order_id), OrderView())
    if name == "delete":  # always for good
        state.orders.remove(order_id)
    return order_id, body


def _create(state: ShopState, given: JsonObject) -> int:
    empty = {name: dict.fromkeys(value, "") for name, value in _addresses().items()}
    status = str(given.get("status") or "pending").removeprefix("wc-")
    fields = {
        "created_via": "rest-api",
        "line_items": [],
        **dict.fromkeys(("payment_method", "payment_method_title", "customer_ip_address"), ""),
        **{name: given[name] for name in _CREATED_FIELDS if given.get(name) is not None},
        "status": status if status in state.settings.order_statuses else "pending",
        "billing": {**empty["billing"], **given.get("billing", {})},
        "shipping": {**empty["shipping"], **given.get("shipping", {})},
    }
    return add_order(state, fields)


def _addresses() -> JsonObject:
    order = sample("order")
    return {name: order[name] for name in ("billing", "shipping")}


def add_order(state: ShopState, fields: JsonObject) -> int:
    """The id of a new order, completed from `fields`; both `created` and `updated` are heard."""
    order = complete_order(
        fields,
        settings=state.settings,
        ids=state.numbers,
        find_product=state.find_product,
        now=state.now(),
    )
    state.orders.put(order)
    order_id: int = order["id"]
    state.books.status(order_id, order["status"])
    state.fire("order.created", order_id)
    state.fire("order.updated", order_id)
    return order_id


def statuses(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """Slug and name of every status."""
    known = state.settings.order_statuses.items()
    return Answer([{"slug": slug, "name": name} for slug, name in known])


def totals(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """How many orders each status holds."""
    count: dict[str, int] = {}
    for order in state.orders:
        count[order.status] = count.get(order.status, 0) + 1
    known = state.settings.order_statuses.items()
    return Answer([{"slug": s, "name": name, "total": count.get(s, 0)} for s, name in known])


def _view(state: ShopState, call: Call) -> OrderView:
    return OrderView.of(call, meta=state.settings.at_least(7, 0))


_ITEM = "/orders/<order_id>"
ROUTES = (
    Route(
        "/orders",
        get=list_orders,
        post=create_order,
        noun="list",
        query=order_parameters,
        body=body_parameters,
    ),
    Route("/orders", get=list_orders_v1, noun="list", namespaces=("wc/v1",)),
    Route("/orders/batch", edit=batch, write_action="batch"),
    Route("/orders/statuses", get=statuses, public=True, exists=lambda shop: shop.at_least(9, 6)),
    Route(_ITEM, get=get_order, edit=change_order, delete=delete_order, body=body_parameters),
    Route("/reports/orders/totals", get=totals, noun="list"),
)
