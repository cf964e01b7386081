"""What every shop platform must do, and what some can."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Protocol, Self, runtime_checkable

from pydantic import BaseModel, Field

from colisync.errors import Scalar
from colisync.model.noun import Noun
from colisync.model.order import Order
from colisync.model.shipping import ShippingChoice
from colisync.model.writeback import OrderUpdate, WriteBackReceipt
from colisync.ports.context import BackendContext

Cursor = str
"""Where a connector stands in a shop's changes: its own text, read by nobody else."""


class ShopCapability(StrEnum):
    """What a connector can do beyond the protocol's core."""

    TRACKING_ENTRY = "tracking_entry"  # the platform has entries of its own for tracking numbers
    BUYER_NOTE = "buyer_note"  # a note can be mailed to the buyer
    STATUSES = "statuses"  # the merchant's choice of statuses can be written
    WEBHOOKS = "webhooks"
    SHIPPING_CHOICES = "shipping_choices"
    READ_MANY = "read_many"  # ReadManyOrders


class Finding(Noun):
    """One line of a backend's self-check. `level` is "ok", "warning" or "error"; `key` is a
    catalogue entry."""

    level: str
    key: str
    params: dict[str, Scalar] = Field(default_factory=dict)


class ShopIdentity(Noun):
    """Who answered and what we may do there.

    `features` are what this very shop has switched on (such as `ShopCapability.TRACKING_ENTRY`).
    `statuses` maps the shop's own status slugs to their names.
    """

    name: str
    url: str
    currency: str = ""
    time_zone: str = ""
    version: str = ""
    features: frozenset[ShopCapability] = frozenset()
    statuses: dict[str, str] = Field(default_factory=dict)
    can_write: bool = True
    findings: tuple[Finding, ...] = ()


class UnreadableOrder(Noun):
    """One order that does not read: `key` is a catalogue entry. It stops no other order."""

    external_id: str
    key: str
    params: dict[str, Scalar] = Field(default_factory=dict)


class OrderPage(Noun):
    """Some changed orders, and the cursor to keep once they are stored.

    `gone` are external ids that the shop no longer has. `total` is how many orders this run will
    give, where the shop says it.
    """

    orders: tuple[Order, ...]
    cursor: Cursor
    gone: tuple[str, ...] = ()
    total: int | None = None
    unreadable: tuple[UnreadableOrder, ...] = ()


class SignalKind(StrEnum):
    """What a webhook says."""

    PING = "ping"
    ORDER_CHANGED = "order_changed"
    ORDER_GONE = "order_gone"


class ShopSignal(Noun):
    """A hint that something changed: sync, do not trust."""

    kind: SignalKind
    external_id: str = ""
    version: str = ""


class ShopConnector(Protocol):
    """One storefront."""

    key: ClassVar[str]
    capabilities: ClassVar[frozenset[ShopCapability]]
    settings: ClassVar[type[BaseModel]]

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A connector ready to call; nothing is called yet."""
        ...

    def check(self) -> ShopIdentity:
        """Who answers, in what currency and zone, and which rights are granted or missing.

        Raises any RemoteError or ConfigurationError where the shop cannot be used at all.
        """
        ...

    def changed_orders(self, since: Cursor | None) -> Iterator[OrderPage]:
        """Changed orders, oldest first, each at least once, with a cursor per page.

        None starts at `orders_since` of the settings. An idle shop yields no page, or an empty one
        with the cursor moved.
        """
        ...

    def order(self, external_id: str) -> Order:
        """The order as it is now. Raises NotFound where the shop no longer has it; a trashed one
        comes back with `gone`."""
        ...

    def shipping_choices(self) -> list[ShippingChoice]:
        """What a buyer can pick, for the rules."""
        ...

    def write_back(self, updates: Sequence[OrderUpdate]) -> list[WriteBackReceipt]:
        """One receipt for each update, in their order; idempotent on `update.key`.

        A failure of one update is in its receipt. Raises only what concerns the whole shop
        (AuthenticationFailed, ConfigurationError).
        """
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[ShopSignal]:
        """What the webhook says. Verifies before parsing. Raises WebhookRejected."""
        ...


@runtime_checkable
class ReadManyOrders(Protocol):
    """READ_MANY: several orders in few requests."""

    def orders(self, external_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that the shop still has, by external id; the trashed ones with `gone`."""
        ...
