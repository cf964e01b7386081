"""A shipment: what we hand over. One recipient, one method, 1..n orders, 1..n parcels."""

from datetime import datetime
from typing import Any

from pydantic import Field

from colisync.model.address import Address
from colisync.model.attention import Attention, ShipmentState
from colisync.model.label import Direction
from colisync.model.noun import Noun
from colisync.model.parcel import Lease, ParcelState
from colisync.model.pickup import PickupPoint
from colisync.model.tracking import TrackingReason, TrackingStatus


class ShippedLine(Noun):
    """A quantity of one order line inside a shipment."""

    order_id: int
    line_id: str
    quantity: int = Field(ge=1)


class Correction(Noun):
    """What a person changed: the field, the new value, what the shop said then, who and when."""

    field: str
    value: Any
    shop_value: Any = None
    author: str
    at: datetime


class Parcel(Noun):
    """One box as stored. `request` is the frozen LabelRequest of the current attempt (JSON)."""

    id: int
    shipment_id: int
    ordinal: int
    state: ParcelState = ParcelState.PENDING
    attempt: int = 0
    reference: str = ""
    lease: Lease | None = None
    weight_g: int | None = None
    number: str = ""
    partner_number: str = ""
    label_url: str = ""
    contract_key: str = ""
    method: str = ""
    postcode: str = ""
    country: str = ""
    labelled_at: datetime | None = None
    printed_at: datetime | None = None
    handed_over_at: datetime | None = None
    warnings: tuple[str, ...] = ()
    tracking_status: TrackingStatus | None = None
    tracking_reason: TrackingReason | None = None
    tracked_until: datetime | None = None
    changed_after_label: dict[str, Any] | None = None


class Shipment(Noun):
    """A shipment with its parcels, as stored. `decision` is what people and checks decided;
    `state` is what is shown. `order_fingerprint` is of the orders it was computed from."""

    id: int
    workspace: str
    direction: Direction = Direction.OUTWARD
    decision: ShipmentState = ShipmentState.DRAFT
    attention: Attention | None = None
    recipient: Address
    pickup_point: PickupPoint | None = None
    sender_key: str = ""
    contract_key: str = ""
    method: str = ""
    insurance_eur: int = 0
    packaging_g: int = 0
    weight_g: int | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    reason: str = ""
    order_ids: tuple[int, ...] = ()
    lines: tuple[ShippedLine, ...] = ()
    corrections: tuple[Correction, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    order_fingerprint: str = ""
    version: int = 0
