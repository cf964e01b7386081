"""How the emulated shop is set up: its keys, its version, its plug-ins, its host's bad habits."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

Permission = Literal["read", "write", "read_write"]
Role = Literal["administrator", "shop_manager", "author", "customer"]

CORE_STATUSES = {
    "pending": "Pending payment",
    "processing": "Processing",
    "on-hold": "On hold",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "failed": "Failed",
    "checkout-draft": "Draft",
}
AST_STATUSES = {
    "partial-shipped": "Partially Shipped",
    "shipped": "Shipped",
    "delivered": "Delivered",
}


class ApiKey(BaseModel):
    """One pair of REST keys, what it may do, and the role of the user behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    secret: str
    permissions: Permission = "read_write"
    role: Role = "administrator"

    @property
    def manages_shop(self) -> bool:
        """The user may see and change orders, zones, settings and webhooks."""
        return self.role in ("administrator", "shop_manager")

    def allows(self, method: str) -> bool:
        """The key's scope covers `method`."""
        if method in ("GET", "HEAD"):
            return self.permissions != "write"
        return method == "OPTIONS" or self.permissions != "read"


class WooCommerceSettings(BaseModel):
    """The shop as its owner and its host set it up."""

    model_config = ConfigDict(extra="forbid")

    consumer_key: str = "ck_" + "a1" * 20
    consumer_secret: str = "cs_" + "b2" * 20
    readonly_key: str = "ck_" + "c3" * 20
    readonly_secret: str = "cs_" + "d4" * 20
    keys: list[ApiKey] = []  # further pairs: write only, a user of another role
    application_user: str = "admin"
    application_password: str = "abcd efgh ijkl mnop qrst uvwx"  # noqa: S105 (an emulator's)

    name: str = "Boutique de test"
    home: str = ""  # the shop's own idea of its address; empty: the one it is called by
    version: str = "10.5.0"
    wordpress_version: str = "6.9.4"
    hpos: bool = True
    timezone: str = "Europe/Paris"
    currency: str = "EUR"
    weight_unit: Literal["kg", "g", "lbs", "oz"] = "kg"
    dimension_unit: Literal["m", "cm", "mm", "in", "yd"] = "cm"
    country: str = "FR"
    store_address: str = "12 rue des Lilas"
    store_city: str = "Lyon"
    store_postcode: str = "69003"

    permalinks: Literal["pretty", "plain", "index"] = "pretty"  # index: /index.php/wp-json only
    drops_authorization: bool = False  # Apache with CGI: the header never reaches PHP
    behind_tls: bool = False  # TLS ends before the shop, which is told: plain HTTP counts as TLS
    caches_rest: bool = False  # LiteSpeed Cache's "Cache REST API": GET answers go stale
    clock_skew_seconds: int = 0  # how far the shop's clock, for OAuth, is from the right time

    shipment_tracking: bool = False  # the Shipment Tracking routes exist
    ast: bool = False  # they exist in AST's namespaces and with its fields as well
    fulfillments: bool = False
    statuses: dict[str, str] = {}
    plugins: dict[str, str] = {}  # file → name, as system_status lists them
    webhooks_at_once: bool = False  # else deliveries wait until told, as for WP-Cron

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def has_tracking(self) -> bool:
        """One of the two tracking plug-ins is active."""
        return self.shipment_tracking or self.ast

    @property
    def order_statuses(self) -> dict[str, str]:
        """Slug → label of every status an order can be given."""
        return {**CORE_STATUSES, **(AST_STATUSES if self.ast else {}), **self.statuses}

    @property
    def uses_hpos(self) -> bool:
        """Orders are in their own tables; no release before 7.1 can."""
        return self.hpos and self.at_least(7, 1)

    @property
    def has_fulfillments(self) -> bool:
        """The fulfilments feature exists (10.1) and is on."""
        return self.fulfillments and self.at_least(10, 1)

    def at_least(self, *release: int) -> bool:
        """This shop runs `release` or a later one."""
        return tuple(int(part) for part in self.version.split(".")[:3]) >= release

    def find_key(self, key: str) -> ApiKey | None:
        """The pair whose public half is `key`."""
        return next((pair for pair in self._pairs() if pair.key == key), None)

    def _pairs(self) -> list[ApiKey]:
        return [
            ApiKey(key=self.consumer_key, secret=self.consumer_secret),
            ApiKey(key=self.readonly_key, secret=self.readonly_secret, permissions="read"),
            *self.keys,
        ]
