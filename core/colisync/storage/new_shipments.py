"""New shipments, made in bulk: a draft with its order, its lines and a parcel to buy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from colisync.model.address import Address
from colisync.model.label import Direction
from colisync.model.pickup import PickupPoint
from colisync.storage import tables
from colisync.storage.bulk import run_many
from colisync.storage.store import Connection

_shipments = tables.shipments
_links = tables.shipment_orders

_LINK = (
    "INSERT INTO shipment_orders (workspace, shipment_id, order_id, ordinal, direction)"
    " SELECT workspace, CAST(? AS BIGINT), id, CAST(? AS INTEGER), CAST(? AS VARCHAR) FROM orders"
    " WHERE id = ? AND workspace = ?"
    " ON CONFLICT (order_id, ordinal, direction) DO NOTHING"
)
_ADD_LINE = (
    "INSERT INTO shipment_lines (workspace, shipment_id, order_id, line_id, quantity)"
    " VALUES (?, ?, ?, ?, ?)"
)
_ADD_PARCEL = "INSERT INTO parcels (workspace, shipment_id, ordinal) VALUES (?, ?, ?)"


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
    ids = _insert(connection, workspace, new, now)
    links = [
        (shipment_id, one.ordinal, one.direction.value, one.order_id, workspace)
        for shipment_id, one in zip(ids, new, strict=True)
    ]
    kept = set(ids)
    if run_many(connection, _LINK, links) != len(links):
        kept = _keep_linked(connection, workspace, ids)
    _fill(connection, workspace, [pair for pair in zip(ids, new, strict=True) if pair[0] in kept])
    return [shipment_id if shipment_id in kept else None for shipment_id in ids]


def _insert(
    connection: Connection, workspace: str, new: Sequence[NewShipment], now: datetime
) -> list[int]:
    rows = [_new_values(workspace, one, now) for one in new]
    columns = (_shipments.c.id, _shipments.c.order_fingerprint)
    marks = [one.order_fingerprint for one in new]
    if len(set(marks)) < len(marks):
        statement = insert(_shipments).returning(*columns, sort_by_parameter_order=True)
        return [row.id for row in connection.execute(statement, rows)]
    # Asked for their order, rows go one by one on SQLite; told apart by content, all at once.
    made = connection.execute(insert(_shipments).returning(*columns), rows)
    by_mark = {row.order_fingerprint: row.id for row in made}
    return [by_mark[mark] for mark in marks]


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
        (workspace, shipment_id, one.order_id, line_id, quantity)
        for shipment_id, one in made
        for line_id, quantity in one.lines
    ]
    parcels = [
        (workspace, shipment_id, ordinal)
        for shipment_id, one in made
        for ordinal in range(1, one.parcels + 1)
    ]
    run_many(connection, _ADD_LINE, lines)
    run_many(connection, _ADD_PARCEL, parcels)
