"""What a shop says of itself, and what its merchant should know before the first order."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from colisync.errors import AuthenticationFailed, NotFound, RemoteError
from colisync.ports.shop import Finding, ShopCapability, ShopIdentity
from colisync_woocommerce.decode import Row, loose, record
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import Reply, ShopApi
from colisync_woocommerce.weights import Products
from colisync_woocommerce.writeback import TRACKING_NAMESPACE

_LABEL_TOOLS = ("lpc", "colissimo", "sendcloud", "boxtal", "shippo", "shipstation", "wcshipping")
_SKEW_S, _KEY_LENGTH = 120, 43


class ShopCheck:
    """One look at a shop that changes nothing there."""

    def __init__(
        self, api: ShopApi, settings: WooCommerceSettings, products: Products, now: Any
    ) -> None:
        self._api, self._settings = api, settings
        self._products, self._now = products, now

    def identity(self, statuses: Callable[[], dict[str, str]]) -> ShopIdentity:
        """Who answers. Raises what keeps the shop from being used at all."""
        index = self._index()
        orders = self._api.read("orders", per_page=1, _fields="id")
        namespaces = frozenset(map(str, index.get("namespaces") or ()))
        can_write = self._can_write()
        version = self._optional("system_status", "environment.version", "environment", "version")
        first = loose(orders.data[0].get("id")) if orders.data else ""
        features = set(ShopCapability) - {ShopCapability.TRACKING_ENTRY}
        if TRACKING_NAMESPACE in namespaces or (first and self._has_fulfillments(first)):
            features.add(ShopCapability.TRACKING_ENTRY)
        findings = [
            *self._about_key(orders, can_write),
            *self._about_shop(index, version, namespaces),
        ]
        return ShopIdentity(
            name=loose(index.get("name")),
            url=loose(index.get("home")) or loose(index.get("url")) or self._settings.url,
            currency=self._optional("settings/general/woocommerce_currency", "value", "value"),
            time_zone=loose(index.get("timezone_string")),
            version=version,
            features=frozenset(features),
            statuses=statuses(),
            can_write=can_write,
            findings=tuple(findings),
        )

    def _index(self) -> Row:
        fields = "name,url,home,gmt_offset,timezone_string,namespaces"
        return record({"index": self._api.read("", "", _fields=fields).data}, "index")

    def _can_write(self) -> bool:
        """An empty batch changes nothing and needs the right to write."""
        try:
            self._api.write("POST", "orders/batch", {})
        except AuthenticationFailed:
            return False
        return True

    def _has_fulfillments(self, order_id: str) -> bool:
        try:
            self._api.read(f"orders/{order_id}/fulfillments")
        except NotFound:
            return False
        return True

    def _optional(self, route: str, fields: str, *path: str) -> str:
        """A detail that some roles may not read; empty then."""
        try:
            value = self._api.read(route, _fields=fields).data
        except RemoteError:
            return ""
        for key in path:
            value = value.get(key) if isinstance(value, dict) else ""
        return loose(value)

    def _about_key(self, orders: Reply, can_write: bool) -> Iterator[Finding]:
        settings = self._settings
        if not can_write:
            yield _finding("error", "key_read_only")
        if self._api.header_dropped:
            yield _finding("warning", "header_dropped")
        if not self._api.is_ssl:
            yield _finding("warning", "plain_http")
        for key in (settings.consumer_key, settings.consumer_secret):
            if len(key.get_secret_value()) != _KEY_LENGTH:
                yield _finding("warning", "key_shape")
        skew = round((orders.date - self._now).total_seconds())
        if abs(skew) > _SKEW_S:
            yield _finding("warning", "clock_skew", seconds=skew)
        if self._api.printed:
            yield _finding("warning", "text_before_data", text=self._api.printed[:200])

    def _about_shop(self, index: Row, version: str, names: frozenset[str]) -> Iterator[Finding]:
        home = loose(index.get("home"))
        if home and home.rstrip("/").lower() != self._settings.url.lower():
            yield _finding("warning", "other_home", url=home)
        if version and _numbers(version) < (5, 8):
            yield _finding("warning", "old_version", version=version)
        methods = self._rows("shipping_methods", "id")
        found = {loose(row.get("id")) for row in methods} | {n.partition("/")[0] for n in names}
        tools = sorted(name for name in found if name.startswith(_LABEL_TOOLS))
        if tools:
            yield _finding("warning", "other_label_tool", tool=", ".join(tools))
        unit = self._products.unit()
        weights = [weight for row in self._rows("products", "weight") if (weight := _weight(row))]
        if weights and not _plausible(unit, median(weights)):
            params = {"unit": unit, "weight": f"{median(weights):g}"}
            yield _finding("warning", "weight_unit_implausible", **params)

    def _rows(self, route: str, field: str) -> list[Row]:
        try:
            data = self._api.read(route, per_page=20, _fields=field).data
        except RemoteError:
            return []
        return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _weight(row: Row) -> float:
    try:
        return float(loose(row.get("weight")) or 0)
    except ValueError:
        return 0.0


def _plausible(unit: str, weight: float) -> bool:
    """False for grams below 5 (they are kilograms) and kilograms or pounds above 100 (grams)."""
    return weight >= 5 if unit == "g" else unit == "oz" or weight <= 100


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts if part.isdecimal())


def _finding(level: str, key: str, **params: str | int) -> Finding:
    return Finding(level=level, key=f"woocommerce.{key}", params=dict(params))
