"""The request for a label, frozen at the moment of the claim."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from colisync.model.calendar import hand_over_day
from colisync.model.label import LabelFormat, LabelRequest, ShippedItem
from colisync.model.order import Order, OrderLine
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.model.units import Money
from colisync.model.workspace import Contract, Sender, Shop, Workspace
from colisync.services.workbench import Workbench
from colisync.storage import orders, workspaces
from colisync.storage.orders import StoredOrder


def build_request(
    shipment: Shipment,
    parcel: Parcel,
    orders: Sequence[StoredOrder],
    sender: Sender,
    contract: Contract,
    workspace: Workspace,
    *,
    reference: str,
    now: datetime,
    shop: Shop | None = None,
) -> LabelRequest:
    """What to ask for one parcel of a shipment. Pure.

    `orders` are the shipment's, the first one first: its number is the one that travels.
    """
    boxes = [one for one in shipment.parcels if one.state is not ParcelState.VOID]
    if parcel.id not in {one.id for one in boxes}:
        boxes.append(parcel)
    return LabelRequest(
        reference=reference,
        order_number=orders[0].order.number,
        method=shipment.method,
        direction=shipment.direction,
        sender=sender.address,
        recipient=shipment.recipient,
        weight_g=parcel_weight(shipment, parcel, boxes),
        pickup_point=shipment.pickup_point,
        insurance_eur=shipment.insurance_eur,
        label_format=_format(contract.label_format),
        hand_over_on=hand_over_day(now, contract.slip.at),
        shop_name=(shop.name if shop else "") or workspace.name or workspace.key,
        instructions=shipment.recipient.instructions,
        parcel_index=1 + [one.id for one in boxes].index(parcel.id),
        parcel_count=len(boxes),
        items=_items(shipment, orders) if len(boxes) == 1 else (),
        shipping_total=_shipping_total([one.order for one in orders]),
        language=workspace.language,
        options=shipment.options,
    )


def parcel_weight(shipment: Shipment, parcel: Parcel, boxes: Sequence[Parcel]) -> int:
    """Grams of one box with its packaging: its own weight, or an equal share of what the boxes
    without one hold, rounded up."""
    if parcel.weight_g is not None:
        return parcel.weight_g + shipment.packaging_g
    weighed = [one.weight_g for one in boxes if one.weight_g is not None]
    rest = max((shipment.weight_g or 0) - sum(weighed), 0)
    share = -(-rest // (len(boxes) - len(weighed)))
    return max(share, 1) + shipment.packaging_g


@lru_cache(maxsize=64)
def _format(name: str) -> LabelFormat:
    return LabelFormat.parse(name)


def _items(shipment: Shipment, served: Sequence[StoredOrder]) -> tuple[ShippedItem, ...]:
    lines = {(one.id, line.external_id): line for one in served for line in one.order.lines}
    packed = [(lines.get((line.order_id, line.line_id)), line.quantity) for line in shipment.lines]
    return tuple(_item(line, quantity) for line, quantity in packed if line is not None)


def _item(line: OrderLine, quantity: int) -> ShippedItem:
    return ShippedItem(
        sku=line.sku,
        name=line.name,
        quantity=quantity,
        weight_g=line.weight_g,
        unit_price=line.unit_price,
    )


def _shipping_total(served: Sequence[Order]) -> Money | None:
    totals = [one.shipping_total for one in served if one.shipping_total is not None]
    if not totals or len({one.currency for one in totals}) > 1:
        return None
    amount = sum((one.amount for one in totals[1:]), totals[0].amount)
    return Money(amount=amount, currency=totals[0].currency)


class RequestMaker:
    """Makes the requests of shipments that go with one contract; reads what it lacks."""

    def __init__(self, bench: Workbench, client: Workspace, contract: Contract) -> None:
        self._bench = bench
        self._client = client
        self._contract = contract
        self._orders: dict[int, StoredOrder] = {}
        self._senders: dict[str, Sender] = {}
        with bench.store.read() as connection:
            self._shops = {one.id: one for one in workspaces.shops(connection, client.key)}

    def preload(self, shipments: Iterable[Shipment]) -> None:
        """The orders of all these shipments are read in one go."""
        ids = {order_id for one in shipments for order_id in one.order_ids}
        self._read(ids)

    def make(
        self, shipment: Shipment, parcel: Parcel, reference: str, *, now: datetime | None = None
    ) -> LabelRequest:
        """The request for `parcel`. Raises ConfigurationError where the sender is not set up."""
        served = self._served(shipment)
        return build_request(
            shipment,
            parcel,
            served,
            self._sender(shipment.sender_key),
            self._contract,
            self._client,
            reference=reference,
            now=now or self._bench.clock.now(),
            shop=self._shops.get(served[0].shop_id),
        )

    def order_name(self, shipment: Shipment) -> str:
        """ "shop/number" of the shipment's first order."""
        return self._served(shipment)[0].name

    def _served(self, shipment: Shipment) -> list[StoredOrder]:
        missing = [one for one in shipment.order_ids if one not in self._orders]
        if missing:
            self._read(missing)
        return [self._orders[one] for one in shipment.order_ids]

    def _read(self, order_ids: Iterable[int]) -> None:
        with self._bench.store.read() as connection:
            self._orders |= orders.orders(connection, self._client.key, order_ids)

    def _sender(self, key: str) -> Sender:
        if key not in self._senders:
            with self._bench.store.read() as connection:
                self._senders[key] = workspaces.sender(connection, self._client.key, key)
        return self._senders[key]
