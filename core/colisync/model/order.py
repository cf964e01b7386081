"""An order: what the shop says, as last read. Nobody edits it here."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from colisync.model.address import Address
from colisync.model.noun import Noun
from colisync.model.pickup import PickupPoint
from colisync.model.units import CurrencyCode, Grams, Money


class OrderLine(Noun):
    """One line to ship. `quantity` is what is left after refunds; `weight_g` is of one unit,
    None where neither product nor variation has a weight."""

    external_id: str
    sku: str = ""
    name: str = ""
    quantity: int = Field(ge=0)
    ordered_quantity: int = Field(ge=0)
    weight_g: Grams | None = None
    unit_price: Money | None = None
    product_id: str = ""
    variation_id: str = ""
    needs_shipping: bool = True


class PickedChoice(Noun):
    """The shipping choice that the buyer picked: `id` is the shop's own, `title` what was shown."""

    id: str
    title: str = ""


class ForeignShipment(Noun):
    """A sign that another tool has shipped the order: which tool, and the numbers it left."""

    tool: str
    numbers: tuple[str, ...] = ()


class Order(Noun):
    """One order of one shop.

    `status` is the shop's own slug. `gone` means trashed or deleted in the shop. `raw` is the
    shop's answer, untouched, read by no service. `external_id` is for calls, `number` for people.
    """

    external_id: str
    number: str
    status: str
    created_at: datetime
    modified_at: datetime
    paid_at: datetime | None = None
    currency: CurrencyCode = "EUR"
    total: Money | None = None
    shipping_total: Money | None = None
    recipient: Address
    buyer_email: str = ""
    buyer_note: str = ""
    choice: PickedChoice | None = None
    pickup_point: PickupPoint | None = None
    lines: tuple[OrderLine, ...] = ()
    needs_shipping: bool = True
    collected_in_store: bool = False
    gone: bool = False
    foreign_shipment: ForeignShipment | None = None
    our_numbers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    raw: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)

    @property
    def weight_g(self) -> int | None:
        """Grams of everything left to ship; None where a line to ship has no weight."""
        weights = [(line.weight_g, line.quantity) for line in self.lines if line.needs_shipping]
        if not weights or any(weight is None for weight, quantity in weights if quantity):
            return None
        return sum((weight or 0) * quantity for weight, quantity in weights)


class Standing(StrEnum):
    """What an order asks of us. `WAITING`: its status is not one to ship in yet.
    `SHIPPED_ELSEWHERE`: another tool or person has shipped it; it never gets a label here."""

    TO_SHIP = "to_ship"
    WAITING = "waiting"
    SHIPPED_ELSEWHERE = "shipped_elsewhere"
    NOTHING_TO_SHIP = "nothing_to_ship"
    CANCELLED = "cancelled"
    GONE = "gone"
    UNREADABLE = "unreadable"
