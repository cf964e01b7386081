"""A WooCommerce shop as Colisync sees any shop."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Self

from pydantic import BaseModel

from colisync.errors import NotFound
from colisync.model.order import Order
from colisync.model.shipping import ShippingChoice
from colisync.model.writeback import OrderUpdate, WriteBackReceipt
from colisync.ports import shop
from colisync.ports.context import BackendContext
from colisync.wire.fields import Row, loose, text
from colisync.wire.in_flight import in_flight
from colisync.wire.known_products import KnownProducts, Products, product_keys
from colisync.wire.order_rows import decode_each
from colisync.wire.order_telling import OrderTelling
from colisync_woocommerce.check import ShopCheck
from colisync_woocommerce.decode import IN_STORE, choice_id, decode_order, decode_refunds
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.sync import OrderSync
from colisync_woocommerce.transport import ShopApi
from colisync_woocommerce.webhook import read_webhook
from colisync_woocommerce.weights import ShopProducts
from colisync_woocommerce.writeback import ShopLedger

_DRAFTS = frozenset({"checkout-draft", "auto-draft"})


class WooCommerceConnector:
    """Implements `ports.shop.ShopConnector` and `ReadManyOrders`."""

    key: ClassVar[str] = "woocommerce"
    capabilities: ClassVar[frozenset[shop.ShopCapability]] = frozenset(shop.ShopCapability)
    settings: ClassVar[type[BaseModel]] = WooCommerceSettings

    def __init__(self, settings: WooCommerceSettings, ctx: BackendContext) -> None:
        self._settings, self._clock = settings, ctx.clock
        self._api = ShopApi(settings, ctx)
        self._known = KnownProducts(ShopProducts(self._api), ctx.clock)

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A connector ready to call; nothing is called yet."""
        return cls(WooCommerceSettings.model_validate(settings.model_dump()), ctx)

    def check(self) -> shop.ShopIdentity:
        """The shop's own words about itself, and what is wrong or risky there."""
        return ShopCheck(self._api, self._settings).identity(self._clock.now())

    def changed_orders(self, since: shop.Cursor | None) -> Iterator[shop.OrderPage]:
        """Changed orders, oldest first; nothing where nothing changed.

        An order that does not read is in `unreadable` and stops no other.
        """
        statuses = [*self._api.statuses(), *(["trash"] if since else [])]
        wanted = [status for status in statuses if status not in _DRAFTS]
        for page in OrderSync(self._api, self._settings, self._clock, wanted).run(since):
            orders, bad = self._decode(page.rows)
            yield shop.OrderPage.model_construct(
                orders=orders, cursor=page.cursor, gone=page.gone, total=page.total, unreadable=bad
            )

    def order(self, external_id: str) -> Order:
        """The order as it is now, `gone` where it lies in the trash. Raises NotFound."""
        row = self._api.record(f"orders/{external_id}")
        refunded = self._refunded([row]).get(text(row, "id"), {})
        return decode_order(row, self._products([row]), refunded)

    def orders(self, external_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that the shop still has, those in the trash with `gone`."""
        found, _ = self._decode(list(self._api.orders(external_ids).values()))
        return {order.external_id: order for order in found}

    def shipping_choices(self) -> list[ShippingChoice]:
        """Every enabled method of every zone that ships; collection in the shop is none."""
        zones = self._api.rows("shipping/zones")
        found = in_flight(self._zone, zones, self._settings.pages_in_flight)
        return [choice for choices in found for choice in choices]

    def write_back(self, updates: Sequence[OrderUpdate]) -> list[WriteBackReceipt]:
        """One receipt for each update; what the shop already has is not written again."""
        batch, flying = self._settings.batch_size, self._settings.pages_in_flight
        return OrderTelling(ShopLedger(self._api), batch=batch, in_flight=flying).run(updates)

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[shop.ShopSignal]:
        """The signals in a delivery. Raises WebhookRejected."""
        return read_webhook(self._settings, headers, body)

    def _decode(
        self, rows: Sequence[Row]
    ) -> tuple[tuple[Order, ...], tuple[shop.UnreadableOrder, ...]]:
        products, refunded = self._products(rows), self._refunded(rows)
        return decode_each(
            rows, lambda row: decode_order(row, products, refunded.get(loose(row.get("id")), {}))
        )

    def _refunded(self, rows: Sequence[Row]) -> dict[str, dict[str, int]]:
        """Refunded quantities by order and line; the order itself names only amounts."""
        some = [row for row in rows if row.get("refunds") and row.get("status") != "refunded"]
        ids = [loose(row.get("id")) for row in some]
        found = in_flight(self._refunds, ids, self._settings.pages_in_flight)
        return dict(zip(ids, found, strict=True))

    def _refunds(self, external_id: str) -> dict[str, int]:
        try:
            return decode_refunds(self._api.rows(f"orders/{external_id}/refunds", per_page=100))
        except NotFound:  # deleted since the list was read
            return {}

    def _products(self, rows: Sequence[Row]) -> Products:
        return self._known.of(product_keys(rows, "line_items", "product_id", "variation_id"))

    def _zone(self, zone: Row) -> list[ShippingChoice]:
        route = f"shipping/zones/{text(zone, 'id')}"
        methods, places = self._api.rows(f"{route}/methods"), self._api.rows(f"{route}/locations")
        codes = [text(p, "code")[:2] for p in places if text(p, "type") in ("country", "state")]
        return [
            ShippingChoice(
                id=choice_id(method),
                title=text(method, "title") or text(method, "method_title"),
                zone=text(zone, "name"),
                countries=tuple(dict.fromkeys(codes)),
                pickup=any(w in text(method, "method_id") for w in ("relay", "service_point")),
            )
            for method in methods
            if method.get("enabled") is not False and text(method, "method_id") not in IN_STORE
        ]
