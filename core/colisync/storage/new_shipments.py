"""New shipments, made in bulk: a draft with its order, its lines and a parcel to buy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, text

from colisync.model.address import Address
from colisync.model.label import Direction
from colisync.model.pickup import PickupPoint
from colisync.storage import tables
from colisync.storage.store import Connection

_shipments = tables.shipments
_links = tables.shipment_orders

_LINK = text(
    "INSERT INTO shipment_orders (workspace, shipment_id, order_id, ordinal, direction)"
    " SELECT :workspace, :shipment, id, :ordinal, :direction FROM orders"
    " WHERE id = :order AND workspace = :workspace"
    " ON CONFLICT (order_id, ordinal, direction) DO NOTHING"
)
_ADD_LINE = text(
    "INSERT INTO shipment_lines (workspace, shipment_id, order_id, line_id, quantity)"
    " VALUES (:workspace, :shipment, :order, :line, :quantity)"
)
_ADD_PARCEL = text(
    "INSERT INTO parcels (workspace, shipment_id, ordinal, weight_g)"
    " VALUES (:workspace, :shipment, :ordinal, :weight)"
)


@dataclass(frozen=True, slots=True)
class NewShipment:
    """A draft to make for one order, with one parcel to buy."""

    order_id: int
    recipient: Address
    lines: tuple[tuple[str, int], ...]
    order_fingerprint: str
    pickup_point: PickupPoint | None = None
    weight_g: int | None = None
    ordinal: int = 1
    direction: Direction = Direction.OUTWARD
    sender_key: str = ""
    contract_key: str = ""
    method: str = ""
    reason: str = ""
    parcels: int = 1


def create_shipments(
    connection: Connection, workspace: str, new: Sequence[NewShipment], now: datetime
) -> list[int | None]:
    """The id of each shipment made; None where its order has that shipment already."""
    if not new:
        return []
    statement = insert(_shipments).returning(_shipments.c.id, sort_by_parameter_order=True)
    rows = [_new_values(workspace, one, now) for one in new]
    ids = list(connection.execute(statement, rows).scalars())
    links = [
        {
            "workspace": workspace,
            "shipment": shipment_id,
            "order": one.order_id,
            "ordinal": one.ordinal,
            "direction": one.direction.value,
        }
        for shipment_id, one in zip(ids, new, strict=True)
    ]
    kept = set(ids)
    if connection.execute(_LINK, links).rowcount != len(links):
        kept = _keep_linked(connection, workspace, ids)
    _fill(connection, workspace, [pair for pair in zip(ids, new, strict=True) if pair[0] in kept])
    return [shipment_id if shipment_id in kept else None for shipment_id in ids]


def _new_values(workspace: str, one: NewShipment, now: datetime) -> dict[str, Any]:
    return {
        "workspace": workspace,
        "direction": one.direction.value,
        "recipient": one.recipient.model_dump_json(),
        "pickup_point": one.pickup_point.model_dump_json() if one.pickup_point else "",
        "weight_g": one.weight_g,
        "sender_key": one.sender_key,
        "contract_key": one.contract_key,
        "method": one.method,
        "reason": one.reason,
        "order_fingerprint": one.order_fingerprint,
        "created_at": now,
        "updated_at": now,
    }


def _keep_linked(connection: Connection, workspace: str, ids: Sequence[int]) -> set[int]:
    """Those of the shipments just made that got their order; another importer was quicker with
    the rest, which are taken away again."""
    query = select(_links.c.shipment_id).where(
        _links.c.workspace == workspace, _links.c.shipment_id.in_(ids)
    )
    kept = set(connection.execute(query).scalars())
    connection.execute(
        delete(_shipments).where(
            _shipments.c.workspace == workspace, _shipments.c.id.in_(set(ids) - kept)
        )
    )
    return kept


def _fill(connection: Connection, workspace: str, made: Sequence[tuple[int, NewShipment]]) -> None:
    lines = [
        {
            "workspace": workspace,
            "shipment": shipment_id,
            "order": one.order_id,
            "line": line_id,
            "quantity": quantity,
        }
        for shipment_id, one in made
        for line_id, quantity in one.lines
    ]
    parcels = [
        {"workspace": workspace, "shipment": shipment_id, "ordinal": ordinal, "weight": None}
        for shipment_id, one in made
        for ordinal in range(1, one.parcels + 1)
    ]
    if lines:
        connection.execute(_ADD_LINE, lines)
    if parcels:
        connection.execute(_ADD_PARCEL, parcels)
