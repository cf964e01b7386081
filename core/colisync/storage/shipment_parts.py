"""What belongs to a shipment: its orders, lines, corrections, parcels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from colisync.model.label import Direction
from colisync.model.shipment import Correction
from colisync.storage.moments import to_text
from colisync.storage.store import Connection

_OURS = " FROM shipments WHERE id = :shipment AND workspace = :workspace"
_LINK = text(
    "INSERT INTO shipment_orders (workspace, shipment_id, order_id, ordinal, direction)"
    " SELECT workspace, id, CAST(:order AS BIGINT), CAST(:ordinal AS INTEGER),"
    " CAST(:direction AS VARCHAR)" + _OURS + " AND EXISTS"
    " (SELECT 1 FROM orders WHERE orders.id = :order AND orders.workspace = :workspace)"
    " ON CONFLICT (order_id, ordinal, direction) DO NOTHING"
)
_UNLINK = text(
    "DELETE FROM shipment_orders WHERE workspace = :workspace AND shipment_id = :shipment"
    " AND order_id = :order"
)
_MOVE_LINKS = text(
    "UPDATE shipment_orders SET shipment_id = :target WHERE workspace = :workspace"
    " AND shipment_id = :shipment AND EXISTS"
    " (SELECT 1 FROM shipments WHERE id = :target AND workspace = :workspace)"
)
_MOVE_LINES = text(
    "UPDATE shipment_lines SET shipment_id = :target WHERE workspace = :workspace"
    " AND shipment_id = :shipment AND EXISTS"
    " (SELECT 1 FROM shipments WHERE id = :target AND workspace = :workspace)"
)
_LAST_ORDINAL = text(
    "SELECT MAX(ordinal) FROM shipment_orders WHERE workspace = :workspace AND order_id = :order"
    " AND direction = :direction"
)
_DROP_LINES = text(
    "DELETE FROM shipment_lines WHERE workspace = :workspace AND shipment_id = :shipment"
    " AND order_id = :order"
)
_ADD_LINE = text(
    "INSERT INTO shipment_lines (workspace, shipment_id, order_id, line_id, quantity)"
    " SELECT workspace, id, CAST(:order AS BIGINT), CAST(:line AS VARCHAR),"
    " CAST(:quantity AS INTEGER)" + _OURS
)
_CORRECT = text(
    "INSERT INTO corrections (workspace, shipment_id, field, value, shop_value, author, at)"
    " SELECT workspace, id, CAST(:field AS VARCHAR), CAST(:value AS TEXT),"
    " CAST(:shop_value AS TEXT), CAST(:author AS VARCHAR), CAST(:at AS VARCHAR)" + _OURS
)
_ADD_PARCEL = text(
    "INSERT INTO parcels (workspace, shipment_id, ordinal, weight_g)"
    " SELECT workspace, id, CAST(:ordinal AS INTEGER), CAST(:weight AS INTEGER)" + _OURS
)
_WEIGH_PARCEL = text(
    "UPDATE parcels SET weight_g = :weight WHERE workspace = :workspace AND id = :parcel"
    " AND state = 'pending'"
)
_DROP_PARCEL = text(
    "DELETE FROM parcels WHERE workspace = :workspace AND id = :parcel AND state = 'pending'"
    " AND attempt = 0"
)
_VOID_PARCEL = text(
    "UPDATE parcels SET state = 'void' WHERE workspace = :workspace AND id = :parcel"
    " AND state = 'pending'"
)
_VOID_PARCELS = text(
    "UPDATE parcels SET state = 'void' WHERE workspace = :workspace AND shipment_id = :shipment"
    " AND state = 'pending'"
)
_MARK_CHANGED = text(
    "UPDATE parcels SET changed_after_label = :changed WHERE workspace = :workspace"
    " AND id = :parcel AND state NOT IN ('pending', 'void')"
)


def add_order(
    connection: Connection,
    workspace: str,
    shipment_id: int,
    order_id: int,
    ordinal: int,
    direction: Direction = Direction.OUTWARD,
) -> bool:
    """True where the shipment serves the order now; False where the order has another one of that
    ordinal already."""
    values = {"order": order_id, "ordinal": ordinal, "direction": direction.value}
    statement = {**_key(workspace, shipment_id), **values}
    return connection.execute(_LINK, statement).rowcount == 1


def remove_order(connection: Connection, workspace: str, shipment_id: int, order_id: int) -> None:
    """The shipment no longer serves the order, nor holds its lines."""
    values = _key(workspace, shipment_id) | {"order": order_id}
    connection.execute(_DROP_LINES, values)
    connection.execute(_UNLINK, values)


def move_orders(connection: Connection, workspace: str, shipment_id: int, target_id: int) -> None:
    """The orders and lines of a shipment belong to the target, its unsent parcels to nobody."""
    values = _key(workspace, shipment_id) | {"target": target_id}
    connection.execute(_MOVE_LINES, values)
    connection.execute(_MOVE_LINKS, values)
    connection.execute(_VOID_PARCELS, values)


def next_ordinal(
    connection: Connection,
    workspace: str,
    order_id: int,
    direction: Direction = Direction.OUTWARD,
) -> int:
    """The ordinal of the order's next shipment."""
    values = {"workspace": workspace, "order": order_id, "direction": direction.value}
    return int(connection.execute(_LAST_ORDINAL, values).scalar() or 0) + 1


def put_lines(
    connection: Connection,
    workspace: str,
    shipment_id: int,
    order_id: int,
    lines: Mapping[str, int],
) -> None:
    """The shipment holds these quantities of the order's lines, by line id, and no others."""
    values = _key(workspace, shipment_id) | {"order": order_id}
    connection.execute(_DROP_LINES, values)
    rows = [
        values | {"line": line_id, "quantity": quantity}
        for line_id, quantity in lines.items()
        if quantity > 0
    ]
    if rows:
        connection.execute(_ADD_LINE, rows)


def add_corrections(
    connection: Connection, workspace: str, shipment_id: int, new: Sequence[Correction]
) -> None:
    """What people changed is kept; the last correction of a field is the one that holds."""
    rows = [
        _key(workspace, shipment_id)
        | {
            "field": one.field,
            "value": json.dumps(one.value, ensure_ascii=False),
            "shop_value": json.dumps(one.shop_value, ensure_ascii=False),
            "author": one.author,
            "at": to_text(one.at),
        }
        for one in new
    ]
    if rows:
        connection.execute(_CORRECT, rows)


def add_parcels(
    connection: Connection, workspace: str, shipment_id: int, weights: Mapping[int, int | None]
) -> None:
    """The shipment has a parcel to buy of each ordinal; a weight of None is its equal share."""
    rows = [
        _key(workspace, shipment_id) | {"ordinal": ordinal, "weight": weight}
        for ordinal, weight in weights.items()
    ]
    if rows:
        connection.execute(_ADD_PARCEL, rows)


def weigh_parcels(
    connection: Connection, workspace: str, weights: Mapping[int, int | None]
) -> None:
    """The unsent parcels of those ids weigh so much, in grams."""
    rows = [
        {"workspace": workspace, "parcel": parcel_id, "weight": weight}
        for parcel_id, weight in weights.items()
    ]
    if rows:
        connection.execute(_WEIGH_PARCEL, rows)


def remove_parcels(connection: Connection, workspace: str, parcel_ids: Sequence[int]) -> None:
    """Those parcels are gone; void where an attempt to buy them is on record."""
    rows = [{"workspace": workspace, "parcel": parcel_id} for parcel_id in parcel_ids]
    if rows:
        connection.execute(_DROP_PARCEL, rows)
        connection.execute(_VOID_PARCEL, rows)


def mark_changed(
    connection: Connection, workspace: str, changes: Mapping[int, Mapping[str, Any]]
) -> None:
    """What the shop changed after the label of each parcel, {field: [then, now]}; an empty mapping
    takes the mark away."""
    rows = [
        {
            "workspace": workspace,
            "parcel": parcel_id,
            "changed": json.dumps(changed, ensure_ascii=False) if changed else "",
        }
        for parcel_id, changed in changes.items()
    ]
    if rows:
        connection.execute(_MARK_CHANGED, rows)


def _key(workspace: str, shipment_id: int) -> dict[str, Any]:
    return {"workspace": workspace, "shipment": shipment_id}
