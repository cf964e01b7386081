"""Labels and scans that do not go together: not scanned though labelled, scanned though void."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text

from colisync.model.parcel import ParcelState
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.store import Connection


@dataclass(frozen=True, slots=True)
class Unscanned:
    """A labelled parcel that no carrier has seen."""

    parcel_id: int
    shipment_id: int
    number: str
    labelled_at: datetime


@dataclass(frozen=True, slots=True)
class OrphanNumber:
    """The number of a label that serves no parcel, with what a carrier needs to follow it."""

    id: int
    parcel_id: int
    shipment_id: int
    number: str
    contract_key: str
    method: str
    postcode: str
    made_at: datetime


def unscanned(
    connection: Connection, workspace: str, contract_key: str, labelled_before: datetime
) -> list[Unscanned]:
    """The contract's parcels labelled before then and never scanned, oldest first."""
    parcels = tables.parcels
    query = (
        select(parcels)
        .where(
            parcels.c.workspace == workspace,
            parcels.c.state == ParcelState.LABELLED.value,
            parcels.c.contract_key == contract_key,
            parcels.c.labelled_at < labelled_before,
        )
        .order_by(parcels.c.labelled_at, parcels.c.id)
    )
    return [
        Unscanned(row.id, row.shipment_id, row.number or "", row.labelled_at)
        for row in connection.execute(query)
    ]


_ORPHANS = text(
    "SELECT r.id, r.parcel_id, p.shipment_id, r.number, p.method, p.postcode, r.created_at,"
    " p.contract_key AS contract_now, a.contract_key, a.started_at"
    " FROM orphans r JOIN parcels p ON p.id = r.parcel_id"
    " LEFT JOIN attempts a ON a.parcel_id = r.parcel_id AND a.attempt = r.attempt"
    " WHERE r.workspace = :workspace AND r.number IS NOT NULL AND r.scanned_at IS NULL"
    " AND r.created_at > :made_after AND (r.look_next_at IS NULL OR r.look_next_at <= :now)"
    " ORDER BY r.id"
)
_LOOKED = text(
    "UPDATE orphans SET look_next_at = :next WHERE workspace = :workspace AND id IN :orphans"
).bindparams(bindparam("orphans", expanding=True))
_SCANNED = text(
    "UPDATE orphans SET scanned_at = :at WHERE workspace = :workspace AND id = :orphan"
    " AND scanned_at IS NULL"
)


def orphans_to_look_at(
    connection: Connection, workspace: str, now: datetime, made_after: datetime
) -> list[OrphanNumber]:
    """The numbers due to be asked about, of labels made after then and never scanned."""
    values = {
        "workspace": workspace,
        "now": to_text(now),
        "made_after": to_text(made_after),
    }
    return [
        OrphanNumber(
            id=row.id,
            parcel_id=row.parcel_id,
            shipment_id=row.shipment_id,
            number=row.number,
            contract_key=row.contract_key or row.contract_now,
            method=row.method,
            postcode=row.postcode,
            made_at=datetime.fromisoformat(row.started_at or row.created_at),
        )
        for row in connection.execute(_ORPHANS, values)
    ]


def orphans_looked(
    connection: Connection, workspace: str, orphan_ids: Sequence[int], next_at: datetime
) -> None:
    """These orphans are asked about again at `next_at`."""
    if orphan_ids:
        values = {
            "workspace": workspace,
            "orphans": list(orphan_ids),
            "next": to_text(next_at),
        }
        connection.execute(_LOOKED, values)


def orphan_scanned(connection: Connection, workspace: str, orphan_id: int, at: datetime) -> bool:
    """True where this is the first news that the label travels all the same."""
    values = {"workspace": workspace, "orphan": orphan_id, "at": to_text(at)}
    return connection.execute(_SCANNED, values).rowcount == 1
