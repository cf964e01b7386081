"""Notes on orders. Source: `note*` recordings (2026-11-21)."""

from typing import Any

from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal, no_trash
from colisync.sandbox.woocommerce.fields import field_tree, select
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import HOME, JsonObject
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState


def _shown(order_id: int, note: JsonObject) -> JsonObject:
    orders = "/orders"
    base = f"{orders}/{order_id}/notes"
    made = links(f"{base}/{note['id']}", base, methods=("GET", "DELETE"), up=f"{orders}/{order_id}")
    return {**note, "_links": made}


def _notes_of(state: ShopState, order_id: int) -> list[JsonObject]:
    state.stored(order_id, message="Invalid order ID.")
    return state.notes.get(order_id, [])


def list_notes(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """All the notes, newest first, not paged; those of one second in the order they were made."""
    kind = params.get("type", "any")
    kept = [n for n in _notes_of(state, order_id) if kind in ("any", _kind(n))]
    kept.sort(key=lambda note: note["date_created_gmt"], reverse=True)
    tree = field_tree(call.query.get("_fields"))
    return Answer([select(_shown(order_id, note), tree) for note in kept])


def _kind(note: JsonObject) -> str:
    return "customer" if note["customer_note"] else "internal"


def create_note(state: ShopState, call: Call, params: JsonObject, order_id: int) -> Answer:
    """A new note; posting it again makes a second one."""
    _notes_of(state, order_id)
    author = "admin" if params.get("added_by_user") else "WooCommerce"
    customer = bool(params.get("customer_note"))
    note = state.add_note(order_id, str(params["note"]), customer=customer, author=author)
    shown = _shown(order_id, note)
    return Answer(shown, 201, [("Location", f"{HOME}/wp-json{call.route}/{note['id']}")])


def _find(state: ShopState, order_id: int, note_id: int) -> JsonObject:
    for note in _notes_of(state, order_id):
        if note["id"] == note_id:
            return note
    raise Refusal(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")


def get_note(state: ShopState, call: Call, params: Any, order_id: int, note_id: int) -> Answer:
    """One note."""
    return Answer(_shown(order_id, _find(state, order_id, note_id)))


def delete_note(state: ShopState, call: Call, params: Any, order_id: int, note_id: int) -> Answer:
    """The note that is no more; only with `force`."""
    note = _find(state, order_id, note_id)
    if not call.flag("force"):
        raise no_trash()
    state.notes[order_id].remove(note)
    return Answer(_shown(order_id, note))


def _list_parameters(_: WooCommerceSettings) -> Parameters:
    return {"type": Parameter(values=("any", "customer", "internal"))}


def _body_parameters(_: WooCommerceSettings) -> Parameters:
    return {
        "note": Parameter(required=True),
        "customer_note": Parameter("boolean"),
        "added_by_user": Parameter("boolean"),
    }


ROUTES = (
    Route(
        "/orders/<order_id>/notes",
        get=list_notes,
        post=create_note,
        noun="list",
        query=_list_parameters,
        body=_body_parameters,
    ),
    Route("/orders/<order_id>/notes/<note_id>", get=get_note, delete=delete_note),
)
