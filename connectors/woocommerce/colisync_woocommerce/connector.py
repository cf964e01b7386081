"""A WooCommerce shop as Colisync sees any shop."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Self

from pydantic import BaseModel

from colisync.errors import NotFound, UnreadableAnswer
from colisync.model.order import Order
from colisync.model.shipping import ShippingChoice
from colisync.model.writeback import OrderUpdate, WriteBackReceipt
from colisync.ports.context import BackendContext
from colisync.ports.shop import (
    Cursor,
    OrderPage,
    ShopCapability,
    ShopIdentity,
    ShopSignal,
    UnreadableOrder,
)
from colisync_woocommerce.check import ShopCheck
from colisync_woocommerce.decode import (
    IN_STORE,
    Row,
    choice_id,
    decode_order,
    decode_refunds,
    loose,
    record,
    records,
    text,
)
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.sync import OrderSync
from colisync_woocommerce.transport import ShopApi
from colisync_woocommerce.webhook import read_webhook
from colisync_woocommerce.weights import Products
from colisync_woocommerce.writeback import WriteBack

_DRAFTS = frozenset({"checkout-draft", "auto-draft"})
_CHUNK = 100


class WooCommerceConnector:
    """Implements `ports.shop.ShopConnector` and `ReadManyOrders`."""

    key: ClassVar[str] = "woocommerce"
    capabilities: ClassVar[frozenset[ShopCapability]] = frozenset(ShopCapability)
    settings: ClassVar[type[BaseModel]] = WooCommerceSettings

    def __init__(self, settings: WooCommerceSettings, ctx: BackendContext) -> None:
        self._settings, self._clock = settings, ctx.clock
        self._api = ShopApi(settings, ctx)
        self._products = Products(self._api, ctx.clock)
        self._statuses: dict[str, str] = {}
        self._namespaces: frozenset[str] | None = None

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A connector ready to call; nothing is called yet."""
        return cls(WooCommerceSettings.model_validate(settings.model_dump()), ctx)

    def check(self) -> ShopIdentity:
        """The shop's own words about itself, and what is wrong or risky there."""
        self._statuses = {}
        look = ShopCheck(self._api, self._settings, self._products, self._clock.now())
        return look.identity(self.statuses)

    def changed_orders(self, since: Cursor | None) -> Iterator[OrderPage]:
        """Changed orders, oldest first; nothing where nothing changed.

        An order that does not read is in `unreadable` and stops no other.
        """
        statuses = [*self.statuses(), *(["trash"] if since else [])]
        wanted = [status for status in statuses if status not in _DRAFTS]
        sync = OrderSync(self._api, self._settings, self._clock, wanted)
        for page in sync.run(since):
            orders, unreadable = self._decode(page.rows)
            yield OrderPage.model_construct(
                orders=orders, cursor=page.cursor, gone=page.gone, total=page.total,
                unreadable=unreadable,
            )  # fmt: skip

    def order(self, external_id: str) -> Order:
        """The order as it is now, `gone` where it lies in the trash. Raises NotFound."""
        row = self._row(external_id)
        return decode_order(
            row, self._products.of([row]), self._refunded([row]).get(text(row, "id"), {})
        )

    def orders(self, external_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that the shop still has, those in the trash with `gone`."""
        found, _ = self._decode(self.rows(external_ids).values())
        return {order.external_id: order for order in found}

    def shipping_choices(self) -> list[ShippingChoice]:
        """Every enabled method of every zone that ships; collection in the shop is none."""
        zones = records({"zones": self._api.read("shipping/zones").data}, "zones")
        with ThreadPoolExecutor(self._settings.pages_in_flight) as pool:
            return [choice for found in pool.map(self._zone, zones) for choice in found]

    def write_back(self, updates: Sequence[OrderUpdate]) -> list[WriteBackReceipt]:
        """One receipt for each update; what the shop already has is not written again."""
        results = WriteBack(self._api, self._settings, self).run(updates)
        return [WriteBackReceipt(key=update.key, results=results[update.key]) for update in updates]

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[ShopSignal]:
        """The signals in a delivery. Raises WebhookRejected."""
        return read_webhook(self._settings, headers, body)

    def statuses(self) -> dict[str, str]:
        """The shop's statuses with their names, read once."""
        if not self._statuses:
            try:
                reply = self._api.read("orders/statuses")
            except NotFound:  # before 9.6
                reply = self._api.read("reports/orders/totals")
            rows = records({"statuses": reply.data}, "statuses")
            self._statuses = {text(row, "slug"): text(row, "name") for row in rows}
        return self._statuses

    def namespaces(self) -> frozenset[str]:
        """The namespaces of the shop's plug-ins, read once."""
        if self._namespaces is None:
            index = self._api.read("", "", _fields="namespaces").data
            names = index.get("namespaces") if isinstance(index, dict) else None
            self._namespaces = frozenset(map(str, names or ()))
        return self._namespaces

    def rows(self, external_ids: Sequence[str]) -> dict[str, Row]:
        """Orders as the shop gives them now, by id; a list may leave out those in the trash."""
        found: dict[str, Row] = {}
        statuses = [*self.statuses(), "trash"]
        for start in range(0, len(external_ids), _CHUNK):
            ids = external_ids[start : start + _CHUNK]
            reply = self._api.read("orders", include=ids, status=statuses, per_page=_CHUNK)
            found |= {text(row, "id"): row for row in records({"orders": reply.data}, "orders")}
        for external_id in [each for each in external_ids if each not in found]:
            try:
                found[external_id] = self._row(external_id)
            except NotFound:
                continue
        return found

    def _row(self, external_id: str) -> Row:
        return record({"order": self._api.read(f"orders/{external_id}").data}, "order")

    def _decode(self, rows: Iterable[Row]) -> tuple[tuple[Order, ...], tuple[UnreadableOrder, ...]]:
        rows = list(rows)
        products, refunded = self._products.of(rows), self._refunded(rows)
        orders, unreadable = [], []
        for row in rows:
            order_id = loose(row.get("id"))
            try:
                orders.append(decode_order(row, products, refunded.get(order_id, {})))
            except UnreadableAnswer as error:
                unreadable.append(
                    UnreadableOrder(external_id=order_id, key=error.key, params=error.params)
                )
        return tuple(orders), tuple(unreadable)

    def _refunded(self, rows: Iterable[Row]) -> dict[str, dict[str, int]]:
        """Refunded quantities by order and line; the order itself names only amounts."""
        ids = [
            loose(r.get("id")) for r in rows if r.get("refunds") and r.get("status") != "refunded"
        ]
        if not ids:
            return {}
        with ThreadPoolExecutor(self._settings.pages_in_flight) as pool:
            return dict(zip(ids, pool.map(self._refunds, ids), strict=True))

    def _refunds(self, external_id: str) -> dict[str, int]:
        try:
            data = self._api.read(f"orders/{external_id}/refunds", per_page=_CHUNK).data
        except NotFound:  # deleted since the list was read
            return {}
        return decode_refunds(records({"refunds": data}, "refunds"))

    def _zone(self, zone: Row) -> list[ShippingChoice]:
        route = f"shipping/zones/{text(zone, 'id')}"
        methods = records({"methods": self._api.read(f"{route}/methods").data}, "methods")
        places = records({"places": self._api.read(f"{route}/locations").data}, "places")
        codes = [text(p, "code")[:2] for p in places if text(p, "type") in ("country", "state")]
        return [
            ShippingChoice(
                id=choice_id(text(method, "method_id"), text(method, "instance_id")),
                title=text(method, "title") or text(method, "method_title"),
                zone=text(zone, "name"),
                countries=tuple(dict.fromkeys(codes)),
                pickup="relay" in text(method, "method_id")
                or "service_point" in text(method, "method_id"),
            )
            for method in methods
            if method.get("enabled") is not False and text(method, "method_id") not in IN_STORE
        ]
