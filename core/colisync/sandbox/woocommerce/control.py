"""The control of the sandbox, under `/_sandbox/`: no key, loopback only, never part of a shop.

GET `books`, `time`. POST `orders` (the fields of an order → `{"id"}`), `orders/bulk` (a list →
`{"ids"}`), `orders/<id>/change` (fields), `orders/<id>/refund` (`{"lines": {line: quantity}}`, none
for all), `orders/<id>/trash`, `untrash`, `delete`; `products`, `products/<id>/variations`,
`products/<id>/delete`; `zones` (`name`, `locations`, `methods`); `time` (`now` or
`advance_seconds`); `webhooks/deliver` → the outcomes. `faults` is `colisync.sandbox.faults`'.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from colisync.sandbox.woocommerce import deliveries
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.merchant import Merchant
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.state import ShopState

Answered = tuple[int, list[tuple[str, str]], bytes]


class Control:
    """Answers the control calls; a merchant's deeds go through `Merchant`."""

    def __init__(self, state: ShopState) -> None:
        self._state = state
        self._merchant = Merchant(state)
        self._posts: list[tuple[re.Pattern[str], Callable[..., Any]]] = [
            (re.compile(pattern), work)
            for pattern, work in (
                (r"/orders", lambda body: {"id": self._merchant.add_order(body)}),
                (
                    r"/orders/bulk",
                    lambda body: {"ids": [self._merchant.add_order(x) for x in body]},
                ),
                (r"/orders/(\d+)/change", self._change),
                (r"/orders/(\d+)/refund", self._refund),
                (r"/orders/(\d+)/trash", lambda body, n: self._merchant.trash(n)),
                (r"/orders/(\d+)/untrash", lambda body, n: self._merchant.untrash(n)),
                (r"/orders/(\d+)/delete", lambda body, n: self._merchant.delete(n)),
                (r"/products", lambda body: {"id": self._merchant.add_product(body)}),
                (r"/products/(\d+)/variations", self._variation),
                (r"/products/(\d+)/delete", lambda body, n: self._merchant.delete_product(n)),
                (r"/zones", self._zone),
                (r"/time", self._set_time),
            )
        ]

    async def answer(self, method: str, path: str, body: bytes) -> Answered:
        """The answer to a control call; 404 for an unknown one, 400 for one that cannot be done."""
        name = path.removeprefix("/_sandbox")
        try:
            if (method, name) == ("POST", "/webhooks/deliver"):
                return _json(200, await asyncio.to_thread(self.deliver))
            with self._state.lock:
                return self._work(method, name, body)
        except (ValueError, KeyError, TypeError, Refusal) as error:
            return _json(400, {"error": f"{type(error).__name__}: {error}"})

    def _work(self, method: str, name: str, body: bytes) -> Answered:
        if method == "GET" and name == "/books":
            shown = self._state.books.show(self._state.orders, self._state.notes)
            return _json(200, shown)
        if method == "GET" and name == "/time":
            return _json(200, {"now": self._state.time().isoformat()})
        for pattern, work in self._posts:
            match = pattern.fullmatch(name)
            if match and method == "POST":
                given = json.loads(body) if body.strip() else {}
                done = work(given, *(int(text) for text in match.groups()))
                return _json(200, done if done is not None else {})
        return _json(404, {"error": f"no such control: {method} {name}"})

    def deliver(self) -> list[JsonObject]:
        """Runs the queue as WP-Cron would: pings and deliveries, one after the other."""
        return deliveries.send(self._state, deliveries.prepared(self._state))

    def after_request(self) -> None:
        """Sends what may not wait for WP-Cron: pings, and deliveries of a busy shop."""
        state, at_once = self._state, self._state.settings.webhooks_at_once
        if state.pings or (at_once and state.pending):
            posts = deliveries.prepared(state, pings_only=not at_once)
            work = threading.Thread(target=deliveries.send, args=(state, posts), daemon=True)
            work.start()

    def _change(self, body: JsonObject, order_id: int) -> None:
        self._merchant.change_order(order_id, body)

    def _refund(self, body: JsonObject, order_id: int) -> JsonObject:
        lines = {int(line): int(quantity) for line, quantity in body["lines"].items()}
        return {"id": self._merchant.refund(order_id, lines)}

    def _variation(self, body: JsonObject, product_id: int) -> JsonObject:
        return {"id": self._merchant.add_variation(product_id, body)}

    def _zone(self, body: JsonObject) -> JsonObject:
        zone_id = self._merchant.add_zone(
            body["name"], body.get("locations", []), body.get("methods", [])
        )
        return {"id": zone_id, "methods": list(self._state.zones[zone_id]["methods"])}

    def _set_time(self, body: JsonObject) -> JsonObject:
        """`{"now": ISO}` or `{"advance_seconds": n}`."""
        self._merchant.set_time(
            datetime.fromisoformat(body["now"]) if "now" in body else None,
            float(body.get("advance_seconds", 0)),
        )
        return {"now": self._state.time().isoformat()}


def _json(status: int, data: Any) -> Answered:
    return status, [("Content-Type", "application/json")], json.dumps(data).encode()
