"""The emulator as tests and the demo hold it: one shop, its state in this process."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from colisync.sandbox.faults import FaultyApp
from colisync.sandbox.woocommerce import deliveries
from colisync.sandbox.woocommerce.app import ShopApp
from colisync.sandbox.woocommerce.merchant import Merchant
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState


def _system_clock() -> datetime:
    return datetime.now(UTC)


class WooCommerceShop:
    """One shop: `app` goes to `Server(...)`, the methods do what people do in the shop itself.

    Safe to use from any thread while it is being served. `clock` gives aware times.
    """

    def __init__(
        self,
        settings: WooCommerceSettings | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        latency: float = 0.0,
    ) -> None:
        self.settings = settings or WooCommerceSettings()
        self._state = ShopState(self.settings, clock or _system_clock)
        self._merchant = Merchant(self._state)
        self.app = FaultyApp(ShopApp(self._state), latency=latency)

    def add_order(self, **fields: Any) -> int:
        """The id of a new order, complete; short forms as in `order_form.complete_order`."""
        with self._state.lock:
            return self._merchant.add_order(fields)

    def change_order(self, order_id: int, **fields: Any) -> None:
        """Changes an order as in wp-admin: its date of change moves, webhooks hear of it."""
        with self._state.lock:
            self._merchant.change_order(order_id, fields)

    def order(self, order_id: int) -> JsonObject:
        """The order as it is now, as the shop stores it."""
        with self._state.lock:
            return self._state.order(order_id)

    def refund(self, order_id: int, lines: dict[int, int]) -> int:
        """The id of a refund of {line id: quantity}; of everything if `lines` is empty."""
        with self._state.lock:
            return self._merchant.refund(order_id, lines)

    def trash(self, order_id: int) -> None:
        """Puts an order in the trash."""
        with self._state.lock:
            self._merchant.trash(order_id)

    def untrash(self, order_id: int) -> None:
        """Takes an order out of the trash."""
        with self._state.lock:
            self._merchant.untrash(order_id)

    def delete(self, order_id: int) -> None:
        """Deletes an order for good."""
        with self._state.lock:
            self._merchant.delete(order_id)

    def add_product(self, **fields: Any) -> int:
        """The id of a new product."""
        with self._state.lock:
            return self._merchant.add_product(fields)

    def add_variation(self, product_id: int, **fields: Any) -> int:
        """The id of a new variation of a product."""
        with self._state.lock:
            return self._merchant.add_variation(product_id, fields)

    def delete_product(self, product_id: int) -> None:
        """Deletes a product for good; orders forget its id and SKU."""
        with self._state.lock:
            self._merchant.delete_product(product_id)

    def add_zone(self, name: str, locations: list[Any], methods: list[Any]) -> int:
        """The id of a new shipping zone; forms as in `zones.add_zone`."""
        with self._state.lock:
            return self._merchant.add_zone(name, locations, methods)

    def set_time(self, now: datetime | None = None, *, advance_seconds: float = 0.0) -> None:
        """Moves the shop's clock."""
        with self._state.lock:
            self._merchant.set_time(now, advance_seconds)

    def deliver_webhooks(self) -> list[JsonObject]:
        """Runs the delivery queue as WP-Cron would; not to be called from the serving thread."""
        return deliveries.send(self._state, deliveries.prepared(self._state))

    def books(self) -> JsonObject:
        """What the shop saw and did: writes, notes, mails, orders, requests, statuses."""
        with self._state.lock:
            return self._state.books.show(self._state.orders, self._state.notes)
