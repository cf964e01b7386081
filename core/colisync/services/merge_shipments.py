"""Several orders of one buyer in one shipment."""

from collections.abc import Iterator, Sequence

from colisync.errors import ConfigurationError
from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.order import Standing
from colisync.model.shipment import Shipment
from colisync.services.after_label import is_bound
from colisync.services.allocation import total
from colisync.services.choose_method import choose_for
from colisync.services.edit_shipment import already_labelled
from colisync.services.find_order import find_orders, find_shipments
from colisync.services.order_facts import same_place
from colisync.services.recompute import redraft
from colisync.services.report import Report
from colisync.services.way import Settings
from colisync.services.workbench import Workbench
from colisync.storage import shipment_parts, shipments
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection


def merge_shipments(bench: Workbench, workspace: str, orders: Sequence[str]) -> Outcome:
    """The orders go together in the oldest of their shipments, which is chosen and checked again.

    Same buyer, address, pick-up point and sender, before the label; otherwise nothing changes and
    the first difference is named. An order alone that was split is put together again.
    """
    report = Report()
    with bench.store.write() as connection:
        served = find_orders(connection, workspace, orders)
        found = _shipments(connection, workspace, orders)
        if len(found) == 1 and len(served) > 1:
            return report.outcome()  # they are together already
        if len(found) < 2:
            raise ConfigurationError("merge.too_few", params={"orders": ", ".join(orders)})
        settings = Settings.read(connection, workspace)
        problem = _refusal(settings, served, found)
        if problem is not None:
            report.attend(problem)
            return report.outcome()
        first, *others = found
        for other in others:
            _move(connection, workspace, first, other)
            first = _reloaded(connection, workspace, first.id)
        hold = any(one.decision is ShipmentState.HELD for one in found)
        redraft(connection, workspace, first.id, bench.clock.now(), hold=hold)
    report.count("merged", len(served))
    report.add(choose_for(bench, workspace, [first.id]))
    return report.outcome()


def _shipments(connection: Connection, workspace: str, names: Sequence[str]) -> list[Shipment]:
    by_id: dict[int, Shipment] = {}
    for name in names:
        found = find_shipments(connection, workspace, name, lock=True)
        by_id |= {one.id: one for one in found if not one.reason}
    return [by_id[one] for one in sorted(by_id)]


def _refusal(
    settings: Settings, served: Sequence[StoredOrder], found: Sequence[Shipment]
) -> Attention | None:
    for order in served:
        if order.standing is not Standing.TO_SHIP:
            params = {"field": "status", "first": "", "second": order.order.status}
            return _different(order, params)
    for shipment in found:
        if is_bound(shipment):
            return already_labelled(_owner(served, shipment).name)
    for field, first, second, order in _differences(settings, served, found):
        return _different(order, {"field": field, "first": first, "second": second})
    return None


def _different(order: StoredOrder, params: dict[str, str]) -> Attention:
    return Attention(
        code="merge.different",
        order=order.name,
        field=params["field"],
        params=dict(params),
        command=f"colisync status {order.name}",
    )


def _owner(served: Sequence[StoredOrder], shipment: Shipment) -> StoredOrder:
    return next((one for one in served if one.id in shipment.order_ids), served[0])


def _differences(
    settings: Settings, served: Sequence[StoredOrder], found: Sequence[Shipment]
) -> Iterator[tuple[str, str, str, StoredOrder]]:
    one, first = served[0].order, found[0]
    for stored in served[1:]:
        theirs = stored.order.buyer_email
        if one.buyer_email.casefold() != theirs.casefold():
            yield "buyer", one.buyer_email, theirs, stored
    for other in found[1:]:
        owner = _owner(served, other)
        if not same_place(first.recipient, other.recipient):
            yield "recipient", _line(first), _line(other), owner
        ours, point = _point(first), _point(other)
        if ours != point:
            yield "pickup_point", ours, point, owner
        sender, another = settings.sender(first.sender_key), settings.sender(other.sender_key)
        if sender.key != another.key:
            yield "sender", sender.key, another.key, owner


def _line(shipment: Shipment) -> str:
    address = shipment.recipient
    parts = (address.name, address.street, address.postcode, address.city, address.country)
    return ", ".join(part for part in parts if part)


def _point(shipment: Shipment) -> str:
    return shipment.pickup_point.id if shipment.pickup_point else ""


def _move(connection: Connection, workspace: str, first: Shipment, other: Shipment) -> None:
    """What `other` holds belongs to `first`; lines of an order that both serve are added up."""
    for order_id in other.order_ids:
        if order_id in first.order_ids:
            together = total([_held(first, order_id), _held(other, order_id)])
            shipment_parts.remove_order(connection, workspace, other.id, order_id)
            shipment_parts.put_lines(connection, workspace, first.id, order_id, together)
    shipment_parts.move_orders(connection, workspace, other.id, first.id)
    unsent = [parcel.id for parcel in other.parcels]
    shipment_parts.remove_parcels(connection, workspace, unsent)


def _held(shipment: Shipment, order_id: int) -> dict[str, int]:
    return {line.line_id: line.quantity for line in shipment.lines if line.order_id == order_id}


def _reloaded(connection: Connection, workspace: str, shipment_id: int) -> Shipment:
    (found,) = shipments.shipments(connection, workspace, [shipment_id])
    return found
