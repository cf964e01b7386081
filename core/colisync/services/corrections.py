"""What people corrected on a shipment, laid over what the shop says. Pure.

A field is named as in `colisync edit`: "recipient.phone", "weight_g", "method"… The last correction
of a field is the one that holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from colisync.model.address import Address
from colisync.model.order import Order
from colisync.model.pickup import PickupPoint
from colisync.model.shipment import Correction, ShippedLine

RECIPIENT = "recipient."
WEIGHT = "weight_g"
POINT = "pickup_point.id"
METHOD = "method"
SENDER = "sender"
INSURANCE = "insurance"
PACKAGING = "packaging_g"
HOLD = "hold"  # never edited: what a release leaves behind, so that the rule does not hold again


@dataclass(frozen=True, slots=True)
class Conflict:
    """A corrected field that the shop changed after the correction."""

    field: str
    ours: str
    theirs: str
    correction: Correction
    shop_value: Any


def holding(corrections: Iterable[Correction]) -> dict[str, Correction]:
    """The correction that holds for each field."""
    return {one.field: one for one in corrections}


def value(corrections: Iterable[Correction], field: str) -> Any:
    """What a person set `field` to; None where nobody did."""
    found = holding(corrections).get(field)
    return None if found is None else found.value


def shop_value(field: str, order: Order, contents_g: int | None) -> Any:
    """What the shop says about a field that can be corrected; None where it has no say."""
    if field.startswith(RECIPIENT):
        return getattr(shop_recipient(order), field.removeprefix(RECIPIENT))
    if field == POINT:
        return order.pickup_point.id if order.pickup_point else ""
    return contents_g if field == WEIGHT else None


def shop_recipient(order: Order) -> Address:
    """The address of the order, with the buyer's e-mail where it has none of its own."""
    if order.recipient.email or not order.buyer_email:
        return order.recipient
    return order.recipient.model_copy(update={"email": order.buyer_email})


def recipient(order: Order, corrections: Iterable[Correction]) -> Address:
    """The address to ship to: the shop's, with the corrections on it."""
    changed = {
        field.removeprefix(RECIPIENT): one.value
        for field, one in holding(corrections).items()
        if field.startswith(RECIPIENT)
    }
    address = shop_recipient(order)
    return address.model_copy(update=changed) if changed else address


def pickup_point(order: Order, corrections: Iterable[Correction]) -> PickupPoint | None:
    """The point to ship to: the buyer's, or the one that a person gave; an empty id is none."""
    chosen = value(corrections, POINT)
    if chosen is None or (order.pickup_point and order.pickup_point.id == chosen):
        return order.pickup_point
    return PickupPoint(id=chosen, source="correction") if chosen else None


def contents_g(lines: Sequence[ShippedLine], orders: Mapping[int, Order]) -> int | None:
    """Grams of the lines as the shop weighs them; None where one of them has no weight."""
    weights = {
        (order_id, line.external_id): line.weight_g
        for order_id, order in orders.items()
        for line in order.lines
    }
    total = 0
    for line in lines:
        weight = weights.get((line.order_id, line.line_id))
        if weight is None:
            return None
        total += weight * line.quantity
    return total or None


def conflict(
    corrections: Iterable[Correction], order: Order, contents: int | None
) -> Conflict | None:
    """The first corrected field that the shop changed meanwhile, unless both agree now."""
    for field, one in holding(corrections).items():
        theirs = shop_value(field, order, contents)
        if theirs not in (one.shop_value, one.value):
            return Conflict(field, str(one.value), str(theirs), one, theirs)
    return None


def decided(corrections: Iterable[Correction]) -> dict[str, Any]:
    """What people decided of what a rule would give, as fields of RuleUse."""
    held = holding(corrections)
    fields = {
        name: held[field].value
        for field, name in (
            (SENDER, "sender"),
            (INSURANCE, "insurance"),
            (PACKAGING, "packaging_g"),
            (HOLD, "hold"),
        )
        if field in held
    }
    if METHOD in held:
        fields["contract"], _, fields["method"] = str(held[METHOD].value).partition(":")
    return fields


def is_editable(field: str) -> bool:
    """True where `colisync edit` takes the field."""
    if field.startswith(RECIPIENT):
        return field.removeprefix(RECIPIENT) in Address.model_fields
    return field in (WEIGHT, POINT, METHOD, SENDER, INSURANCE, PACKAGING)
