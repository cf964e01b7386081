"""Rows of shipments and parcels as nouns."""

import json
from typing import Any

from sqlalchemy import Row

from colisync.model.address import Address
from colisync.model.attention import Attention, ShipmentState
from colisync.model.label import Direction
from colisync.model.parcel import Lease, ParcelState
from colisync.model.pickup import PickupPoint
from colisync.model.shipment import Correction, Parcel, Shipment, ShippedLine
from colisync.model.tracking import TrackingReason, TrackingStatus


def shipment_of(
    row: Row[Any],
    order_ids: list[int],
    lines: list[ShippedLine],
    corrections: list[Correction],
    parcels: list[Parcel],
) -> Shipment:
    """The shipment of a row of `shipments`, with what belongs to it."""
    return Shipment(
        id=row.id,
        workspace=row.workspace,
        direction=Direction(row.direction),
        decision=ShipmentState(row.decision),
        attention=Attention.model_validate_json(row.attention) if row.attention else None,
        recipient=Address.model_validate_json(row.recipient),
        pickup_point=PickupPoint.model_validate_json(row.pickup_point)
        if row.pickup_point
        else None,
        sender_key=row.sender_key,
        contract_key=row.contract_key,
        method=row.method,
        insurance_eur=row.insurance_eur,
        packaging_g=row.packaging_g,
        weight_g=row.weight_g,
        options=json.loads(row.options),
        reason=row.reason,
        order_ids=tuple(order_ids),
        lines=tuple(lines),
        corrections=tuple(corrections),
        parcels=tuple(parcels),
        order_fingerprint=row.order_fingerprint,
        version=row.version,
    )


def correction_of(row: Row[Any]) -> Correction:
    """The correction of a row of `corrections`."""
    return Correction(
        field=row.field,
        value=json.loads(row.value),
        shop_value=json.loads(row.shop_value) if row.shop_value else None,
        author=row.author,
        at=row.at,
    )


def parcel_of(row: Row[Any]) -> Parcel:
    """The parcel of a row of `parcels`."""
    return Parcel(
        id=row.id,
        shipment_id=row.shipment_id,
        ordinal=row.ordinal,
        state=ParcelState(row.state),
        attempt=row.attempt,
        reference=row.reference or "",
        lease=_lease(row),
        weight_g=row.weight_g,
        number=row.number or "",
        partner_number=row.partner_number,
        label_url=row.label_url,
        contract_key=row.contract_key,
        method=row.method,
        postcode=row.postcode,
        country=row.country,
        labelled_at=row.labelled_at,
        printed_at=row.printed_at,
        handed_over_at=row.handed_over_at,
        warnings=tuple(json.loads(row.warnings)),
        tracking_status=TrackingStatus(row.tracking_status) if row.tracking_status else None,
        tracking_reason=TrackingReason(row.tracking_reason) if row.tracking_reason else None,
        tracked_until=row.tracking_at,
        changed_after_label=json.loads(row.changed_after_label)
        if row.changed_after_label
        else None,
    )


def _lease(row: Row[Any]) -> Lease | None:
    if row.lease_until is None:
        return None
    return Lease(
        host=row.lease_host,
        pid=row.lease_pid,
        process_started=row.lease_process,
        until=row.lease_until,
    )
