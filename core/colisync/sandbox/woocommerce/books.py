"""What the shop has seen and done, for checkers that trust nobody else's word."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from colisync.sandbox.woocommerce.order_store import OrderStore
from colisync.sandbox.woocommerce.php import JsonObject


class Books:
    """Writes, mails and statuses in the order they happened; times are aware ISO texts."""

    def __init__(self) -> None:
        self.writes: list[JsonObject] = []
        self.mails: list[JsonObject] = []
        self.statuses: dict[int, list[str]] = {}
        self.requests = 0

    def write(
        self, at: datetime, method: str, path: str, order_id: int | None, body: Any, status: int
    ) -> None:
        """Notes one write that reached the shop, refused or not (`answer` is its status)."""
        entry = {"at": at.isoformat(), "method": method, "path": path, "order_id": order_id}
        self.writes.append({**entry, "body": body, "answer": status})

    def mail(self, at: datetime, order_id: int, kind: str) -> None:
        """Notes one mail sent to a customer."""
        self.mails.append({"at": at.isoformat(), "order_id": order_id, "kind": kind})

    def status(self, order_id: int, status: str) -> None:
        """Notes that an order took a status."""
        self.statuses.setdefault(order_id, []).append(status)

    def show(
        self,
        orders: OrderStore,
        notes: Mapping[int, Sequence[JsonObject]],
        only: Sequence[int] | None = None,
    ) -> JsonObject:
        """The books as one object; `only` limits the orders shown."""
        wanted = None if only is None else set(only)
        shown = [order for order in orders if wanted is None or order.id in wanted]
        return {
            "writes": list(self.writes),
            "notes": {order_id: list(kept) for order_id, kept in notes.items()},
            "mails": list(self.mails),
            "orders": {order.id: _order(order.load()) for order in shown},
            "requests": self.requests,
            "statuses": {order_id: list(kept) for order_id, kept in self.statuses.items()},
        }


def _order(data: JsonObject) -> JsonObject:
    meta = {entry["key"]: entry["value"] for entry in data["meta_data"]}
    return {
        "status": data["status"],
        "number": data["number"],
        "meta": meta,
        "tracking_items": meta.get("_wc_shipment_tracking_items") or [],
    }
