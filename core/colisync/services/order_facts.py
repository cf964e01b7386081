"""What an order means for shipping: its fingerprint, its standing, what is left to send. Pure."""

from collections.abc import Collection, Iterable
from hashlib import blake2b

from colisync.model.address import Address
from colisync.model.order import Order, Standing
from colisync.model.workspace import Shop

_CANCELLED = frozenset(
    {"cancelled", "canceled", "refunded", "failed", "trash", "deleted", "voided"}
)
"""Slugs by which shops say that an order will not be sent."""

_FINISHED = frozenset({"completed", "shipped", "delivered", "fulfilled"})
"""Slugs by which shops say that an order has left."""

_SUSPENDED = frozenset({"pending", "on-hold", "checkout-draft", "auto-draft", "draft"})
"""Slugs by which shops say that an order is not paid, or must wait."""

_IRRELEVANT = {"raw", "created_at", "modified_at", "paid_at", "our_numbers"}


def fingerprint(order: Order) -> str:
    """A digest of what matters to shipping: an order that only got our number back has the same."""
    content = order.model_dump_json(exclude=_IRRELEVANT)
    return blake2b(content.encode(), digest_size=16).hexdigest()


def to_send(order: Order) -> dict[str, int]:
    """What is left to ship: quantities by line id."""
    wanted: dict[str, int] = {}
    for line in order.lines:
        if line.needs_shipping and line.quantity:
            wanted[line.external_id] = wanted.get(line.external_id, 0) + line.quantity
    return wanted


def standing(
    order: Order, shop: Shop, ship_statuses: Collection[str], *, labelled: bool
) -> Standing:
    """What the order asks of us. `labelled`: a label of ours exists for it, or existed.

    An order that another tool has shipped, or that had left before we knew of it, is never ours to
    label.
    """
    if order.gone:
        return Standing.GONE
    if order.status not in ship_statuses:
        return _outside(order.status, shop, labelled=labelled)
    if labelled:
        return Standing.TO_SHIP
    if order.foreign_shipment is not None or order.our_numbers:
        return Standing.SHIPPED_ELSEWHERE
    if order.collected_in_store or not order.needs_shipping or not to_send(order):
        return Standing.NOTHING_TO_SHIP
    return Standing.TO_SHIP


def _outside(status: str, shop: Shop, *, labelled: bool) -> Standing:
    if status in _CANCELLED:
        return Standing.CANCELLED
    if status in _finished(shop):
        return Standing.TO_SHIP if labelled else Standing.SHIPPED_ELSEWHERE
    return Standing.WAITING


def _finished(shop: Shop) -> frozenset[str]:
    return _FINISHED | ({shop.statuses.labelled, shop.statuses.delivered} - {""})


def stops_shipping(order: Order, shop: Shop, ship_statuses: Collection[str]) -> bool:
    """True where the shop says that what already has a label must not leave."""
    if order.gone:
        return True
    if order.status in ship_statuses or order.status in _finished(shop):
        return False
    return order.status in _CANCELLED or order.status in _SUSPENDED


def joint_fingerprint(fingerprints: Iterable[str]) -> str:
    """What a shipment remembers of the orders it was computed from."""
    return " ".join(sorted(fingerprints))


def same_place(one: Address, other: Address) -> bool:
    """True where both are the same person at the same door, however it is typed."""
    return _place(one) == _place(other)


def _place(address: Address) -> tuple[str, ...]:
    fields = (
        address.company,
        address.first_name,
        address.last_name,
        address.street,
        address.street2,
        address.street3,
        address.postcode,
        address.city,
        address.country,
    )
    return tuple(" ".join(field.casefold().split()) for field in fields)
