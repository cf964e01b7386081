"""What a merchant, a buyer or another plug-in does in the shop, without the REST API."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from colisync.sandbox.woocommerce import catalogue, orders, refunds, zones
from colisync.sandbox.woocommerce.order_form import (
    line_item,
    meta_list,
    recount,
    shipping_line,
)
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.state import ShopState

_LISTS = ("line_items", "shipping_lines", "meta_data")


class Merchant:
    """Deeds on one shop. The caller holds the shop's lock."""

    def __init__(self, state: ShopState) -> None:
        self._state = state

    def add_order(self, fields: JsonObject) -> int:
        """The id of a new order."""
        return orders.add_order(self._state, fields)

    def change_order(self, order_id: int, fields: JsonObject) -> None:
        """Changes an order as wp-admin does: the date of change moves, webhooks hear of it.

        Lists replace the order's; meta is set by key, and None deletes it.
        """
        state = self._state
        order = state.order(order_id)
        given = dict(fields)
        status = given.pop("status", None)
        self._set_lists(order, given)
        for name in ("billing", "shipping"):
            order[name] |= given.pop(name, {})
        unknown = sorted(set(given) - set(order))
        if unknown:
            raise ValueError(f"no such member in order: {', '.join(unknown)}")
        order.update(given)
        if status is not None:
            state.transition(order, status)
        state.save(order)

    def _set_lists(self, order: JsonObject, given: JsonObject) -> None:
        state = self._state
        if "line_items" in given:
            lines = given.pop("line_items")
            order["line_items"] = [line_item(x, state.numbers, state.find_product) for x in lines]
            recount(order)
        if "shipping_lines" in given:
            lines = given.pop("shipping_lines")
            order["shipping_lines"] = [shipping_line(x, state.numbers) for x in lines]
            recount(order)
        for entry in meta_list(given.pop("meta_data", []), state.numbers):
            kept = [m for m in order["meta_data"] if m["key"] != entry["key"]]
            order["meta_data"] = kept if entry["value"] is None else [*kept, entry]

    def refund(self, order_id: int, lines: dict[int, int]) -> int:
        """The id of a refund of so many of each line; all that is left of them if `lines` is empty,
        shipping included."""
        order = self._state.order(order_id)
        everything = not lines
        if everything:
            lines = {line["id"]: line["quantity"] for line in order["line_items"]}
        given = [{"id": line, "quantity": quantity} for line, quantity in lines.items()]
        already = sum((Decimal(r["total"]) for r in order["refunds"]), Decimal(0))
        amount = str(Decimal(order["total"]) + already) if everything else ""
        return int(refunds.refund_lines(self._state, order_id, given, amount=amount)["id"])

    def trash(self, order_id: int) -> None:
        """Puts an order in the trash."""
        orders.trash_order(self._state, order_id)

    def untrash(self, order_id: int) -> None:
        """Takes an order out of the trash, with the status it had; `order.restored` is heard."""
        order = self._state.order(order_id)
        marks = {m["key"]: m["value"] for m in order["meta_data"]}
        order["status"] = marks.get("_wp_trash_meta_status", "wc-pending").removeprefix("wc-")
        self._state.books.status(order_id, order["status"])
        self._state.save(order, event="restored")

    def delete(self, order_id: int) -> None:
        """Deletes an order for good; no webhook hears of it."""
        self._state.stored(order_id)
        self._state.orders.remove(order_id)

    def add_product(self, fields: JsonObject) -> int:
        """The id of a new product."""
        return catalogue.add_product(self._state, fields)

    def add_variation(self, product_id: int, fields: JsonObject) -> int:
        """The id of a new variation."""
        return catalogue.add_variation(self._state, product_id, fields)

    def delete_product(self, product_id: int) -> None:
        """Deletes a product for good; orders that sold it forget its id and its SKU."""
        catalogue.remove_product(self._state, product_id, force=True)

    def add_zone(self, name: str, locations: list[Any], methods: list[Any]) -> int:
        """The id of a new shipping zone."""
        return zones.add_zone(self._state, name, locations, methods)

    def set_time(self, now: datetime | None, advance_seconds: float) -> None:
        """Moves the shop's clock to `now`, then forward."""
        if now is not None:
            self._state.clock_offset += now - self._state.time()
        self._state.clock_offset += timedelta(seconds=advance_seconds)
