"""Doubles of the outside world: a shop, a carrier and a clock that do as the test says."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from colisync.errors import ColisyncError, InvalidShipment, NotFound, UnsupportedFeature
from colisync.model.label import (
    Adopted,
    Document,
    DocumentKind,
    LabelRequest,
    Orphan,
    Purchase,
    StillUnknown,
)
from colisync.model.order import Order
from colisync.model.parcel import ParcelRef
from colisync.model.shipping import Offer, ShippingChoice, ShippingMethod
from colisync.model.tracking import TrackingEvent
from colisync.model.workspace import Contract, Shop
from colisync.model.writeback import (
    EffectResult,
    EffectState,
    OrderUpdate,
    WriteBackReceipt,
)
from colisync.plugins import Backends
from colisync.ports.carrier import (
    Carrier,
    CarrierCapability,
    CarrierIdentity,
    TrackingFailure,
)
from colisync.ports.context import BackendContext
from colisync.ports.shop import (
    OrderPage,
    ShopCapability,
    ShopConnector,
    ShopIdentity,
    ShopSignal,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday."""


class FixedClock:
    """Time that moves when the test moves it, or when somebody sleeps."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._lock = Lock()

    def now(self) -> datetime:
        """The present of the test."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Returns at once, `seconds` later."""
        self.advance(seconds=seconds)

    def advance(self, **by: float) -> datetime:
        """The present after `timedelta(**by)` more."""
        with self._lock:
            self._now += timedelta(**by)
            return self._now


class FakeSettings(BaseModel):
    """Settings of a double: what a platform's own would hold."""

    ship_statuses: tuple[str, ...] = ("processing",)
    base_url: str = "http://127.0.0.1:1"


class FakeShop:
    """A shop over a dictionary of orders. `write_backs` are the updates that reached it.

    `faults` are raised by the next calls, one each; `after_write` likewise, once the updates have
    reached the shop: a lost answer. `results` sets the outcome of an effect by external id.
    """

    key: ClassVar[str] = "fake"
    capabilities: ClassVar[frozenset[ShopCapability]] = frozenset(ShopCapability)
    settings: ClassVar[type[BaseModel]] = FakeSettings

    def __init__(self, *, page_size: int = 100) -> None:
        self.page_size = page_size
        self.orders_by_id: dict[str, Order] = {}
        self.changes: list[str] = []
        self.gone: set[str] = set()
        self.faults: deque[ColisyncError] = deque()
        self.after_write: deque[ColisyncError] = deque()
        self.results: dict[str, EffectResult] = {}
        self.write_backs: list[OrderUpdate] = []
        self.statuses: dict[str, str] = {}
        self.calls: list[str] = []
        self.identity = ShopIdentity(name="Fake", url="https://fake.example", currency="EUR")
        self._lock = Lock()

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A shop without orders."""
        return cls()

    def put(self, *orders: Order) -> None:
        """The shop has these orders now, as new or changed."""
        for order in orders:
            self.orders_by_id[order.external_id] = order
            self.gone.discard(order.external_id)
            self.changes.append(order.external_id)

    def change(self, external_id: str, **fields: Any) -> Order:
        """The order after `fields` changed, a minute later."""
        order = self.orders_by_id[external_id]
        later = order.modified_at + timedelta(minutes=1)
        changed = order.model_copy(update={"modified_at": later, **fields})
        self.put(changed)
        return changed

    def delete(self, external_id: str) -> None:
        """The shop has the order no more."""
        del self.orders_by_id[external_id]
        self.gone.add(external_id)
        self.changes.append(external_id)

    def check(self) -> ShopIdentity:
        """`identity`, or the next fault."""
        self._call("check")
        return self.identity

    def changed_orders(self, since: str | None) -> Iterator[OrderPage]:
        """Pages of what changed after `since`, which counts changes."""
        self._call("changed_orders")
        start = int(since or 0)
        while start < len(self.changes):
            page = list(dict.fromkeys(self.changes[start : start + self.page_size]))
            start += self.page_size
            cursor = str(min(start, len(self.changes)))
            present = tuple(self.orders_by_id[one] for one in page if one in self.orders_by_id)
            gone = tuple(one for one in page if one in self.gone)
            yield OrderPage(orders=present, cursor=cursor, gone=gone, total=len(self.changes))
            if start < len(self.changes):
                self._call("changed_orders")

    def order(self, external_id: str) -> Order:
        """The order as the shop has it now."""
        self._call("order")
        if external_id not in self.orders_by_id:
            raise NotFound("fake.no_order", params={"id": external_id})
        return self.orders_by_id[external_id]

    def orders(self, external_ids: Sequence[str]) -> dict[str, Order]:
        """Those of the orders that the shop still has."""
        self._call("orders")
        return {one: self.orders_by_id[one] for one in external_ids if one in self.orders_by_id}

    def shipping_choices(self) -> list[ShippingChoice]:
        """Home and pick-up."""
        return [
            ShippingChoice(id="flat_rate:1", title="Domicile"),
            ShippingChoice(id="lpc_relay:2", title="Point retrait", pickup=True),
        ]

    def write_back(self, updates: Sequence[OrderUpdate]) -> list[WriteBackReceipt]:
        """A receipt each: everything done, unless `results` says otherwise."""
        self._call("write_back")
        with self._lock:
            self.write_backs.extend(updates)
            for update in updates:
                if update.status and update.external_id not in self.results:
                    self.statuses[update.external_id] = update.status
            if self.after_write:
                raise self.after_write.popleft()
        return [self._receipt(update) for update in updates]

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> list[ShopSignal]:
        """Nothing."""
        return []

    def _receipt(self, update: OrderUpdate) -> WriteBackReceipt:
        result = self.results.get(update.external_id, EffectResult(state=EffectState.DONE))
        return WriteBackReceipt(key=update.key, results=dict.fromkeys(update.effects, result))

    def _call(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
            if self.faults:
                raise self.faults.popleft()


class FakeCarrier:
    """A carrier whose outcomes are scripted by reference or by order number.

    `outcomes[key]` are taken one per call: a Purchase, or an error to raise; without one a label is
    made. An OutcomeUnknown makes the label all the same, unless `loses_before` is set: see `made`.
    """

    key: ClassVar[str] = "fake"
    name: ClassVar[str] = "Fake Carrier"
    capabilities: ClassVar[frozenset[CarrierCapability]] = frozenset({CarrierCapability.TRACK})
    settings: ClassVar[type[BaseModel]] = FakeSettings
    methods: ClassVar[Mapping[str, ShippingMethod]] = {
        "home": ShippingMethod(key="home", name_key="fake.home"),
        "home_signature": ShippingMethod(key="home_signature", name_key="fake.home_signature"),
        "pickup": ShippingMethod(key="pickup", name_key="fake.pickup", needs_pickup_point=True),
    }

    def __init__(self) -> None:
        self.outcomes: dict[str, deque[Purchase | ColisyncError]] = defaultdict(deque)
        self.invalid: dict[str, ColisyncError] = {}
        self.settlements: dict[str, Adopted | Orphan | StillUnknown] = {}
        self.asked: list[LabelRequest] = []
        self.made: dict[str, str] = {}
        self.loses_before = False
        self.validated = 0
        self.events: dict[str, list[TrackingEvent]] = defaultdict(list)
        self.track_failures: dict[str, str] = {}
        self.tracked: list[ParcelRef] = []
        self.track_faults: deque[ColisyncError] = deque()
        self._lock = Lock()

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A carrier that sells everything."""
        return cls()

    @classmethod
    def tracking_url(cls, number: str) -> str:
        """A page for `number`."""
        return f"https://fake.example/{number}"

    def check(self) -> CarrierIdentity:
        """An account."""
        return CarrierIdentity(account="fake")

    def offers(self, request: LabelRequest) -> list[Offer]:
        """Every method is sold."""
        return [Offer(method=key, sold=True) for key in self.methods]

    def validate(self, request: LabelRequest) -> None:
        """Returns unless `invalid` or the closed list of methods says otherwise."""
        self.validated += 1
        if request.method not in self.methods:
            raise UnsupportedFeature("fake.unknown_method", params={"method": request.method})
        if request.order_number in self.invalid:
            raise self.invalid[request.order_number]
        if not request.recipient.street:
            raise InvalidShipment("fake.no_street", field="recipient.street")

    def buy_label(self, request: LabelRequest) -> Purchase:
        """The scripted outcome, or a label."""
        with self._lock:
            self.asked.append(request)
            outcome = self._outcome(request)
            lost = isinstance(outcome, ColisyncError) and not self.loses_before
            if outcome is None or (lost and type(outcome).__name__ == "OutcomeUnknown"):
                self.made[request.reference] = f"6A{len(self.made) + 1:011d}"
            if isinstance(outcome, ColisyncError):
                raise outcome
            return outcome or self.purchase(request)

    def purchase(self, request: LabelRequest) -> Purchase:
        """The label made for the request."""
        number = self.made[request.reference]
        content = f"%PDF-1.4 {number}".encode()
        label = Document(kind=DocumentKind.LABEL, format=request.label_format, content=content)
        return Purchase(number=number, documents=(label,))

    def settle(self, request: LabelRequest) -> Adopted | Orphan | StillUnknown:
        """As scripted by reference or order number; else an orphan may exist."""
        for key in (request.reference, request.order_number):
            if key in self.settlements:
                return self.settlements[key]
        return Orphan()

    def track(self, parcels: Sequence[ParcelRef]) -> Iterator[TrackingEvent | TrackingFailure]:
        """The events and failures set by number; `parcel_id` is filled in."""
        if self.track_faults:
            raise self.track_faults.popleft()
        for parcel in parcels:
            self.tracked.append(parcel)
            if parcel.number in self.track_failures:
                yield TrackingFailure(parcel_id=parcel.id, key=self.track_failures[parcel.number])
            for event in self.events[parcel.number]:
                yield event.model_copy(update={"parcel_id": parcel.id})

    def _outcome(self, request: LabelRequest) -> Purchase | ColisyncError | None:
        for key in (request.reference, request.order_number):
            if self.outcomes.get(key):
                return self.outcomes[key].popleft()
        return None


class FakeBackends(Backends):
    """Backends whose shops and carriers are doubles, by key; the same ones for every workspace."""

    def __init__(
        self,
        shops: Mapping[str, ShopConnector] | None = None,
        carriers: Mapping[str, Carrier] | None = None,
    ) -> None:
        self.shops = dict(shops or {})
        self.carriers = dict(carriers or {})
        self.rehearsals: list[bool] = []

    def shop(self, shop: Shop) -> ShopConnector:
        """The double of that key."""
        return self.shops[shop.key]

    def carrier(self, contract: Contract, *, rehearsal: bool = False) -> Carrier:
        """The double of that key."""
        self.rehearsals.append(rehearsal)
        return self.carriers[contract.key]

    def close(self) -> None:
        """Nothing was opened."""
