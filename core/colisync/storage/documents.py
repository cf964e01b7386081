"""What was bought, byte for byte: labels and the papers that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, text

from colisync.model.label import Purchase
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.parcels import order_names
from colisync.storage.store import Connection

_CHUNK = 500
_KEEP = text(
    "INSERT INTO documents (workspace, parcel_id, attempt, kind, format, content, created_at)"
    " VALUES (:workspace, :parcel, :attempt, :kind, :format, :content, :now)"
)


def keep(
    connection: Connection,
    workspace: str,
    bought: Sequence[tuple[int, int, Purchase]],
    now: datetime,
) -> None:
    """The bytes of each (parcel id, attempt, purchase), exactly as they came."""
    moment = to_text(now)
    rows = [
        {
            "workspace": workspace,
            "parcel": parcel_id,
            "attempt": attempt,
            "kind": document.kind.value,
            "format": str(document.format),
            "content": document.content,
            "now": moment,
        }
        for parcel_id, attempt, purchase in bought
        for document in purchase.documents
    ]
    if rows:
        connection.execute(_KEEP, rows)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One label to print, with the papers that follow it."""

    parcel_id: int
    number: str
    order: str
    format: str
    contents: tuple[bytes, ...]
    state: str = ""


def sheets(connection: Connection, workspace: str, parcel_ids: Sequence[int]) -> list[Sheet]:
    """The current label of each parcel, its CN23 and papers after it, in the order of labelling."""
    rows = [
        row
        for start in range(0, len(parcel_ids), _CHUNK)
        for row in _rows(connection, workspace, parcel_ids[start : start + _CHUNK])
    ]
    rows.sort(key=lambda row: (row.labelled_at, row.parcel_id, row.id))
    names = order_names(connection, workspace, [row.shipment_id for row in rows])
    found: dict[int, Sheet] = {}
    for row in rows:
        known = found.get(row.parcel_id)
        contents = (*known.contents, row.content) if known else (row.content,)
        name = names.get(row.shipment_id, "")
        found[row.parcel_id] = Sheet(
            row.parcel_id,
            row.number,
            name,
            known.format if known else row.format,
            contents,
            row.state,
        )
    return list(found.values())


def _rows(connection: Connection, workspace: str, parcel_ids: Sequence[int]) -> Sequence[Any]:
    parcels, documents = tables.parcels, tables.documents
    query = (
        select(
            parcels.c.number,
            parcels.c.shipment_id,
            parcels.c.state,
            parcels.c.labelled_at,
            documents,
        )
        .join(
            documents,
            and_(documents.c.parcel_id == parcels.c.id, documents.c.attempt == parcels.c.attempt),
        )
        .where(parcels.c.workspace == workspace, parcels.c.id.in_(parcel_ids))
    )
    return connection.execute(query).all()


def not_printed(connection: Connection, workspace: str) -> list[int]:
    """Parcels with a label that nobody printed, in the order of labelling."""
    parcels = tables.parcels
    query = (
        select(parcels.c.id)
        .where(
            parcels.c.workspace == workspace,
            parcels.c.state == "labelled",
            parcels.c.printed_at.is_(None),
        )
        .order_by(parcels.c.labelled_at, parcels.c.id)
    )
    return [row.id for row in connection.execute(query)]


def printed_last(connection: Connection, workspace: str) -> list[int]:
    """The parcels of the batch that was printed last, in its order."""
    parcels = tables.parcels
    mine = parcels.c.workspace == workspace
    last = select(func.max(parcels.c.printed_at)).where(mine).scalar_subquery()
    query = (
        select(parcels.c.id)
        .where(mine, parcels.c.printed_at == last)
        .order_by(parcels.c.labelled_at, parcels.c.id)
    )
    return [row.id for row in connection.execute(query)]


def mark_printed(
    connection: Connection, workspace: str, parcel_ids: Sequence[int], at: datetime
) -> None:
    """These labels are on paper."""
    parcels = tables.parcels
    for start in range(0, len(parcel_ids), _CHUNK):
        ids = parcel_ids[start : start + _CHUNK]
        mine = (parcels.c.workspace == workspace) & parcels.c.id.in_(ids)
        connection.execute(parcels.update().where(mine).values(printed_at=at))
