"""Labels that exist, or may, and serve no parcel: listed, never dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text

from colisync.storage.moments import to_text
from colisync.storage.store import Connection

_ORPHAN = text(
    "INSERT INTO orphans (workspace, parcel_id, attempt, reference, number, possible, reason,"
    " content, created_at) VALUES (:workspace, :parcel, :attempt, :reference, :number, :possible,"
    " :reason, :content, :now) ON CONFLICT (parcel_id, attempt) DO UPDATE SET"
    " number = COALESCE(excluded.number, orphans.number),"
    " possible = (orphans.possible AND excluded.possible),"
    " content = COALESCE(excluded.content, orphans.content)"
    " WHERE orphans.workspace = excluded.workspace"
)
_PARCEL = text("SELECT id FROM parcels WHERE workspace = :workspace AND id = :parcel")


def list_orphan(
    connection: Connection,
    workspace: str,
    parcel_id: int,
    attempt: int,
    reference: str,
    now: datetime,
    *,
    number: str,
    possible: bool,
    reason: str,
    content: bytes | None = None,
) -> None:
    """The label of that attempt serves no parcel any more, or may exist: it stays listed."""
    parcel = {"workspace": workspace, "parcel": parcel_id}
    if connection.execute(_PARCEL, parcel).first() is None:
        return
    connection.execute(
        _ORPHAN,
        {
            "workspace": workspace,
            "parcel": parcel_id,
            "attempt": attempt,
            "reference": reference,
            "number": number or None,
            "possible": possible,
            "reason": reason,
            "content": content,
            "now": to_text(now),
        },
    )


def count(connection: Connection, workspace: str) -> int:
    """How many labels exist, or may, that serve no parcel."""
    query = text("SELECT COUNT(*) FROM orphans WHERE workspace = :workspace")
    return int(connection.execute(query, {"workspace": workspace}).scalar_one())


@dataclass(frozen=True, slots=True)
class Listed:
    """A label that serves no parcel. `number` is empty where nobody knows it; `possible` where it
    is not known whether it exists."""

    order_id: int
    number: str
    reference: str
    reason: str
    possible: bool


_OF_ORDERS = text(
    "SELECT l.order_id, o.number, o.reference, o.reason, o.possible FROM orphans o"
    " JOIN parcels p ON p.id = o.parcel_id"
    " JOIN shipment_orders l ON l.shipment_id = p.shipment_id"
    " WHERE o.workspace = :workspace AND l.order_id IN :orders ORDER BY o.id"
).bindparams(bindparam("orders", expanding=True))


def of_orders(connection: Connection, workspace: str, order_ids: Sequence[int]) -> list[Listed]:
    """The labels of these orders that serve no parcel, oldest first."""
    values = {"workspace": workspace, "orders": list(order_ids)}
    return [
        Listed(row.order_id, row.number or "", row.reference, row.reason, bool(row.possible))
        for row in connection.execute(_OF_ORDERS, values)
    ]
