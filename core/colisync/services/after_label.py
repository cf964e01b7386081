"""What the shop changed about an order whose label is bought, or being bought. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from colisync.model.address import Address
from colisync.model.order import Order
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.model.workspace import Shop
from colisync.services.corrections import RECIPIENT, holding, shop_recipient
from colisync.services.order_facts import stops_shipping, to_send

Changes = dict[str, list[Any]]

UNSENT = frozenset({ParcelState.PENDING, ParcelState.VOID})
"""Parcels that no label binds."""

_OVER = frozenset({ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.LOST})
"""Parcels whose journey has ended: a refund afterwards changes nothing about them."""


def is_bound(shipment: Shipment) -> bool:
    """True once a label of the shipment is bought, being bought, or perhaps bought."""
    return any(parcel.state not in UNSENT for parcel in shipment.parcels)


def was_labelled(shipment: Shipment) -> bool:
    """True where a label of the shipment exists, or existed."""
    return is_bound(shipment) or any(
        parcel.number or (parcel.attempt and parcel.state is ParcelState.VOID)
        for parcel in shipment.parcels
    )


def is_concerned(parcel: Parcel) -> bool:
    """True where a change in the shop matters to the parcel: its label is bought, or may be, and
    it is still on its way."""
    return parcel.state not in UNSENT and parcel.state not in _OVER


def address_changes(
    shipment: Shipment, before: Order, after: Order, known: Mapping[str, Any]
) -> Changes:
    """Fields of address and pick-up point where the shop now says something else than the label.

    A field that a person had corrected counts once the shop says something new. A change taken
    back is none.
    """
    corrected = holding(shipment.corrections)
    old, new = shop_recipient(before), shop_recipient(after)
    changes: Changes = {}
    for name in Address.model_fields:
        field = RECIPIENT + name
        then, now = getattr(shipment.recipient, name), getattr(new, name)
        touched = getattr(old, name) != now or field in known
        said = corrected[field].shop_value if field in corrected else then
        if touched and now not in (then, said):
            changes[field] = [then, now]
    then, now = _point(shipment), after.pickup_point.id if after.pickup_point else ""
    if now != then and (_point(before) != now or "pickup_point" in known):
        changes["pickup_point"] = [then, now]
    return changes


def _point(holder: Shipment | Order) -> str:
    return holder.pickup_point.id if holder.pickup_point else ""


def line_changes(
    before: Order, after: Order, packed: Mapping[str, int], known: Mapping[str, Any]
) -> Changes:
    """Quantities that the order now wants and its parcels do not hold, or the other way round."""
    wanted = to_send(after)
    touched = wanted != to_send(before) or "lines" in known
    if not touched or wanted == dict(packed):
        return {}
    return {"lines": [_in_words(before, packed), _in_words(after, wanted)]}


def _in_words(order: Order, quantities: Mapping[str, int]) -> str:
    names = {line.external_id: line.sku or line.name for line in order.lines}
    return ", ".join(
        f"{quantity} × {names.get(line_id, line_id)}" for line_id, quantity in quantities.items()
    )


def status_changes(
    before: Order, after: Order, shop: Shop, statuses: Collection[str], known: Mapping[str, Any]
) -> Changes:
    """The order's status, where the shop has come to say that it must not leave."""
    old, new = _status(before), _status(after)
    touched = old != new or "status" in known
    if not touched or not stops_shipping(after, shop, statuses):
        return {}
    return {"status": [known["status"][0] if "status" in known else old, new]}


def _status(order: Order) -> str:
    return "gone" if order.gone else order.status
