"""All the shop holds, and the few rules that every change obeys."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from colisync.sandbox.woocommerce.books import Books
from colisync.sandbox.woocommerce.errors import invalid_order
from colisync.sandbox.woocommerce.order_form import refresh_flags, stamp
from colisync.sandbox.woocommerce.order_store import OrderStore, StoredOrder
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import WooCommerceSettings


class Numbers:
    """Auto-increment columns: `numbers("post", 0)` is the next id, a wanted id is taken as is."""

    def __init__(self, **first: int) -> None:
        self._last = {kind: start - 1 for kind, start in first.items()}

    def __call__(self, kind: str, wanted: int = 0) -> int:
        last = self._last.get(kind, 0)
        self._last[kind] = max(last, wanted) if wanted else last + 1
        return wanted or last + 1


class ShopState:
    """The shop's tables. Whoever touches them holds `lock`."""

    def __init__(self, settings: WooCommerceSettings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.clock_offset = timedelta()
        self.numbers = Numbers(post=11, item=1, meta=1, note=2)
        self.orders = OrderStore(meta_by_key=settings.uses_hpos)
        self.products: dict[int, JsonObject] = {}
        self.classes: dict[int, str] = {}
        self.notes: dict[int, list[JsonObject]] = {}
        self.refunds: dict[int, JsonObject] = {}
        self.zones: dict[int, JsonObject] = {0: empty_zone(0)}
        self.webhooks: dict[int, JsonObject] = {}
        self.fulfillments: dict[int, JsonObject] = {}
        self.options: dict[str, str] = {}
        self.books = Books()
        self.pending: dict[tuple[int, Any], JsonObject] = {}  # deliveries waiting for WP-Cron
        self.pings: list[int] = []
        self.home = settings.home or "http://shop.example"
        self._clock = clock

    def time(self) -> datetime:
        """The shop's time, aware."""
        return self._clock() + self.clock_offset

    def now(self) -> int:
        """The shop's time in whole seconds: all its columns know."""
        return int(self.time().timestamp())

    def order(
        self, order_id: int, *, status: int = 404, message: str = "Invalid ID."
    ) -> JsonObject:
        """The order, free to change. Raises `Refusal`."""
        return self.stored(order_id, status=status, message=message).load()

    def stored(
        self, order_id: int, *, status: int = 404, message: str = "Invalid ID."
    ) -> StoredOrder:
        """The order as it is stored. Raises `Refusal`."""
        found = self.orders.get(order_id)
        if found is None:
            raise invalid_order(status, message)
        return found

    def find_product(self, line: JsonObject) -> JsonObject | None:
        """The product or variation that a line names, by variation, product or SKU."""
        for name in ("variation_id", "product_id"):
            found = self.products.get(int(line.get(name) or 0))
            if found:
                return found
        sku = line.get("sku")
        return next((p for p in self.products.values() if sku and p["sku"] == sku), None)

    def save(self, order: JsonObject, *, bump: bool = True, event: str = "updated") -> None:
        """Stores a changed order; `bump` moves its date of change, webhooks hear of `event`."""
        if bump:
            stamp(order, "date_modified", self.now(), self.settings)
        self.orders.put(order)
        if event:
            self.fire(f"order.{event}", order["id"])

    def transition(self, order: JsonObject, status: str) -> None:
        """Gives `order` a status, with what comes with it: dates, a note, a mail, an action."""
        before = order["status"]
        if before == status:
            return
        order["status"] = status
        refresh_flags(order)
        now = self.now()
        if status in ("processing", "completed") and not order["date_paid"]:
            stamp(order, "date_paid", now, self.settings)
        if status == "completed":
            stamp(order, "date_completed", now, self.settings)
            self.books.mail(self.time(), order["id"], "completed")
        self.books.status(order["id"], status)
        names = {**self.settings.order_statuses, "trash": "Trash"}
        change = f"from {names.get(before, before)} to {names.get(status, status)}."
        self.add_note(order["id"], f"Order status changed {change}")
        self.fire(f"action.woocommerce_order_status_{status}", order["id"])

    def add_note(
        self, order_id: int, text: str, *, customer: bool = False, author: str = "WooCommerce"
    ) -> JsonObject:
        """Writes a note on an order; one to the customer is mailed. The order is not touched."""
        note: JsonObject = {"id": self.numbers("note"), "author": author}
        stamp(note, "date_created", self.now(), self.settings)
        note |= {"note": text, "customer_note": customer}
        self.notes.setdefault(order_id, []).append(note)
        if customer:
            self.books.mail(self.time(), order_id, "customer_note")
        return note

    def fire(self, topic: str, resource_id: int) -> None:
        """Queues a delivery to each active webhook of `topic`; one already queued is enough."""
        for hook in self.webhooks.values():
            if hook["topic"] == topic and hook["status"] == "active":
                job = {"webhook": hook["id"], "topic": topic, "id": resource_id}
                self.pending.setdefault((hook["id"], resource_id), job)


def empty_zone(zone_id: int, name: str = "") -> JsonObject:
    """A shipping zone without places or methods; zone 0 is the rest of the world."""
    named = name or "Locations not covered by your other zones"
    return {"id": zone_id, "name": named, "order": 0, "locations": [], "methods": {}}
