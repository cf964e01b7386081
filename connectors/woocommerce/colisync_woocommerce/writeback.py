"""How a shop is told about its parcels. When, and in what order: `wire.order_telling`."""

from collections.abc import Mapping
from functools import partial

from colisync.errors import NotFound, Rejected, RemoteError
from colisync.model.told import OrderChange, OrderNow, our_entries, skipped
from colisync.model.writeback import EffectResult, OrderUpdate
from colisync.wire.fields import Row, objects, records, structure, text
from colisync.wire.json_answers import code_of, plain
from colisync.wire.order_telling import enter_once, note_once
from colisync_woocommerce import encode
from colisync_woocommerce.answers import INVALID_ID
from colisync_woocommerce.decode import META_KEY, meta
from colisync_woocommerce.transport import TRACKING_NAMESPACE, ShopApi

_NO_ENTRIES = skipped("woocommerce.no_tracking_plugin")


class ShopLedger:
    """Implements `wire.order_telling.Ledger`."""

    remote = "woocommerce"

    def __init__(self, api: ShopApi) -> None:
        self._api, self._has_entries = api, True
        self.rows, self.statuses = api.orders, api.statuses

    def now(self, row: Row) -> OrderNow:
        """What the order says. Raises UnreadableAnswer."""
        status, entries = text(row, "status"), our_entries(structure(meta(row).get(META_KEY)))
        return OrderNow(status, entries, trashed=status == "trash")

    def write(self, changes: Mapping[str, OrderChange]) -> dict[str, str | RemoteError]:
        """The status of each order, or its refusal. Never a status that the shop does not list: a
        batch takes anything for `pending`."""
        bodies = {external_id: encode.order_body(change) for external_id, change in changes.items()}
        if len(bodies) == 1:
            [(external_id, body)] = bodies.items()
            rows = objects([self._api.write("PUT", f"orders/{external_id}", body).data], "order")
        else:
            items = [{"id": int(external_id), **body} for external_id, body in bodies.items()]
            data = self._api.write("POST", "orders/batch", {"update": items}).data
            rows = records(data if isinstance(data, dict) else {}, "update")
        return {text(row, "id"): _outcome(row) for row in rows}

    def enter(self, row: Row, update: OrderUpdate) -> EffectResult:
        """An entry of Shipment Tracking or AST, else a fulfillment, where the shop has one."""
        plugin = TRACKING_NAMESPACE in self._api.namespaces
        space = TRACKING_NAMESPACE if plugin else "wc/v3"
        route = f"orders/{update.external_id}/{'shipment-trackings' if plugin else 'fulfillments'}"
        body = encode.tracking_body if plugin else partial(encode.fulfillment_body, row)
        if not self._has_entries:
            return _NO_ENTRIES
        try:
            return enter_once(
                update,
                told=lambda: encode.numbers_told(self._api.rows(route, space)),
                drop=lambda entry: self._api.write("DELETE", f"{route}/{entry}", space=space),
                add=lambda: self._api.write("POST", route, body(update), space),
            )
        except NotFound as error:
            if error.key != "woocommerce.no_route":
                raise
            self._has_entries = False
            return _NO_ENTRIES

    def note(self, row: Row, update: OrderUpdate) -> EffectResult:
        """A note of the order; one to the buyer is mailed by the shop."""
        route = f"orders/{update.external_id}/notes"
        kind = "customer" if update.buyer_note else "internal"
        return note_once(
            update,
            notes=lambda: [text(note, "note") for note in self._api.rows(route, type=kind)],
            add=lambda: self._api.write("POST", route, encode.note_body(update)),
        )


def _outcome(row: Row) -> str | RemoteError:
    error = row.get("error")
    if not isinstance(error, dict):
        return text(row, "status")
    code = code_of(error)
    if code == INVALID_ID:
        return NotFound("woocommerce.not_found")
    return Rejected("woocommerce.rejected", code=code, text=plain(error.get("message", "")))
