"""What a shop says of itself, and what its merchant should know before the first order."""

from datetime import datetime
from typing import Any

from colisync.errors import AuthenticationFailed, NotFound, RemoteError
from colisync.ports.shop import ShopCapability, ShopIdentity
from colisync.wire.fields import Row, column, dig, loose, loose_list
from colisync.wire.json_answers import Reply
from colisync.wire.shop_findings import Findings
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import TRACKING_NAMESPACE, ShopApi
from colisync_woocommerce.weights import ShopProducts


class ShopCheck:
    """One look at a shop that changes nothing there."""

    def __init__(self, api: ShopApi, settings: WooCommerceSettings) -> None:
        self._api, self._settings = api, settings
        self._findings = Findings("woocommerce")

    def identity(self, now: datetime) -> ShopIdentity:
        """Who answers. Raises what keeps the shop from being used at all."""
        fields = "name,url,home,gmt_offset,timezone_string,namespaces"
        index = self._api.record("", "", _fields=fields)
        orders = self._api.read("orders", per_page=1, _fields="id")
        names = loose_list(index.get("namespaces"), "")
        can_write = self._works("POST", "orders/batch", but=AuthenticationFailed)
        version = dig(
            self._optional("system_status", "environment.version"), "environment", "version"
        )
        has_entries, features = TRACKING_NAMESPACE in names, frozenset(ShopCapability)
        for first in () if has_entries else column(orders.data, "id"):
            has_entries = self._works("GET", f"orders/{first}/fulfillments", but=NotFound)
        self._about_key(orders, now, can_write=can_write)
        self._about_shop(index, version, names)
        return ShopIdentity(
            name=loose(index.get("name")),
            url=loose(index.get("home")) or loose(index.get("url")) or self._settings.url,
            currency=dig(self._optional("settings/general/woocommerce_currency", "value"), "value"),
            time_zone=loose(index.get("timezone_string")),
            version=version,
            features=features if has_entries else features - {ShopCapability.TRACKING_ENTRY},
            statuses=self._api.statuses(anew=True),
            can_write=can_write,
            findings=tuple(self._findings.found),
        )

    def _works(self, method: str, route: str, *, but: type[RemoteError]) -> bool:
        """False where the shop answers `but`. An empty batch changes nothing."""
        try:
            self._api.read(route) if method == "GET" else self._api.write(method, route, {})
        except but:
            return False
        return True

    def _optional(self, route: str, fields: str, *, per_page: int | None = None) -> Any:
        """What some roles may not read; None then."""
        try:
            return self._api.read(route, _fields=fields, per_page=per_page).data
        except RemoteError:
            return None

    def _about_key(self, orders: Reply, now: datetime, *, can_write: bool) -> None:
        found, api = self._findings, self._api
        found.warn(not can_write, "key_read_only", level="error")
        found.warn(api.header_dropped, "header_dropped")
        found.warn(not api.is_ssl, "plain_http")
        lengths = {len(api.consumer_key), len(api.consumer_secret)}
        found.warn(lengths != {43}, "key_shape")
        found.clock(orders.date, now)
        found.warn(api.printed, "text_before_data", text=api.printed[:200])

    def _about_shop(self, index: Row, version: str, names: list[str]) -> None:
        found = self._findings
        found.home(loose(index.get("home")), self._settings.url)
        found.version(version, (5, 8))
        methods = column(self._optional("shipping_methods", "id", per_page=20), "id")
        found.label_tools([*methods, *(name.partition("/")[0] for name in names)])
        unit = ShopProducts(self._api).unit()
        products = self._optional("products", "weight", per_page=20)
        found.weights(column(products, "weight"), unit)
