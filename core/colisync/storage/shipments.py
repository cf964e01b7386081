"""Shipments: made in bulk, loaded whole with few queries, changed under their version."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Select, exists, select, text

from colisync.model.attention import Attention, ShipmentState
from colisync.model.label import Direction
from colisync.model.order import Standing
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Correction, Parcel, Shipment, ShippedLine
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.shipment_rows import correction_of, parcel_of, shipment_of
from colisync.storage.store import Connection

_shipments = tables.shipments
_links = tables.shipment_orders
_lines = tables.shipment_lines
_corrections = tables.corrections
_parcels = tables.parcels

_CHUNK = 500

_SAVE = text(
    "UPDATE shipments SET decision = :decision, attention = :attention, sender_key = :sender,"
    " contract_key = :contract, method = :method, recipient = :recipient, pickup_point = :point,"
    " insurance_eur = :insurance, packaging_g = :packaging, weight_g = :weight,"
    " options = :options, reason = :reason, order_fingerprint = :fingerprint,"
    " version = version + 1, updated_at = :now"
    " WHERE id = :id AND workspace = :workspace AND version = :version"
)
_ATTEND = text(
    "UPDATE shipments SET decision = 'attention', attention = :attention,"
    " version = version + 1, updated_at = :now WHERE id = :id AND workspace = :workspace"
)


def shipments(
    connection: Connection, workspace: str, shipment_ids: Iterable[int], *, lock: bool = False
) -> list[Shipment]:
    """The shipments of those ids that the workspace has, whole, by id.

    `lock`: nobody else claims or changes them until the transaction ends.
    """
    wanted = sorted(set(shipment_ids))
    found: list[Shipment] = []
    for start in range(0, len(wanted), _CHUNK):
        found += _load(connection, workspace, wanted[start : start + _CHUNK], lock=lock)
    return found


def shipment(
    connection: Connection, workspace: str, shipment_id: int, *, lock: bool = False
) -> Shipment | None:
    """The shipment of that id, whole."""
    found = shipments(connection, workspace, [shipment_id], lock=lock)
    return found[0] if found else None


def shipments_of(
    connection: Connection, workspace: str, order_ids: Iterable[int], *, lock: bool = False
) -> list[Shipment]:
    """Every shipment that serves one of those orders, whole, by id; returns included."""
    wanted = list(order_ids)
    ids: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        query = select(_links.c.shipment_id).where(
            _links.c.workspace == workspace,
            _links.c.order_id.in_(wanted[start : start + _CHUNK]),
        )
        ids.update(connection.execute(query).scalars())
    return shipments(connection, workspace, ids, lock=lock)


def _load(
    connection: Connection, workspace: str, ids: Sequence[int], *, lock: bool
) -> list[Shipment]:
    query = _of(_shipments, _shipments.c.id, workspace, ids)
    rows = connection.execute(query.with_for_update() if lock else query).all()
    order_ids: dict[int, list[int]] = defaultdict(list)
    for row in connection.execute(_of(_links, _links.c.shipment_id, workspace, ids)):
        order_ids[row.shipment_id].append(row.order_id)
    lines: dict[int, list[ShippedLine]] = defaultdict(list)
    for row in connection.execute(_of(_lines, _lines.c.shipment_id, workspace, ids)):
        line = ShippedLine(order_id=row.order_id, line_id=row.line_id, quantity=row.quantity)
        lines[row.shipment_id].append(line)
    corrections: dict[int, list[Correction]] = defaultdict(list)
    for row in connection.execute(_of(_corrections, _corrections.c.shipment_id, workspace, ids)):
        corrections[row.shipment_id].append(correction_of(row))
    parcels: dict[int, list[Parcel]] = defaultdict(list)
    query = _of(_parcels, _parcels.c.shipment_id, workspace, ids)
    for row in connection.execute(query.order_by(None).order_by(_parcels.c.ordinal)):
        parcels[row.shipment_id].append(parcel_of(row))
    return [
        shipment_of(row, order_ids[row.id], lines[row.id], corrections[row.id], parcels[row.id])
        for row in rows
    ]


def _of(table: Any, column: Any, workspace: str, ids: Sequence[int]) -> Select[Any]:
    query = select(table).where(table.c.workspace == workspace, column.in_(ids))
    return query.order_by(table.c.id)


def orders_in(connection: Connection, workspace: str, shipment_ids: Sequence[int]) -> list[int]:
    """The ids of every order in these shipments."""
    query = (
        select(_links.c.order_id)
        .where(_links.c.workspace == workspace, _links.c.shipment_id.in_(shipment_ids))
        .distinct()
        .order_by(_links.c.order_id)
    )
    return list(connection.execute(query).scalars())


def bases(connection: Connection, workspace: str, order_ids: Sequence[int]) -> dict[int, list[str]]:
    """The fingerprints that the shipments of each of these orders were computed from."""
    query = (
        select(_links.c.order_id, _shipments.c.order_fingerprint)
        .join(_shipments, _shipments.c.id == _links.c.shipment_id)
        .where(_links.c.workspace == workspace, _links.c.order_id.in_(order_ids))
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(query) if order_ids else ():
        found.setdefault(row.order_id, []).append(row.order_fingerprint)
    return found


def to_choose(
    connection: Connection, workspace: str, order_ids: Sequence[int] | None = None
) -> list[int]:
    """The ids of drafts with a parcel to buy whose orders are all to be shipped, oldest first;
    only those of `order_ids` where given."""
    orders = tables.orders
    linked = exists().where(_links.c.shipment_id == _shipments.c.id)
    waits = (
        exists()
        .where(_links.c.shipment_id == _shipments.c.id)
        .where(orders.c.id == _links.c.order_id)
        .where(orders.c.standing != Standing.TO_SHIP.value)
    )
    pending = (
        exists()
        .where(_parcels.c.shipment_id == _shipments.c.id)
        .where(_parcels.c.state == ParcelState.PENDING.value)
    )
    query = (
        select(_shipments.c.id)
        .where(
            _shipments.c.workspace == workspace,
            _shipments.c.decision == ShipmentState.DRAFT.value,
            _shipments.c.direction == Direction.OUTWARD.value,
            linked,
            ~waits,
            pending,
        )
        .order_by(_shipments.c.id)
    )
    if order_ids is not None:
        query = query.where(
            _shipments.c.id.in_(
                select(_links.c.shipment_id).where(_links.c.order_id.in_(order_ids))
            )
        )
    return list(connection.execute(query).scalars())


def in_attention(
    connection: Connection, workspace: str, order_ids: Sequence[int] | None = None
) -> list[int]:
    """The ids of shipments that wait for a person, oldest first; only those of `order_ids` where
    given."""
    query = (
        select(_shipments.c.id)
        .where(
            _shipments.c.workspace == workspace,
            _shipments.c.decision == ShipmentState.ATTENTION.value,
        )
        .order_by(_shipments.c.id)
    )
    if order_ids is not None:
        query = query.where(
            _shipments.c.id.in_(
                select(_links.c.shipment_id).where(_links.c.order_id.in_(order_ids))
            )
        )
    return list(connection.execute(query).scalars())


def save(
    connection: Connection, workspace: str, changed: Sequence[Shipment], now: datetime
) -> list[Shipment]:
    """Those of `changed` that are stored now, with their version raised.

    The others were changed by someone else since they were read: nothing of them is stored.
    Orders, lines, corrections and parcels have functions of their own (`shipment_parts`).
    """
    if not changed:
        return []
    ids = [one.id for one in changed]
    query = (
        select(_shipments.c.id, _shipments.c.version)
        .where(_shipments.c.workspace == workspace, _shipments.c.id.in_(ids))
        .order_by(_shipments.c.id)
        .with_for_update()
    )
    versions = {row.id: row.version for row in connection.execute(query)}
    current = [one for one in changed if versions.get(one.id) == one.version]
    if current:
        at = to_text(now)
        connection.execute(
            _SAVE, [_values(one) | {"workspace": workspace, "now": at} for one in current]
        )
    return [one.model_copy(update={"version": one.version + 1}) for one in current]


def _values(one: Shipment) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "decision": one.decision.value,
        "attention": _json(one.attention),
        "sender": one.sender_key,
        "contract": one.contract_key,
        "method": one.method,
        "recipient": one.recipient.model_dump_json(),
        "point": _json(one.pickup_point),
        "insurance": one.insurance_eur,
        "packaging": one.packaging_g,
        "weight": one.weight_g,
        "options": json.dumps(one.options, ensure_ascii=False),
        "reason": one.reason,
        "fingerprint": one.order_fingerprint,
    }


def _json(noun: BaseModel | None) -> str:
    return "" if noun is None else noun.model_dump_json()


def attend(
    connection: Connection, workspace: str, shipment_id: int, problem: Attention, now: datetime
) -> None:
    """The shipment waits for a person, whatever its version."""
    values = {
        "id": shipment_id,
        "workspace": workspace,
        "attention": problem.model_dump_json(),
        "now": to_text(now),
    }
    connection.execute(_ATTEND, values)
